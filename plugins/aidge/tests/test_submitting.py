"""What a submission looks like on the wire, and what becomes of the answer."""

import json

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import LibraryModel, UrlSource, errors, hookimpl

PERSON, TOP, BOTTOM, DRESS = (f"https://shop.example/{name}.jpg" for name in "ptbd")


@pytest.fixture
def send(vendor, client, accepted):
    """Submit and return the task as it arrived."""
    vendor.says(accepted)

    def send(person=PERSON, **arguments):
        client.submit(person, **(arguments or {"top": TOP}))
        return vendor.task()

    return send


def test_a_task_names_every_choice(send):
    assert send() == {
        "clothesList": [{"imageUrl": TOP, "type": "tops"}],
        "modelImage": [PERSON],
        "viewType": "fullbody",
        "inputQualityDetect": 0,
        "generateCount": 1,
    }


@pytest.mark.parametrize(
    ("garments", "clothes"),
    [
        ({"top": TOP}, [(TOP, "tops")]),
        ({"bottom": BOTTOM}, [(BOTTOM, "bottoms")]),
        ({"dress": DRESS}, [(DRESS, "dresses")]),
        ({"bottom": BOTTOM, "top": TOP}, [(TOP, "tops"), (BOTTOM, "bottoms")]),
    ],
)
def test_garments_have_the_vendors_words(send, garments, clothes):
    sent = send(**garments)["clothesList"]
    assert sent == [{"imageUrl": url, "type": kind} for url, kind in clothes]


def test_the_vendor_may_detect_the_type_of_a_single_garment(send):
    task = send(dress=DRESS, options={"detect_garment_type": True})
    assert task["clothesList"] == [{"imageUrl": DRESS}]


@pytest.mark.parametrize("view", ["fullbody", "halfbody", "mixed"])
def test_options_are_sent_in_the_vendors_types(send, view):
    task = send(
        LibraryModel(),
        top=TOP,
        options={"view_type": view, "generate_count": 8, "input_quality_detect": True},
    )
    assert (task["viewType"], task["generateCount"], task["inputQualityDetect"]) == (view, 8, 1)


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        (LibraryModel(), {"base": "General"}),
        (LibraryModel(name="James"), {"base": "General", "name": "James"}),
        (LibraryModel(base="B_Shop", gender=""), {"base": "B_Shop"}),
        (
            LibraryModel(gender="male", style="universal_3", age="children", body="curvy"),
            {
                "base": "General",
                "gender": "male",
                "style": "universal_3",
                "age": "children",
                "body": "curvy",
            },
        ),
    ],
)
def test_a_library_model_is_sent_without_blanks(send, model, sent):
    task = send(model)
    assert task["model"] == sent
    assert "modelImage" not in task


def test_eight_photos_of_the_person_are_sent_in_order(send):
    more = [f"https://shop.example/p{index}.jpg" for index in range(7)]
    assert send(top=TOP, options={"more_photos": more})["modelImage"] == [PERSON, *more]


@pytest.mark.parametrize("field", ["paramJson", "requestParams"])
def test_the_field_of_the_task_is_a_setting(vendor, connect, accepted, field):
    vendor.says(accepted)
    connect(vendor.url(""), submit_field=field).submit(PERSON, top=TOP)
    assert list(vendor.body()) == [field]


def test_the_list_around_the_task_is_a_setting(vendor, connect, accepted):
    vendor.says(accepted)
    connect(vendor.url(""), submit_shape="object").submit(PERSON, top=TOP)
    assert vendor.body()["paramJson"].startswith('{"clothesList":')


@pytest.mark.parametrize(
    "data",
    [
        {"result": '{"taskId":"T-1"}'},
        {"result": {"taskId": "T-1"}},
        '{"result":"{\\"taskId\\":\\"T-1\\"}"}',
        {"taskId": "T-1"},
        {"result": "", "taskId": "T-1"},
        {"result": {"taskId": "T-1", "eta": 3}, "extra": [1]},
    ],
    ids=str,
)
def test_the_task_id_is_read_in_every_known_form(vendor, client, accepted, data):
    vendor.says({**accepted, "data": data})
    job = client.submit(PERSON, top=TOP)
    assert job.id == "T-1"
    assert job.request_id == accepted["requestId"]


@pytest.mark.parametrize(
    "envelope",
    [
        {"code": "0"},
        {"code": 0, "resCode": 200, "success": True},
        {"code": "0", "resCode": "200", "success": "TRUE", "_trace_id_": "t"},
    ],
    ids=str,
)
def test_the_verdict_is_read_in_every_known_type(vendor, client, envelope):
    vendor.says({**envelope, "data": {"taskId": 7}})
    assert client.submit(PERSON, top=TOP).id == "7"


# One per JSON type, and the texts with which the vendor says that all is well.
_ODD = (None, 5, 1.5, True, [], ["x"], {}, {"a": 1}, "", "x", "0", "200", 200, 200.0, -(10**400))


@pytest.mark.parametrize("value", _ODD, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize(
    "field",
    ["code", "resCode", "success", "type", "requestId", "request_id", "resMessage", "message"],
)
def test_a_task_is_never_lost_for_a_field_that_decides_nothing(
    vendor, client, accepted, field, value
):
    vendor.says({**accepted, field: value})
    assert client.submit(PERSON, top=TOP).id == "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"


def test_an_answer_as_the_vendors_table_has_it_is_a_job(vendor, client):
    vendor.says(
        {
            "resCode": 200,
            "data": {"result": {"taskId": "T-1"}},
            "requestId": "212cd83017085872506144758e3fca",
            "success": True,
            "resMessage": "success",
        }
    )
    job = client.submit(PERSON, top=TOP)
    assert (job.id, job.request_id) == ("T-1", "212cd83017085872506144758e3fca")


def test_an_answer_that_was_cut_off_behind_the_id_is_a_job(vendor, client, accepted):
    text = json.dumps(accepted).encode()
    vendor.play(answer(200, text[: text.index(b"requestId")]))
    assert client.submit(PERSON, top=TOP).id == "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"


def test_the_gateways_request_id_serves_when_there_is_no_other(vendor, client):
    vendor.says({"code": "0", "request_id": "g-1", "data": {"taskId": "T"}})
    assert client.submit(PERSON, top=TOP).request_id == "g-1"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"data": None}, "response.data"),
        ({"data": {}}, "response.data.result.taskId"),
        ({"data": {"result": {}}}, "response.data.result"),
        ({"data": {"result": "{broken"}}, "response.data.result"),
        ({"data": {"result": {"taskId": None}}}, "response.data.result.taskId"),
        ({"data": {"result": {"taskId": ["T"]}}}, "response.data.result.taskId"),
        ({"data": {"result": {"taskId": True}}}, "response.data.result.taskId"),
        ({"data": [1]}, "response.data"),
    ],
    ids=str,
)
def test_an_answer_that_breaks_the_contract_names_the_place(vendor, client, accepted, change, path):
    vendor.says({**accepted, **change})
    with pytest.raises(errors.UnexpectedResponse, match=path.replace(".", r"\.")) as caught:
        client.submit(PERSON, top=TOP)
    assert caught.value.billed == "unknown"
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"null", b"[]", b"3", b'{"code":', b"[" * 100_000, b'{"data":{}}'],
    ids=lambda body: repr(body[:12]),
)
def test_an_answer_that_is_no_envelope_may_have_been_billed(vendor, client, body):
    vendor.play(answer(200, body, headers={"Content-Type": "application/json"}))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.submit(PERSON, top=TOP)
    assert caught.value.billed == "unknown"
    assert len(vendor.requests) == 1


def test_a_lost_answer_is_one_request(vendor, client):
    vendor.play(drop_after_body)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(PERSON, top=TOP)
    assert len(vendor.requests) == 1
    assert caught.value.fingerprint


def test_a_submission_that_came_too_fast_is_repeated_after_a_minute(
    vendor, client, clock, accepted
):
    vendor.says({"code": "0", "resCode": 501, "resMessage": "rate limit exceed"}, accepted)
    client.submit(PERSON, top=TOP)
    assert clock.sleeps == [60.0]


def test_each_sending_is_signed_anew(vendor, client, accepted):
    vendor.says({"code": "0", "resCode": 501}, accepted)
    client.submit(PERSON, top=TOP)
    first, second = (vendor.query(index) for index in (0, 1))
    assert int(second["timestamp"]) - int(first["timestamp"]) == 60_000
    assert first["sign"] != second["sign"]


def test_a_local_image_needs_somebody_to_publish_it(vendor, client, image):
    with pytest.raises(errors.ValidationFailed, match="takes images by address only") as caught:
        client.submit(PERSON, top=image())
    assert "extension that publishes images" in caught.value.problems[0].message
    assert vendor.requests == []


class Bucket:
    """Publishes nothing, but gives addresses."""

    def __init__(self):
        self.count = 0

    @hookimpl
    def publish_image(self, image, ctx):
        self.count += 1
        return UrlSource(f"https://bucket.example/{self.count}")


def test_every_local_image_is_published(vendor, connect, accepted, image, tmp_path):
    vendor.says(accepted)
    path = tmp_path / "more.png"
    path.write_bytes(image(colour="red"))
    client = connect(vendor.url(""), extensions=[Bucket()])
    client.submit(image(), top=TOP, options={"more_photos": [path, PERSON]})
    bucket = "https://bucket.example"
    assert vendor.task()["modelImage"] == [f"{bucket}/1", f"{bucket}/2", PERSON]
    assert vendor.task()["clothesList"][0]["imageUrl"] == TOP


def test_a_redirect_is_not_followed(vendor, client):
    vendor.play(json_answer({}, 307, Location="http://127.0.0.1:1/"))
    with pytest.raises(errors.ServiceMoved) as caught:
        client.submit(PERSON, top=TOP)
    assert caught.value.billed == "no"
    assert len(vendor.requests) == 1
