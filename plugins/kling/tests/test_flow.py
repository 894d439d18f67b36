"""The whole way with a client, against the emulator."""

import base64
import io
import json

import pytest
from PIL import Image

from tryon_core import Capabilities, JobState, errors
from tryon_core.images import probe
from tryon_core.models import BytesSource
from tryon_core.settings import resolve_settings
from tryon_kling.emulator import protocol
from tryon_kling.provider import provider

V1, V1_5, V3 = "kolors-virtual-try-on-v1", "kolors-virtual-try-on-v1-5", "virtual-try-on-3.0"
GARMENTS = ("top", "bottom", "dress")
PATH = "/v1/images/kolors-virtual-try-on"


@pytest.fixture
def sent(monkeypatch):
    """The JSON bodies of all submissions, whole."""
    bodies = []
    read = protocol.json_object

    def noting():
        bodies.append(read())
        return bodies[-1]

    monkeypatch.setattr(protocol, "json_object", noting)
    return bodies


@pytest.mark.parametrize("model", [V1, V1_5])
@pytest.mark.parametrize("category", GARMENTS)
def test_the_classic_interface_takes_each_garment_as_bare_base64(
    emulate, image, sent, category, model
):
    """`model_name`, `human_image` and `cloth_image`, no `data:` before the data, no other field."""
    client, running = emulate()
    person, garment = image(colour=(9, 9, 200)), image(colour=(9, 200, 9))
    result = client.try_on(person, **{category: garment}, options={"model": model})
    assert (result.images[0].format, result.images[0].width_px, result.images[0].height_px) == (
        "PNG",
        300,
        400,
    )
    (body,) = sent
    own_id = body.pop("external_task_id")
    assert body == {
        "model_name": model,
        "human_image": base64.b64encode(person).decode(),
        "cloth_image": base64.b64encode(garment).decode(),
    }
    assert set(own_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(own_id) <= 64
    assert result.usage == {"credits": "1"}
    assert [entry.path for entry in running.log if entry.operation == "submit"] == [PATH]


def test_two_submissions_have_two_ids_of_our_own(emulate, image, sent):
    client, _ = emulate()
    for _ in range(2):
        client.submit(image(), top=image())
    assert len({body["external_task_id"] for body in sent}) == 2


def test_addresses_are_fetched_looked_at_and_sent_inline(emulate, image, sent, host):
    client, _ = emulate()
    client.try_on(host(image()), top=host(image(kind="PNG")))
    assert base64.b64decode(sent[0]["human_image"]) == image()
    with pytest.raises(errors.ValidationFailed):
        client.submit(host(image((299, 400))), top=image())
    assert len(sent) == 1


@pytest.mark.parametrize("layout", ["below", "beside"])
def test_a_top_and_a_bottom_are_one_white_image(emulate, image, sent, layout):
    """Of the pairs only an upper and a lower part, and only with v1-5, in one image."""
    client, _ = emulate()
    top, bottom = image((400, 500), (200, 0, 0)), image((320, 640), (0, 0, 200))
    # In the other order, too, the top comes first.
    client.try_on(image(), bottom=bottom, top=top, options={"pair_layout": layout})
    with Image.open(io.BytesIO(base64.b64decode(sent[0]["cloth_image"]))) as joined:
        size, picture = joined.size, joined.convert("RGB")
    below = {"below": (320, 400 + 32 + 640), "beside": (400 + 50 + 250, 500)}
    assert size == below[layout]
    first, gap, last = (
        [(150, 9), (150, 416), (150, 990)]
        if layout == "below"
        else [(9, 250), (425, 250), (690, 250)]
    )
    assert picture.getpixel(first) == pytest.approx((200, 0, 0), abs=9)
    assert picture.getpixel(gap) == pytest.approx((255, 255, 255), abs=9)
    assert picture.getpixel(last) == pytest.approx((0, 0, 200), abs=9)
    assert "pair_layout" not in sent[0]


def test_without_pillow_a_pair_is_no_request(emulate, image, monkeypatch):
    client, running = emulate()
    photo = image()
    monkeypatch.setattr("tryon_core.image_formats.has_pillow", lambda: False)
    with pytest.raises(errors.MissingExtra, match="Putting images together needs Pillow") as caught:
        client.submit(photo, top=photo, bottom=photo)
    assert caught.value.billed == "no"
    assert len(running.log) == 0


@pytest.mark.parametrize(
    ("model", "garments"),
    [
        (V1, ("top", "bottom")),
        (V3, ("top", "bottom")),
        (V1_5, ("top", "dress")),
        (V1_5, ("bottom", "dress")),
        (V1_5, GARMENTS),
    ],
)
def test_of_all_pairs_v1_5_takes_a_top_and_a_bottom(emulate, model, garments):
    """Every other pair makes the task fail, says the vendor's table."""
    client, running = emulate()
    given = dict.fromkeys(garments, "https://a.test/2.jpg")
    problems = client.validate("https://a.test/1.jpg", **given, options={"model": model})
    assert [problem.severity for problem in problems] == ["error"]
    assert len(running.log) == 0


def test_the_later_interface_takes_addresses_and_switches(emulate, image, sent, host):
    """Virtual Try-On 3.0: one `product_image`, one `person_image`, three switches."""
    client, running = emulate()
    person, garment = host(image()), host(image())
    options = {"model": V3, "keep_face": False}
    result = client.try_on(person, dress=garment, options=options)
    (body,) = sent
    assert body.pop("options")["external_task_id"]
    assert body == {
        "contents": [
            {"type": "product_image", "url": garment},
            {"type": "person_image", "url": person},
        ],
        "settings": {"keep_face": False, "keep_pose": True, "keep_background": True},
    }
    assert result.usage == {"credits": "1"}
    polls = [entry for entry in running.log if entry.operation == "poll"]
    assert {(entry.path, entry.query["task_ids"]) for entry in polls} == {
        ("/solutions", result.job.id)
    }


def test_the_later_interface_takes_no_files_and_says_so(emulate, image):
    client, running = emulate()
    problems = client.validate(image(), top=image(), options={"model": V3})
    assert {problem.field for problem in problems} == {"person", "top"}
    assert all(problem.message.startswith(f"{V3} takes images by address") for problem in problems)
    assert len(running.log) == 0


def test_the_switches_are_for_the_later_interface_only(emulate, image):
    client, _ = emulate()
    (problem,) = client.validate(image(), top=image(), options={"keep_face": False})
    assert problem.field == "options.keep_face"


def test_the_later_interface_refuses_a_signed_token_and_the_remedy_names_the_key(
    emulate, image, host
):
    client, _ = emulate(settings={"api_key": ""})
    with pytest.raises(errors.AuthenticationFailed, match="takes an API key only") as caught:
        client.submit(host(image()), top=host(image()), options={"model": V3})
    assert (caught.value.vendor_code, caught.value.billed) == ("1002", "no")


def test_an_api_key_that_the_classic_interface_refuses_names_the_other_way(emulate, image):
    client, running = emulate(classic_keys="tokens")
    with pytest.raises(errors.AuthenticationFailed, match="try access_key and secret_key"):
        client.submit(image(), top=image())
    paired, _ = emulate(settings={"api_key": ""}, classic_keys="tokens")
    assert paired.submit(image(), top=image()).id
    assert running.ctx.billed == {}


def test_every_stage_is_reported(emulate, image):
    client, _ = emulate(job_s=60)
    states = []
    client.try_on(
        image(), top=image(), on_update=lambda update: states.append(update.vendor_status)
    )
    assert list(dict.fromkeys(states)) == ["submitted", "processing", "succeed"]


@pytest.mark.parametrize("model", [V1_5, V3])
@pytest.mark.parametrize("word", ["succeed", "succeeded"])
def test_both_spellings_of_success_are_known(emulate, image, host, word, model):
    client, _ = emulate(succeeded=word)
    result = client.try_on(host(image()), top=host(image()), options={"model": model})
    assert result.images[0].format == "PNG"


@pytest.mark.parametrize("model", [V1_5, V3])
def test_a_failed_task_says_why_and_that_it_took_no_units(emulate, image, host, model):
    client, running = emulate(job_failure="The model did not detect a human")
    with pytest.raises(errors.JobFailed, match="did not detect a human") as caught:
        client.try_on(host(image()), top=host(image()), options={"model": model})
    assert caught.value.failure.billed == ("no" if model == V1_5 else "unknown")
    assert running.ctx.billed == {}


@pytest.mark.parametrize("reply", ["404", "failed"])
def test_a_task_that_is_not_known_has_not_failed(emulate, image, clock, reply):
    """`404` with `1203`, or `failed` with `task not found`: either means expired."""
    client, running = emulate(unknown_id=reply)
    job = client.submit(image(), top=image())
    running.ctx.jobs._jobs.clear()
    assert client.poll(job).state is JobState.NOT_FOUND
    clock.advance(31 * 86400)
    with pytest.raises(errors.JobExpired):
        client.wait(job)


def test_a_task_that_the_later_interface_does_not_list_has_not_failed(emulate, image, host, clock):
    client, running = emulate()
    job = client.submit(host(image()), top=host(image()), options={"model": V3})
    running.ctx.jobs._jobs.clear()
    assert client.poll(job).state is JobState.NOT_FOUND
    clock.advance(31 * 86400)
    with pytest.raises(errors.JobExpired):
        client.wait(job)


@pytest.mark.parametrize(
    "fault",
    ["500", "5001", "5002", "1302", "1203*1", "html", "page=200", "empty", "truncated", "foreign"],
)
def test_one_odd_answer_costs_nobody_the_job(emulate, image, fault):
    client, running = emulate(f"poll:{fault.removesuffix('*1')}*1", job_s=30)
    assert client.try_on(image(), top=image()).images[0].format == "PNG"
    assert running.log.count("submit") == 1


def test_limits_that_pass_are_waited_for(emulate, image):
    """1303 twice, then accepted: three requests, one task."""
    client, running = emulate("submit:1303*2")
    assert client.submit(image(), top=image()).id
    assert running.log.count("submit") == 3
    assert len(running.ctx.jobs.all()) == 1


@pytest.mark.parametrize("code", ["1100", "1101", "1102", "1304"])
def test_a_429_that_does_not_pass_is_not_repeated(emulate, image, code):
    client, running = emulate(f"submit:{code}")
    with pytest.raises(errors.AccountError) as caught:
        client.submit(image(), top=image())
    assert (caught.value.vendor_code, caught.value.retry) == (code, "after_change")
    assert running.log.count("submit") == 1


def test_a_slot_is_held_until_the_end(emulate, image, clock):
    client, running = emulate(job_s=60, running_jobs=1)
    client.submit(image(), top=image())
    clock.advance(59)
    # The pauses of the client are longer than the second that is left.
    assert client.submit(image(), top=image()).id
    assert {entry.status for entry in running.log if entry.operation == "submit"} == {200, 429}


def test_the_balance_is_that_of_the_try_on_packs_that_are_online(emulate, image):
    """The window is one of purchase, and longer than any pack lives."""
    client, running = emulate(units=7)
    client.submit(image(), top=image())
    balance = client.read_balance()
    assert (balance.amount, balance.unit) == (6, "units")
    assert dict(balance.reserved) == {"Video generation": 77}
    (asked,) = [entry for entry in running.log if entry.operation == "balance"]
    days = (int(asked.query["end_time"]) - int(asked.query["start_time"])) / 86_400_000
    assert days == 400


def test_the_balance_is_asked_for_again_when_that_was_too_fast(emulate):
    client, running = emulate()
    for _ in range(2):
        client.read_balance()
    statuses = [entry.status for entry in running.log]
    assert (statuses[0], {*statuses[1:-1]}, statuses[-1]) == (200, {429}, 200)


def test_units_run_out(emulate, image):
    client, running = emulate(units=1)
    client.submit(image(), top=image())
    with pytest.raises(errors.CreditsExhausted, match="credits of the web pages") as caught:
        client.submit(image(), top=image())
    assert caught.value.vendor_code == "1102"
    assert len(running.ctx.billed) == 1


def test_a_code_beside_a_200_is_an_error_all_the_same(emulate, image):
    client, _ = emulate("submit:1301", error_status="200")
    with pytest.raises(errors.InputRefused) as caught:
        client.submit(image(), top=image())
    assert (caught.value.vendor_code, caught.value.billed) == ("1301", "no")


def test_there_is_no_way_to_cancel(emulate, image):
    client, running = emulate()
    job = client.submit(image(), top=image())
    with pytest.raises(errors.CancelRefused):
        client.cancel(job)
    assert {entry.operation for entry in running.log} == {"submit"}


def test_results_live_for_thirty_days(emulate, image, clock):
    client, _ = emulate()
    job = client.submit(image(), top=image())
    assert (job.expires_at - job.submitted_at).days == 30
    clock.advance(29 * 86400)
    assert client.wait(job).images[0].format == "PNG"


@pytest.mark.parametrize(
    ("size", "model", "problems"),
    [
        ((299, 400), V1_5, ["image_too_small"]),
        ((300, 300), V1_5, []),
        ((301, 2048), V1_5, []),
        ((301, 2049), V1_5, []),
        ((300, 300), V3, []),
        ((301, 2048), V3, []),
        ((301, 2049), V3, ["image_too_large"]),
        ((299, 400), V3, ["image_too_small"]),
    ],
)
def test_sides_have_300_px_or_more_and_2048_at_most_in_the_later_interface(
    emulate, image, size, model, problems
):
    client, _ = emulate()
    found = client.validate(image(size), top=image(), options={"model": model})
    assert [
        one.code for one in found if one.field == "person" and "image_t" in one.code
    ] == problems


def test_what_is_made_to_fit_suits_both_interfaces(emulate, image, sent):
    client, _ = emulate()
    client.try_on(image((2100, 1400), kind="WEBP"), top=image((150, 200)), fit=True)
    sizes = [
        probe(BytesSource(base64.b64decode(sent[0][name])), field=name)
        for name in ("human_image", "cloth_image")
    ]
    assert [(found.width_px, found.height_px) for found in sizes] == [(2048, 1365), (301, 401)]


def test_an_image_has_10_mb_as_base64_at_most(emulate, image):
    client, _ = emulate()
    assert not client.validate(image().ljust(7_500_000, b"\0"), top=image())
    (problem,) = client.validate(image().ljust(7_500_001, b"\0"), top=image())
    assert problem.field == "person"


def test_the_key_is_nowhere_to_be_seen(emulate, image, caplog):
    caplog.set_level(0)
    client, running = emulate("poll:drop*1")
    result = client.try_on(image(), top=image())
    shown = caplog.text + repr(list(running.log)) + repr(result) + result.job.to_token()
    assert running.settings["api_key"] not in shown


def test_keys_come_from_the_vendors_variables_and_singapore_is_the_default(monkeypatch):
    """Beijing has keys of its own; some call the access key `KLING_AI_API_KEY`."""
    for name in ("KLINGAI_API_KEY", "KLINGAI_ACCESS_KEY", "KLINGAI_SECRET_KEY"):
        monkeypatch.setenv(name, f"of {name}")
    monkeypatch.setenv("KLING_AI_API_KEY", "of another program")
    found = resolve_settings(provider.info)
    names = ("api_key", "access_key", "secret_key")
    assert [found.text(name) for name in names] == [f"of KLINGAI_{name.upper()}" for name in names]
    assert found.text("base_url") == "https://api-singapore.klingai.com"
    (spec,) = [spec for spec in provider.info.settings if spec.name == "base_url"]
    assert "https://api-beijing.klingai.com" in spec.help


def test_what_is_declared_has_a_source():
    for capabilities in (provider.info.capabilities, *provider.info.models.values()):
        assert isinstance(capabilities, Capabilities)
        assert capabilities.person_rules.source
        assert capabilities.quota.source
        assert capabilities.price is None
    assert json.dumps(sorted(provider.info.models)) == json.dumps(sorted((V1, V1_5, V3)))
