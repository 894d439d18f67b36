"""What emulators of vendors that take JSON share."""

import base64
import io
from datetime import timedelta

import flask
import pytest
from PIL import Image

from servers import answer, serving
from tryon_core.clock import SystemClock
from tryon_core.models import ImageRules
from tryon_testing import FakeClock
from tryon_testing.emulation import (
    BadBody,
    BadField,
    BadImage,
    EmulatorContext,
    FetchRefused,
    Field,
    SentImage,
    check_fields,
    json_object,
    key_sent,
    read_fields,
)

DATA = b"\x89PNG and more"
TEXT = base64.b64encode(DATA).decode()
FIELDS = {
    "photo": Field(is_required=True),
    "mode": Field(choices=("fast", "slow")),
    "seed": Field(kind=int, least=0, most=4294967295),
    "scale": Field(kind=float, least=0.5),
    "is_cut": Field(kind=bool, is_nullable=True),
    "extra": Field(kind=dict),
    "tags": Field(kind=list),
}


@pytest.fixture
def ctx():
    return EmulatorContext(clock=SystemClock(), job_s=1.0, seed="x")


@pytest.fixture
def posted():
    app = flask.Flask("sample")

    def post(**sent):
        return app.test_request_context("/", method="POST", **sent)

    return post


@pytest.mark.parametrize(
    ("header", "schemes", "key"),
    [
        ("Bearer sk-1", ("Bearer",), "sk-1"),
        ("bearer  sk-1 ", ("Bearer",), "sk-1"),
        ("Key sk-1", ("Key", "Bearer"), "sk-1"),
        ("Key sk-1", ("Bearer",), ""),
        ("sk-1", ("Bearer",), ""),
        ("Bearer", ("Bearer",), ""),
        (None, ("Bearer",), ""),
    ],
)
def test_a_key_is_read_behind_the_vendors_word(posted, header, schemes, key):
    with posted(headers={"Authorization": header} if header else {}):
        assert key_sent(*schemes) == key


def test_a_json_object_is_the_body(posted):
    with posted(json={"a": 1}):
        assert json_object() == {"a": 1}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("[]", "application/json"),
        ("", "application/json"),
        ("{", "application/json"),
        ("null", "application/json"),
        ("{}", "text/plain"),
        ("{}", None),
    ],
)
def test_any_other_body_is_refused(posted, data, kind):
    with posted(data=data, content_type=kind), pytest.raises(BadBody):
        json_object()


@pytest.mark.parametrize(
    "given",
    [
        {"photo": "x"},
        {"photo": "x", "mode": "slow", "seed": 4294967295, "scale": 1, "is_cut": True},
        {"photo": "x", "seed": 0, "scale": 0.5, "is_cut": None, "extra": {}, "tags": []},
    ],
)
def test_fields_that_are_as_declared(given):
    assert check_fields(given, FIELDS) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("photo", None, "missing"),
        ("photo", "", "missing"),
        ("photo", 7, "type"),
        ("mode", "Fast", "value"),
        ("mode", None, "type"),
        ("seed", -1, "value"),
        ("seed", 4294967296, "value"),
        ("seed", "7", "type"),
        ("seed", True, "type"),
        ("seed", 7.0, "type"),
        ("scale", 0.4, "value"),
        ("scale", False, "type"),
        ("is_cut", "true", "type"),
        ("is_cut", 1, "type"),
        ("extra", [], "type"),
        ("tags", {}, "type"),
        ("seeds", 7, "unknown"),
    ],
)
def test_a_field_that_is_not(name, value, fault):
    (found,) = check_fields({"photo": "x", name: value}, FIELDS)
    assert (found.name, found.fault) == (name, fault)
    assert found.text.startswith(name)


def test_fields_are_read_from_a_text():
    text = "photo*:text seed:int mode:fast|good count*:1|2 scale:number\n  cut:flag x:object l:list"
    assert read_fields("n:1..40") == {"n": Field(kind=int, least=1, most=40)}
    fields = read_fields(text)
    assert list(fields) == ["photo", "seed", "mode", "count", "scale", "cut", "x", "l"]
    assert fields["photo"] == Field(is_required=True)
    assert fields["mode"] == Field(choices=["fast", "good"])
    assert fields["count"] == Field(kind=int, is_required=True, choices=[1, 2])
    kinds = [field.kind for field in fields.values()]
    assert kinds == [str, int, str, int, float, bool, dict, list]


def test_every_bad_field_is_found_and_unknown_ones_may_be_fine():
    given = {"seed": -1, "nobody": 1, "mode": "x"}
    names = [fault.name for fault in check_fields(given, FIELDS)]
    assert names == ["photo", "seed", "nobody", "mode"]
    found = check_fields(given, FIELDS, is_unknown_fine=True)
    assert [fault.name for fault in found] == ["photo", "seed", "mode"]
    assert found[1] == BadField("seed", "value", "seed must be 0 or more")


def test_an_image_is_fetched_with_what_its_server_says_it_is(ctx):
    with serving(answer(200, DATA, headers={"Content-Type": "image/png; x=y"})) as server:
        found = ctx.receive(server.url("/a.png"))
    assert found == SentImage(data=DATA, media_type="image/png; x=y", form="url")


def test_an_address_without_a_file_is_none(ctx):
    with serving(answer(404)) as server, pytest.raises(FetchRefused, match="404"):
        ctx.receive(server.url("/a.png"))
    with pytest.raises(FetchRefused, match="no other machine"):
        ctx.receive("https://shop.example/a.png")


@pytest.mark.parametrize(
    ("text", "media_type", "form"),
    [
        (f"data:image/png;base64,{TEXT}", "image/png", "data_uri"),
        (f"DATA:image/jpg;charset=x;base64,{TEXT}", "image/jpg;charset=x", "data_uri"),
        (TEXT, "", "base64"),
    ],
)
def test_an_image_is_decoded(ctx, text, media_type, form):
    found = ctx.receive(text, forms={"url", "data_uri", "base64"})
    assert found == SentImage(data=DATA, media_type=media_type, form=form)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        (TEXT, ("url", "data_uri")),
        (f"data:image/png;base64,{TEXT}", ("url", "base64")),
        ("http://127.0.0.1:1/a.png", ("data_uri", "base64")),
        ("ftp://127.0.0.1/a.png", ("url", "base64")),
        (f"data:image/png,{TEXT}", ("data_uri",)),
        (f"data:;base64,{TEXT}", ("data_uri",)),
        ("data:image/png;base64,a", ("data_uri",)),
        ("data:image/png;base64,ä", ("data_uri",)),
        (f"{TEXT[:8]}\n{TEXT[8:]}", ("base64",)),
        (f"saved:{TEXT}", ("url", "base64")),
        ("//[", ("url", "base64")),
    ],
)
def test_a_text_in_another_form_is_no_image(ctx, text, forms):
    with pytest.raises(BadImage):
        ctx.receive(text, forms=forms)


def _png(size):
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_within_the_rules_is_received(ctx):
    data = _png((300, 400))
    rules = ImageRules(formats={"PNG"}, max_bytes=len(data), min_side_px=300, max_side_px=400)
    text = base64.b64encode(data).decode()
    assert ctx.receive_image(text, forms=("base64",), rules=rules).data == data


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (ImageRules(formats={"JPEG"}), "PNG is none of JPEG"),
        (ImageRules(max_bytes=9), "the limit is 9"),
        (ImageRules(min_bytes=10**6), "the limit is 1000000"),
        (ImageRules(min_side_px=301), "300x400 px, the sides must have 301 to any number of px"),
        (ImageRules(max_side_px=399), "300x400 px, the sides must have 1 to 399 px"),
    ],
)
def test_an_image_that_breaks_the_rules_is_a_bad_one(ctx, rules, said):
    text = base64.b64encode(_png((300, 400))).decode()
    with pytest.raises(BadImage, match=said):
        ctx.receive_image(text, forms=("base64",), rules=rules)


def test_a_result_is_drawn_once_and_lives_from_the_end_of_its_job():
    clock = FakeClock()
    ctx = EmulatorContext(clock=clock, job_s=1.0, seed="x")
    job = ctx.jobs.create()
    clock.advance(ctx.job_s + 60)
    address = ctx.publish_result(job, _png((300, 400)), lifetime_s=100)
    (published,) = ctx.images._images.values()
    assert published.expires_at == job.ended_at + timedelta(seconds=100)
    clock.advance(10)
    assert ctx.publish_result(job, b"not drawn again", lifetime_s=100) == address


def test_results_are_drawn_in_the_format_that_is_asked_for_and_differ_by_their_note(ctx):
    photo = io.BytesIO()
    Image.new("RGB", (60, 80), "grey").save(photo, "PNG")
    plain, noted = (ctx.draw_result(photo.getvalue(), note=note) for note in ("", "seed 7"))
    assert plain != noted
    assert noted == ctx.draw_result(photo.getvalue(), note="seed 7")
    assert ctx.read_image(ctx.draw_result(photo.getvalue(), kind="JPEG")).format == "JPEG"


def test_a_webhook_is_called_until_it_is_taken():
    clock = FakeClock()
    ctx = EmulatorContext(clock=clock, job_s=1.0, seed="x")
    with serving(answer(500), answer(302), answer(204)) as server:
        ctx.call_back(
            server.url("/hook"),
            lambda: b'{"id": 1}',
            after_s=5,
            pauses_s=[60] * 5,
            headers=lambda body: {"x-signature": f"of {len(body)} bytes"},
        ).join(10)
    assert [request.body for request in server.requests] == [b'{"id": 1}'] * 3
    assert server.requests[-1].headers["x-signature"] == "of 9 bytes"
    assert server.requests[-1].headers["content-type"] == "application/json"
    assert clock.sleeps == [5, 60, 60]


@pytest.mark.parametrize("url", ["https://hooks.example/x", "http://127.0.0.1:9/x", "no address"])
def test_a_webhook_that_cannot_be_reached_is_given_up(url):
    clock = FakeClock()
    ctx = EmulatorContext(clock=clock, job_s=1.0, seed="x")
    ctx.call_back(url, bytes, after_s=1, pauses_s=[2, 3]).join(10)
    assert clock.sleeps == [1, 2, 3]


def test_an_image_may_have_to_be_announced_as_one(ctx):
    photo = io.BytesIO()
    Image.new("RGB", (60, 80)).save(photo, "PNG")
    text = base64.b64encode(photo.getvalue()).decode()
    for media_type in ("text/plain", "image/jpg"):
        uri = f"data:{media_type};base64,{text}"
        assert ctx.receive_image(uri, rules=ImageRules()).format == "PNG"
    assert ctx.receive_image(uri, rules=ImageRules(), has_image_type=True).width_px == 60
    with pytest.raises(BadImage, match="Content-Type"):
        ctx.receive_image(f"data:text/plain;base64,{text}", rules=ImageRules(), has_image_type=True)


def test_the_body_of_a_webhook_is_made_within_the_application_that_serves(posted, ctx):
    with serving(answer(204)) as server, posted(json={}):
        url = server.url("/hook")
        ctx.call_back(url, lambda: flask.jsonify(id=1).get_data(), after_s=0).join(10)
    assert [request.body for request in server.requests] == [b'{"id":1}\n']
