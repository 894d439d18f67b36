"""The code of the page about extensions runs as it stands there."""

import logging
import re
from pathlib import Path

import attrs
import pytest

from providers import FakeProvider, fake_info, picture
from tryon_core import Client, UrlSource, errors
from tryon_extensions import CallLog
from tryon_testing.clocks import FakeClock

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-extensions.md"


@pytest.fixture(scope="module")
def page():
    first, *blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert "CallLog()" in first  # it needs an installed provider and sets up logging
    namespace = {"__name__": "extensions"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


def _client(provider, *extensions):
    return Client(provider, extensions=extensions, clock=FakeClock())


def test_calls_are_logged(caplog):
    caplog.set_level(logging.INFO)
    _client(FakeProvider(), CallLog()).try_on(picture(), top=picture())
    assert "fake submit top: job job-1" in caplog.text


def test_local_images_are_published_and_addresses_left_alone(page):
    stored = {}
    provider = FakeProvider(info=fake_info(delivery={"url"}))
    bucket = page["Bucket"](stored.__setitem__, "https://store.example/f")
    garment = UrlSource("https://shop.example/tee.png")
    _client(provider, bucket).submit(picture(), top=garment)
    (request,) = provider.requests
    ((name, data),) = stored.items()
    assert data == picture()
    assert request.person == UrlSource(f"https://store.example/f/{name}")
    assert request.top == garment


def test_a_policy_refuses_beside_the_core(page):
    provider = FakeProvider()
    with pytest.raises(errors.ValidationFailed) as caught:
        _client(provider, page["NoDresses"]()).submit(picture(size=(2, 2)), dress=picture())
    assert {problem.field for problem in caught.value.problems} == {"person", "dress"}
    assert provider.calls == []


def test_nothing_is_sent_beyond_the_budget(page):
    provider = FakeProvider()
    client = _client(provider, page["Budget"](2))
    client.submit(picture(), top=picture())
    client.submit(picture(), top=picture())
    with pytest.raises(errors.AccessDenied, match="used up") as caught:
        client.submit(picture(), top=picture())
    assert (caught.value.job, caught.value.billed) == (None, "no")
    assert provider.calls == ["submit", "submit"]


def test_the_extension_that_was_given_last_is_the_outermost(page):
    @attrs.define(eq=False)
    class Named:
        name: str
        seen: list

        @page["hookimpl"](wrapper=True)
        def submit(self):
            self.seen.append(self.name)
            return (yield)

    seen = []
    _client(FakeProvider(), Named("first", seen), Named("last", seen)).submit(
        picture(), top=picture()
    )
    assert seen == ["last", "first"]
