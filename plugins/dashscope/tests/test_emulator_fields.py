"""The fields of a try-on call and its images, as the emulator checks them."""

import pytest

from heif_files import heic_header

OTHER_KEY = "sk-emulated-other-account"
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}


def told(answer):
    return answer.status_code, answer.json().get("code")


def outcome(caller, clock, answer):
    """Return how the task of an answer ends."""
    task = answer.json()["output"]["task_id"]
    clock.advance(100)
    output = caller.get(f"/tasks/{task}").json()["output"]
    return output["task_status"], output.get("code")


@pytest.fixture
def given(person, top, bottom):
    """Return the fields of a good call."""

    def fields(caller, *names):
        images = {
            "person_image": person,
            "top_garment": top,
            "bottom_garment": bottom,
            "coarse_image": person,
        }
        return caller.images(**{name: images[name] for name in names})

    return fields


def changed(fields, changes):
    merged = {**fields, **changes}
    return {name: value for name, value in merged.items() if value != "gone"}


WRONG = [
    ({"person_image_url": "gone"}, {}, "InvalidParameter"),
    ({"person_image_url": ""}, {}, "InvalidParameter"),
    ({"person_image_url": 5}, {}, "InvalidParameter"),
    ({"person_image_url": ["x"]}, {}, "InvalidParameter"),
    ({"person_image_url": "data:image/png;base64,AAAA"}, {}, "InvalidURL"),
    ({"person_image_url": "/home/me.png"}, {}, "InvalidURL"),
    ({"top_garment_url": "gone"}, {}, "InvalidGarment"),
    ({"top_garment_url": ""}, {}, "InvalidGarment"),
    ({"top_garment_url": None}, {}, "InvalidGarment"),
    ({"top_garment_url": 5}, {}, "InvalidParameter"),
    ({"bottom_garment_url": "ftp://x/y"}, {}, "InvalidURL"),
    ({}, {"resolution": 512}, "InvalidParameter"),
    ({}, {"resolution": "1024"}, "InvalidParameter"),
    ({}, {"resolution": 1024.0}, "InvalidParameter"),
    ({}, {"resolution": True}, "InvalidParameter"),
    ({}, {"resolution": None}, "InvalidParameter"),
    ({}, {"restore_face": "true"}, "InvalidParameter"),
    ({}, {"restore_face": 1}, "InvalidParameter"),
]


@pytest.mark.parametrize(("fields", "parameters", "code"), WRONG)
def test_wrong_fields_are_refused_at_once(*, call, given, fields, parameters, code):
    caller = call()
    body = changed(given(caller, "person_image", "top_garment"), fields)

    assert told(caller.submit(body, parameters)) == (400, code)
    assert not caller.running.ctx.jobs.all()


@pytest.mark.parametrize(("fields", "parameters", "code"), WRONG[:1] + WRONG[6:7])
def test_wrong_fields_may_fail_the_task(*, call, clock, given, fields, parameters, code):
    caller = call(field_errors="task")
    body = changed(given(caller, "person_image", "top_garment"), fields)

    answer = caller.submit(body, parameters)

    assert outcome(caller, clock, answer) == ("FAILED", code)
    assert caller.running.ctx.billed == {}


@pytest.mark.parametrize("absent", ["gone", "", None])
def test_an_empty_garment_is_none(call, clock, given, absent):
    caller = call()
    body = changed(given(caller, "person_image", "top_garment"), {"bottom_garment_url": absent})

    assert outcome(caller, clock, caller.submit(body)) == ("SUCCEEDED", None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "BadRequest.EmptyInput"),
        ({"input": "x"}, "BadRequest.IllegalInput"),
        ({"input": None}, "BadRequest.IllegalInput"),
        ({"input": {}, "parameters": []}, "InvalidParameter"),
    ],
)
def test_the_parts_of_a_body(call, body, code):
    headers = {"X-DashScope-Async": "enable"}
    answer = call().post(
        "/services/aigc/image2image/image-synthesis",
        json={"model": "aitryon", **body},
        headers=headers,
    )

    assert told(answer) == (400, code)


@pytest.mark.parametrize(
    ("knob", "expected"),
    [("optional", (200, None)), ("required", (400, "BadRequest.EmptyParameters"))],
)
def test_parameters_may_be_needed(call, given, knob, expected):
    caller = call(parameters=knob)
    body = {"model": "aitryon", "input": given(caller, "person_image", "top_garment")}
    answer = caller.post(
        "/services/aigc/image2image/image-synthesis",
        json=body,
        headers={"X-DashScope-Async": "enable"},
    )

    assert told(answer) == expected


@pytest.mark.parametrize(("knob", "expected"), [("ignore", 200), ("refuse", 400)])
@pytest.mark.parametrize("place", ["input", "parameters"])
def test_unknown_fields(*, call, given, knob, expected, place):
    caller = call(unknown_fields=knob)
    extra = {"prompt": " "}
    body = given(caller, "person_image", "top_garment") | (extra if place == "input" else {})

    answer = caller.submit(body, extra if place == "parameters" else {"resolution": -1})

    assert answer.status_code == expected


@pytest.mark.parametrize(("resolution", "status"), [(640, 200), (-1, 200), (0, 400), (-5, 400)])
def test_other_resolutions(call, given, resolution, status):
    caller = call(resolutions="any")
    body = given(caller, "person_image", "top_garment")

    assert caller.submit(body, {"resolution": resolution}).status_code == status


REFINER = {"model": "aitryon-refiner"}


@pytest.mark.parametrize(
    ("names", "parameters", "expected"),
    [
        ("person_image top_garment coarse_image", {"gender": "man"}, (200, None)),
        ("person_image top_garment bottom_garment coarse_image", {"gender": "woman"}, (200, None)),
        ("person_image top_garment coarse_image", {}, (400, "InvalidParameter")),
        ("person_image top_garment coarse_image", {"gender": "x"}, (400, "InvalidParameter")),
        ("person_image top_garment", {"gender": "man"}, (400, "InvalidParameter")),
        ("person_image bottom_garment coarse_image", {"gender": "man"}, (400, "InvalidParameter")),
    ],
)
def test_the_refiners_fields(call, given, names, parameters, expected):
    caller = call()

    answer = caller.submit(given(caller, *names.split()), parameters, **REFINER)

    assert told(answer) == expected


def test_the_refiner_may_take_a_bottom_alone(call, clock, given):
    caller = call(refine_without_top="accept")
    body = given(caller, "person_image", "bottom_garment", "coarse_image")

    answer = caller.submit(body, {"gender": "man"}, **REFINER)

    assert outcome(caller, clock, answer) == ("SUCCEEDED", None)


def test_an_unknown_field_of_the_refiner(call, given):
    caller = call(unknown_fields="refuse")
    body = given(caller, "person_image", "top_garment", "coarse_image")

    assert caller.submit(body, {"gender": "man"}, **REFINER).status_code == 200
    assert caller.submit(body, {"resolution": 1}, **REFINER).status_code == 400


IMAGES = [
    ({"size": (150, 150)}, {}, None),
    ({"size": (150, 150)}, {"sides": "exclusive"}, "InvalidInputLength"),
    ({"size": (149, 300)}, {}, "InvalidInputLength"),
    ({"size": (4097, 150)}, {}, "InvalidInputLength"),
    ({"size": (1400, 1400), "kind": "BMP"}, {}, "InvalidInputLength"),
    ({"size": (1300, 1300), "kind": "BMP"}, {}, None),
    ({"size": (1300, 1300), "kind": "BMP"}, {"kilobyte": 1000}, "InvalidInputLength"),
    ({"kind": "WEBP"}, {}, None),
    ({"kind": "WEBP"}, {"formats": "tables"}, "InvalidURL"),
    ({"kind": "WEBP"}, {"formats": "error_text"}, None),
    ({"kind": "GIF"}, {}, "InvalidURL"),
    ({"kind": "TIFF"}, {}, "InvalidURL"),
    ({"kind": "JPEG"}, {}, None),
]


@pytest.mark.parametrize(("image", "knobs", "code"), IMAGES)
def test_images_are_looked_at(*, call, clock, make_image, top, image, knobs, code):
    caller = call(**knobs)
    body = caller.images(person_image=make_image(**image), top_garment=top)

    answer = caller.submit(body)

    assert outcome(caller, clock, answer) == (("FAILED" if code else "SUCCEEDED"), code)


@pytest.mark.parametrize(
    ("formats", "code"), [("both", None), ("tables", None), ("error_text", "InvalidURL")]
)
def test_heic_is_taken_though_it_cannot_be_drawn(*, call, clock, top, formats, code):
    caller = call(formats=formats)
    heic = heic_header(600, 800) + bytes(6000)

    answer = caller.submit(caller.images(person_image=heic, top_garment=top))

    assert outcome(caller, clock, answer)[1] == code


def test_heic_is_measured_like_any_other_image(call, clock, top):
    caller = call()
    heic = heic_header(5712, 4284) + bytes(6000)

    answer = caller.submit(caller.images(person_image=heic, top_garment=top))

    assert outcome(caller, clock, answer) == ("FAILED", "InvalidInputLength")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(6000), b"<html>" * 2000])
def test_what_is_no_image(call, clock, top, data):
    caller = call()

    answer = caller.submit(caller.images(person_image=data, top_garment=top))

    assert outcome(caller, clock, answer) == ("FAILED", "InvalidURL")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x.png", "https://x.example/x.png", "http://127.0.0.1:1/x.png"]
)
def test_only_this_machine_is_asked(call, clock, given, url):
    caller = call()
    body = given(caller, "person_image", "top_garment") | {"person_image_url": url}

    assert outcome(caller, clock, caller.submit(body)) == ("FAILED", "InvalidURL")


@pytest.mark.parametrize(("people", "code"), [(0, "InvalidPerson"), (2, "InvalidPerson")])
def test_people_are_counted(call, given, people, code):
    caller = call(people=people, image_errors="submit")

    assert told(caller.submit(given(caller, "person_image", "top_garment"))) == (400, code)


def test_images_of_the_store_need_header_model_account_and_time(call, clock, given, person):
    caller = call(image_errors="submit")
    url = stored(caller, person, "aitryon")
    body = given(caller, "top_garment") | {"person_image_url": url}

    assert told(caller.submit(body, model="aitryon", headers=RESOLVE)) == (200, None)
    refused = (400, "InvalidParameter.DataInspection")
    assert told(caller.submit(body, model="aitryon")) == refused
    assert told(caller.submit(body, headers=RESOLVE)) == refused
    assert told(caller.submit(body, model="aitryon", headers=RESOLVE, key=OTHER_KEY)) == refused
    clock.advance(48 * 3600)
    assert told(caller.submit(body, model="aitryon", headers=RESOLVE)) == refused


def test_the_code_for_an_unreadable_file_of_the_store_is_a_knob(call, given):
    caller = call(image_errors="submit", oss_error="invalid_parameter_error")
    body = given(caller, "top_garment") | {"person_image_url": "oss://none"}

    assert told(caller.submit(body, headers=RESOLVE)) == (400, "invalid_parameter_error")


def stored(caller, data, model):
    """Upload as the vendor's sample does, and return the address."""
    policy = caller.get(f"/uploads?action=getPolicy&model={model}").json()["data"]
    key = f"{policy['upload_dir']}/p.png"
    fields = {
        "OSSAccessKeyId": (None, policy["oss_access_key_id"]),
        "Signature": (None, policy["signature"]),
        "policy": (None, policy["policy"]),
        "x-oss-object-acl": (None, policy["x_oss_object_acl"]),
        "x-oss-forbid-overwrite": (None, policy["x_oss_forbid_overwrite"]),
        "key": (None, key),
        "success_action_status": (None, "200"),
        "file": ("p.png", data),
    }
    answer = caller.post(policy["upload_host"], files=fields, headers={"Authorization": None})
    assert answer.status_code == 200
    return f"oss://{key}"
