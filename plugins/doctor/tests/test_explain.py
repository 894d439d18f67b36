"""What `tryon explain` shows is what a vendor's service receives, and nothing is sent."""

import io
import re
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from distributions import write_distribution
from no_network import no_network
from providers import KEY, FakeProvider, fake_info
from tryon_core import FilePart, SettingSpec, UrlSource, hookimpl
from tryon_core.models import MASK
from tryon_core.registry import REGISTRY
from tryon_testing.emulation import load_emulator, start

TRY = ("--person", "person.png", "--top", "tee.png")
# A place where a value differs each time, or is a sample.
_OTHER = re.compile(r"\d{8}|/|<|\*\*\*|JOB-ID|KEY-ID|^tryon-[0-9a-f]{32}$")


_NO_BODY = ("content-length", "0")


def _noise(size):
    buffer = io.BytesIO()
    Image.effect_noise(size, 64).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def images(folder):
    """Write images that every vendor takes; give them as the options of a command."""
    (folder / "person.png").write_bytes(_noise((320, 400)))
    (folder / "tee.png").write_bytes(_noise((320, 320)))
    return TRY


def _same(shown, real, where):
    """Both have one shape, and the same values where those do not differ each time."""
    assert type(shown) is type(real), where
    if isinstance(shown, dict):
        assert sorted(shown) == sorted(real), where
        for name, value in shown.items():
            _same(value, real[name], f"{where}.{name}")
    elif isinstance(shown, list):
        assert len(shown) == len(real), where
        for number, pair in enumerate(zip(shown, real, strict=True)):
            _same(*pair, f"{where}[{number}]")
    elif not (isinstance(shown, str) and _OTHER.search(shown)):
        assert real in {shown, MASK}, where


def _part(part):
    if part["filename"] is None:
        return [part["name"], part["value"]]
    size = int(re.search(r"([\d,]+) bytes", part["value"])[1].replace(",", ""))
    facts = {"filename": part["filename"], "media_type": part["media_type"], "bytes": size}
    return [part["name"], facts]


def _fields(shown):
    if "form" in shown:
        return shown["form"]
    if "file" in shown:
        size = re.search(r"([\d,]+) bytes", shown["file"])[1].replace(",", "")
        return [["", f"{size} bytes of image/png"]]
    return [_part(part) for part in shown.get("multipart", ())]


def _received(value):
    if not isinstance(value, dict):
        return value
    return {name: fact for name, fact in value.items() if name != "sha256"}


def _assert_same(shown, real):
    where = f"{shown['method']} {shown['url']}"
    parts = urlsplit(shown["url"])
    assert shown["method"] == real.method, where
    if parts.hostname == "127.0.0.1":  # not where a sample leads
        pattern = re.escape(parts.path).replace(re.escape("JOB-ID"), "[^/]+")
        assert re.fullmatch(pattern, real.path), where
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        assert query.keys() == real.query.keys(), where
    # The server adds a length to requests without a body.
    headers = {name for name in real.headers if (name, real.headers[name]) != _NO_BODY}
    assert {*map(str.lower, shown["headers"]), "host"} == headers, where
    body = shown["body"] or {}
    _same(body.get("json"), real.json, where)
    _same(_fields(body), [[name, _received(value)] for name, value in real.fields], where)


def _ours(log):
    """Leave out what the emulator itself asks for."""
    return [one for one in log if one.headers["user-agent"].startswith("tryon-core")]


@pytest.fixture
def emulate(monkeypatch):
    """Run an emulator, to which the settings lead."""
    with ExitStack() as stack:

        def run(vendor):
            running = stack.enter_context(start(load_emulator(vendor), job_s=0.01))
            for name, value in running.settings.items():
                monkeypatch.setenv(f"TRYON_{vendor.upper()}_{name.upper()}", value)
            return running

        yield run


@pytest.mark.parametrize(
    "vendor", ["aidge", "ailab", "dashscope", "fal", "fashn", "kling", "pixelcut", "replicate"]
)
def test_what_is_shown_is_what_the_service_receives(tryon, emulate, images, http_folder, vendor):
    if vendor == "aidge":  # it takes addresses only
        served, address = http_folder
        (served / "a.png").write_bytes(Path("person.png").read_bytes())
        images = ("--person", f"{address}/a.png", "--top", f"{address}/a.png")
    running = emulate(vendor)
    explained = tryon("explain", "-p", vendor, *images, "--json")
    assert (explained.code, len(running.log)) == (0, 0)
    token = tryon("submit", "-p", vendor, *images, "--quiet").out.strip()
    assert tryon("poll", token).code == 0
    shown = explained.json["requests"]
    assert explained.json["is_complete"]
    assert [one["step"] for one in shown][-2:] == ["submit", "poll"]
    received = _ours(running.log)[: len(shown)]  # a poll of a finished job may ask for more
    for one, real in zip(shown, received, strict=True):
        _assert_same(one, real)
    keys = [text for text in running.emulator.settings.values() if not text.startswith("{")]
    assert not [key for key in keys if key in explained.out + explained.err]


def test_a_parsing_that_is_needed_is_shown_before_the_try_on(tryon, emulate, images):
    running = emulate("dashscope")
    command = ("-p", "dashscope", *images, "--keep", "bottom")
    document = tryon("explain", *command, "--json").json
    assert tryon("submit", *command).code == 0
    shown = [one for one in document["requests"] if one["step"] != "poll"]
    for one, real in zip(shown, _ours(running.log), strict=True):
        _assert_same(one, real)
    assert [one["what"] for one in document["costs"]] == ["parsing", "try_on"]


def test_an_outfit_in_two_steps_is_two_paid_requests(tryon, images):
    command = ("-p", "fashn", *images, "--bottom", "tee.png", "--chain")
    ended = tryon("explain", *command, "--json")
    paid = [one["body"]["json"]["inputs"] for one in ended.json["requests"] if one["is_sent_once"]]
    assert [body["category"] for body in paid] == ["bottoms", "tops"]
    assert "note: an image stands for that of the first step.\n" in ended.err


def test_without_a_key_and_without_a_network_the_missing_key_is_named(tryon, images):
    with no_network():
        ended = tryon("explain", "-p", "pixelcut", *images)
    assert ended.code == 0
    assert "\n   X-API-Key: <api_key>\n" in ended.out
    assert "PIXELCUT_API_KEY" in ended.err
    assert ended.out.endswith("nothing was sent.\n")


@pytest.mark.usefixtures("images")
def test_an_image_that_would_be_fetched_is_not(tryon):
    images = ("--person", "https://shop.example/p.jpg?signature=hush", "--top", "tee.png")
    with no_network():
        ended = tryon("explain", "-p", "ailab", *images)
    assert "   GET https://shop.example/p.jpg?…\n" in ended.out
    assert "stands for one that is fetched" in ended.err
    assert "hush" not in ended.out


def test_what_is_signed_with_a_secret_is_hidden(tryon, images, monkeypatch):
    monkeypatch.setenv("KLINGAI_ACCESS_KEY", "fake-access-key")
    monkeypatch.setenv("KLINGAI_SECRET_KEY", "fake-secret-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush@proxy.example:3128")
    ended = tryon("explain", "-p", "kling", *images)
    assert "\nproxy:     http://proxy.example:3128\n" in ended.out
    assert "hush" not in ended.out
    assert f"Authorization: Bearer {MASK}\n" in ended.out
    assert "eyJ" not in ended.out


def test_problems_are_those_of_a_check(tryon):
    command = ("-p", "aidge", "--person", "none.png", "--top", "tee.png")
    explained, checked = tryon("explain", *command), tryon("check", *command)
    assert explained.code == checked.code == 2
    assert explained.err == checked.err


BASE_URL = SettingSpec(name="base_url", default="https://fake.example")


class Storing(FakeProvider):
    """A provider with a store of its own, and no sample of its answers."""

    @hookimpl
    def publish_image(self, image, ctx):
        answer = ctx.http.put("store", file=FilePart(image))
        return UrlSource(answer.json()["url"])

    @hookimpl
    def submit(self, request, ctx):
        urls = {name: image.url for name, image in request.images.items()}
        return ctx.new_job(ctx.http.post("jobs", json=urls).json()["id"])


@pytest.fixture
def storing():
    info = fake_info("storing", settings=[KEY, BASE_URL], delivery={"url"})
    REGISTRY.register(Storing(info=info))
    yield ("-p", "storing", *TRY)
    REGISTRY.unregister("storing")


def test_where_an_answer_is_not_known_it_says_so(tryon, storing):
    ended = tryon("explain", *storing, "--json")
    assert [one["step"] for one in ended.json["requests"]] == ["publish", "publish", "submit"]
    assert not ended.json["is_complete"]
    assert "depend on an answer that is not known" in ended.err


_PUBLISHING = """
import attrs
from tryon_core import hookimpl

@attrs.define(eq=False)
class Shelf:
    @hookimpl
    def publish_image(self, image, ctx):
        raise SystemExit("it was called")
"""


def test_an_extension_is_not_called(tryon, storing, folder, monkeypatch):
    points, modules = {"shelf": "shelf:Shelf"}, {"shelf": _PUBLISHING}
    group = "tryon_core.extensions"
    write_distribution(folder, "shelf", providers=points, modules=modules, group=group)
    monkeypatch.syspath_prepend(str(folder))
    ended = tryon("explain", *storing, "--extension", "shelf", "--json")
    assert [one["step"] for one in ended.json["requests"]] == ["submit"]
    assert {one["by"] for one in ended.json["published"]} == {"extension 'shelf' of shelf 1.0"}
    assert "the extensions in use are not called: shelf." in ended.err


def test_what_works_on_this_machine_is_not_called(tryon, fake):
    ended = tryon("explain", "-p", "fake", *TRY, "--json")
    assert (ended.code, ended.json["requests"], fake.calls) == (0, [], [])
    assert "it works on this machine" in ended.err
