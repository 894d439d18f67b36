"""The page about local images: its commands, its settings and its code work as it says."""

import json
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from providers import FakeProvider, fake_info, picture
from tryon_core import Client, UrlSource
from tryon_testing import FakeClock

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/publish-local-images.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FIRST, RUN = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)


def _block(name):
    (found,) = re.findall(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return found


@pytest.fixture
def fittings(bucket):
    """The bucket of the page."""
    fittings = type(bucket)(bucket.service, bucket.endpoint, "fittings")
    yield fittings
    for key in fittings.keys:
        bucket.service.delete_object(Bucket="fittings", Key=key)
    bucket.service.delete_bucket(Bucket="fittings")


def test_the_first_command_needs_the_name_of_the_bucket_only(tryon, aidge, bucket):
    Path("person.jpg").write_bytes(Path("p.jpg").read_bytes())
    Path("tee.png").write_bytes(Path("t.png").read_bytes())
    ended = tryon(*shlex.split(FIRST))
    assert ended.code == 0, ended.err
    assert Path("out.png").is_file()
    assert list(aidge.ctx.billed.values()) == [1]
    assert bucket.keys == []


def test_with_the_settings_of_the_page_a_run_needs_no_option(tryon, aidge, fittings, monkeypatch):
    monkeypatch.delenv("TRYON_EXTENSION_S3_BUCKET")
    Path("tryon.toml").write_text(_block("tryon.toml"))
    monkeypatch.setenv("TRYON_CONFIG", "tryon.toml")
    for n in range(2):
        Image.new("RGB", (300, 300), (40 * n, 90, 160)).save(f"t{n}.png")
    Path("catalogue.csv").write_text("id,person,top\na,p.jpg,t0.png\nb,p.jpg,t1.png\n")
    ended = tryon(*shlex.split(RUN))
    assert ended.code == 0, ended.err
    assert sum(aidge.ctx.billed.values()) == 2
    assert fittings.keys == []


@pytest.mark.usefixtures("aidge")
def test_in_python_it_is_named_as_well(monkeypatch, bucket):
    (code,) = [
        block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "aidge" in block
    ]
    Path("person.jpg").write_bytes(Path("p.jpg").read_bytes())
    Path("tee.png").write_bytes(Path("t.png").read_bytes())
    monkeypatch.setenv("TRYON_ALLOW_PRIVATE_ADDRESSES", "1")
    found = {}
    exec(compile(code, "page", "exec"), found)  # noqa: S102  (that is the test)
    assert found["result"].images
    assert bucket.keys == []


def test_the_rule_for_what_stays_is_one_that_s3_takes(bucket):
    rules = json.loads(_block("lifecycle.json"))
    bucket.service.put_bucket_lifecycle_configuration(
        Bucket=bucket.name, LifecycleConfiguration=rules
    )
    answer = bucket.service.get_bucket_lifecycle_configuration(Bucket=bucket.name)
    assert answer["Rules"][0]["Expiration"] == {"Days": 2}


def test_a_store_of_ones_own_takes_local_images_and_leaves_addresses_alone():
    _, code = CODE
    page = {"__name__": "page"}
    exec(compile(code, "page", "exec"), page)  # noqa: S102  (that is the test)
    stored = {}
    provider = FakeProvider(info=fake_info(delivery={"url"}))
    store = page["Bucket"](stored.__setitem__, "https://store.example/f")
    garment = UrlSource("https://shop.example/tee.png")
    Client(provider, extensions=[store], clock=FakeClock(), config={}).submit(
        picture(), top=garment
    )
    (request,) = provider.requests
    ((name, data),) = stored.items()
    assert data == picture()
    assert request.person == UrlSource(f"https://store.example/f/{name}")
    assert request.top == garment
