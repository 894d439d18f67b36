"""Cases as they are recorded from an emulator, from samples, and from a service."""

import base64
import hashlib
import io
import runpy
import sys
from pathlib import Path

import attrs
import pytest
import yaml
from PIL import Image

import tryon_core
from acme import provider
from acme_emulator import KEY, emulator
from flash import provider as flash
from flash_emulator import KEY as FLASH_KEY, emulator as flash_emulator
from no_network import no_network
from providers import picture
from tryon_testing import FakeClock
from tryon_testing.cassettes import Case, Sample, Suite, read_provenance
from tryon_testing.cassettes.stored import STAND_INS, draw, draw_png
from tryon_testing.cassettes.suite import record, record_live
from tryon_testing.emulation import start

SCRIPT = Path(__file__).parents[1] / "scripts" / "record.py"
TOP = Case(name="top", expect={"images": 1, "formats": ["PNG"]})


@pytest.fixture(autouse=True)
def _acme():
    tryon_core.register(provider)
    yield
    tryon_core.unregister("acme")


@pytest.fixture
def suite(tmp_path):
    return Suite(
        provider="acme",
        cases=[TOP],
        folder=tmp_path / "cassettes",
        keys={"api_key": "anything"},
        hosts={"/v1": "https://api.acme.example", "/_tryon/results": "https://files.acme.example"},
        base_path="/v1",
        files={"http://old.acme.example": "http://old.acme.example"},
    )


def bodies(path):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [pair["response"]["body"]["string"] for pair in data["interactions"]]


def test_nothing_is_written_when_something_else_comes_of_it(suite):
    wrong = attrs.evolve(TOP, expect={"images": 2})
    with pytest.raises(AssertionError, match=r"top: expected {'images': 2}, but found .*: 1"):
        record(suite, wrong, emulator)
    assert not suite.folder.exists()


def test_the_reason_of_a_surprise_is_kept(suite):
    wrong = attrs.evolve(TOP, faults=["submit:no_credits"])
    with pytest.raises(AssertionError, match="CreditsExhausted") as caught:
        record(suite, wrong, emulator)
    assert isinstance(caught.value.__cause__, tryon_core.errors.CreditsExhausted)


def test_playing_notices_that_something_else_comes_of_it(suite):
    record(suite, TOP, emulator)
    with pytest.raises(AssertionError, match="expected"), no_network():
        suite.play(attrs.evolve(TOP, expect={"error": "RateLimited"}))


def test_playing_notices_another_request(suite):
    record(suite, TOP, emulator)
    with pytest.raises(AssertionError, match="expected") as caught, no_network():
        suite.play(attrs.evolve(TOP, categories=("dress",)))
    assert '"value": "dress"' in str(caught.value.__cause__)


def test_samples_are_answered_in_order_and_kept_to_the_letter(suite):
    link = '{"status": "done", "image_url": "http://old.acme.example/a.jpg"}'
    samples = [Sample(body=text, source="https://d") for text in ('{"task_id": "abc"}', link)]
    case = Case(name="documented", samples=samples, expect={"images": 1, "formats": ["JPEG"]})
    record(suite, case, emulator)
    assert read_provenance(suite.path(case)).kind == "documented"
    accepted, done, file = bodies(suite.path(case))
    assert '"task_id": "abc"' in accepted
    assert "http://old.acme.example/a.jpg" in done
    assert file == STAND_INS["JPEG"]
    with no_network():
        suite.play(case)


def test_a_live_recording_holds_neither_key_nor_photo(suite):
    photos = {name: draw_png(300, 401, shade=shade) for shade, name in enumerate(("person", "top"))}
    clock = FakeClock()
    with start(emulator, clock=clock, job_s=0) as service:
        case = attrs.evolve(TOP, settings={"base_url": service.base_url})
        record_live(suite, case, {"api_key": KEY}, photos, clock=clock)
        text = suite.path(case).read_text(encoding="utf-8")
        assert read_provenance(suite.path(case)).kind == "live"
        assert KEY not in text
        assert hashlib.sha256(photos["person"]).hexdigest() not in text
        assert hashlib.sha256(draw("person")).hexdigest() in text
    with no_network():
        suite.play(case)


@pytest.mark.parametrize("is_json", [False, True])
def test_a_live_recording_of_a_vendor_that_takes_base64_holds_no_photo(tmp_path, is_json):
    photos = {name: draw_png(300, 401, shade=shade) for shade, name in enumerate(("person", "top"))}
    suite = Suite(
        provider="flash",
        cases=[TOP],
        folder=tmp_path,
        keys={"api_key": "anything"},
        hosts={"": "https://api.flash.example"},
    )
    clock = FakeClock()
    tryon_core.register(flash)
    try:
        with start(flash_emulator, clock=clock, knobs={"is_json": is_json}) as service:
            case = attrs.evolve(TOP, settings={"base_url": service.base_url})
            record_live(suite, case, {"api_key": FLASH_KEY}, photos, clock=clock)
        text = suite.path(case).read_text(encoding="utf-8")
        assert len(text) < 5000
        assert base64.b64encode(photos["person"]).decode()[200:260] not in text
        assert hashlib.sha256(photos["person"]).hexdigest() not in text
        assert text.count(hashlib.sha256(draw("person")).hexdigest()) == 1
        with no_network():
            suite.play(case)
    finally:
        tryon_core.unregister("flash")


def test_what_needs_an_emulator_is_not_recorded_live(suite):
    with pytest.raises(ValueError, match="needs an emulator"):
        record_live(suite, attrs.evolve(TOP, faults=["submit:429"]), {}, {})


def test_images_are_the_same_on_every_machine():
    assert hashlib.sha256(draw("person")).hexdigest().startswith("807b63829892627c")
    assert len({draw(name) for name in ("person", "top", "bottom", "dress", "coarse")}) == 5


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (draw("person"), "PNG", (300, 400)),
        (draw_png(1, 70_000), "PNG", (1, 70_000)),
        *((data, kind, (2, 3)) for kind, data in STAND_INS.items()),
    ],
)
def test_every_image_can_be_decoded(data, kind, size):
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.format, image.size) == (kind, size)


def said(monkeypatch, *words):
    """Run the script and return what it ends with."""
    monkeypatch.setattr(sys, "argv", ["record.py", *words])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as caught, no_network():
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return str(caught.value)


@pytest.fixture
def photos(tmp_path):
    for name in ("person", "top", "bottom", "dress"):
        (tmp_path / f"{name}.png").write_bytes(picture())
    return str(tmp_path)


def test_the_script_says_which_key_is_missing(monkeypatch):
    assert "api_key: set PIXELCUT_API_KEY" in said(monkeypatch, "pixelcut")


def test_the_script_says_which_photos_are_missing(monkeypatch, photos):
    monkeypatch.setenv("PIXELCUT_API_KEY", "sk_obviously_fake")
    assert "--photos FOLDER is missing" in said(monkeypatch, "pixelcut")
    (Path(photos) / "top.png").unlink()
    assert "lacks top.png" in said(monkeypatch, "pixelcut", "--photos", photos)


def test_the_script_spends_nothing_without_being_told_to(monkeypatch, photos):
    monkeypatch.setenv("PIXELCUT_API_KEY", "sk_obviously_fake")
    words = said(monkeypatch, "pixelcut", "--photos", photos)
    assert "asks pixelcut and spends money for: top, bottom, dress, " in words
    assert "refused" not in words
    assert "by-address" not in words


def test_the_script_knows_its_cassettes(monkeypatch):
    assert "pixelcut has no cassette hat" in said(monkeypatch, "pixelcut", "hat")
