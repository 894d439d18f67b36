"""All vendors get the same bytes over the wire, each in its own way."""

import hashlib
import io
from collections.abc import Mapping
from contextlib import ExitStack

import attrs
import pytest
from PIL import Image

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_batch import JournalReader
from tryon_core import Client
from tryon_report import ComparisonRefused, compare
from tryon_testing import FakeClock
from tryon_testing.emulation import load_emulator, start

pytestmark = pytest.mark.usefixtures("no_indicators")
VENDORS = ("ailab", "dashscope", "fal", "fashn", "kling", "pixelcut", "replicate")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A drawn person, larger than vendors take, and a garment."""
    folder = tmp_path_factory.mktemp("drawn")
    person = draw_person(PERSON_STYLES["ivan"], (300, 400)).image
    person.resize((1500, 2000)).save(folder / "person.jpg")
    draw_garment(GARMENT_STYLES["emblem tee"], (300, 400)).image.save(folder / "tee.png")
    return {"person": folder / "person.jpg", "top": folder / "tee.png"}


@pytest.fixture
def vendors():
    """Return a function that runs emulators; gives their clients, and what they received."""
    with ExitStack() as opened:
        clock = FakeClock()

        def run(*names, faults=()):
            found = {}
            for name in names:
                own = [fault.partition(" ")[2] for fault in faults if fault.startswith(f"{name} ")]
                emulator = load_emulator(name)
                running = opened.enter_context(start(emulator, clock=clock, faults=own))
                client = opened.enter_context(Client(name, clock=clock, **running.settings))
                found[name] = client, running
            return found

        yield run


def _digests(value):
    """The digests of all images in what an emulator keeps of a submission."""
    if isinstance(value, bytes):
        yield hashlib.sha256(value).hexdigest()
    elif isinstance(value, Mapping):
        yield from ([value["sha256"]] if "sha256" in value else _digests([*value.values()]))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _digests(one)
    elif attrs.has(type(value)):
        yield from _digests([getattr(value, field.name) for field in attrs.fields(type(value))])


def _received(running):
    sent = [list(entry.fields) for entry in running.log]
    return set(_digests(sent)) | set(_digests([job.data for job in running.ctx.jobs.all()]))


def test_all_vendors_receive_the_same_bytes_and_nothing_else(images, vendors, tmp_path):
    found = vendors(*VENDORS)
    comparison = compare(
        **images, providers=[client for client, _ in found.values()], out=tmp_path / "out"
    )
    assert {vendor.provider: vendor.state for vendor in comparison.vendors} == dict.fromkeys(
        VENDORS, "saved"
    )
    given = [comparison.person, comparison.garments["top"]]
    expected = {hashlib.sha256(path.read_bytes()).hexdigest() for path in given}
    assert {name: _received(running) for name, (_, running) in found.items()} == dict.fromkeys(
        VENDORS, expected
    )


def test_what_a_vendor_refuses_is_on_the_comparison_with_its_class(images, vendors, tmp_path):
    found = vendors("fashn", "pixelcut", faults=["pixelcut submit:402"])
    clients = [client for client, _ in found.values()]
    comparison = compare(**images, providers=clients, out=tmp_path / "out")
    assert comparison["fashn"].money == "1 credit"
    assert comparison["pixelcut"].reason.kind == "CreditsExhausted"


def test_a_vendor_that_reads_addresses_only_gets_the_one_that_holds_the_same_bytes(
    vendors, tmp_path
):
    found = vendors("aidge", "fashn")
    host = found["aidge"][1].ctx
    files = {name: _drawn(colour) for name, colour in (("person", "tan"), ("top", "teal"))}
    given = {name: host.publish(data, "image/jpeg") for name, data in files.items()}
    clients = [client for client, _ in found.values()]
    comparison = compare(**given, providers=clients, out=tmp_path / "out")
    assert [one.state for one in comparison.vendors] == ["saved", "saved"]
    sent = {hashlib.sha256(data).hexdigest() for data in files.values()}
    assert _received(found["fashn"][1]) == sent
    with JournalReader(tmp_path / "out" / "run.tryon") as journal:
        asked = {name: plain["images"] for name, plain in journal.asked().items()}
    assert asked["aidge"] == {name: {"url": url} for name, url in given.items()}
    assert set(asked["fashn"]["person"]) == {"path"}


def _drawn(colour):
    file = io.BytesIO()
    Image.new("RGB", (600, 800), colour).save(file, "JPEG")
    return file.getvalue()


def test_a_vendor_that_reads_addresses_only_cannot_have_the_derivative(images, vendors, tmp_path):
    found = vendors("aidge", "fashn")
    clients = [client for client, _ in found.values()]
    with pytest.raises(ComparisonRefused, match="takes images by address only"):
        compare(**images, providers=clients, out=tmp_path / "out")
