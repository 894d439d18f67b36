"""What parsings found is kept: for how long, for whom, and where it cannot be written."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from providers import KEY, FakeProvider, fake_info, picture
from servers import ScriptedServer, json_answer
from tryon_core import Client, ParseRequest, UrlSource, errors, hookimpl
from tryon_core.engine import data_folder, parse
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import START, FakeClock

PRICE = fake_info().capabilities.price
PRICED = fake_info(parse_price=PRICE)
HOUR_S = 3600


def _client(provider, *, clock=None, **settings):
    policy = TransportPolicy(allow_private_addresses=True, retries=0)
    return Client(provider, clock=clock or FakeClock(), transport=policy, **settings)


def _parse(client, photo=None, *, categories="top", fit=False, **how):
    request = ParseRequest(image=photo or picture(), categories=categories)
    return parse(client.session, request, fit=fit, **how)


def _database():
    return data_folder() / "parsings" / "kept.sqlite"


def test_a_kept_region_is_the_one_that_was_found():
    provider = FakeProvider(
        info=PRICED,
        box=(-4, 2, 30, 40),
        crop_url="https://vendor.example/crop.png?Signature=a%2Bb",
        crop_expires_at=START + timedelta(hours=24),
    )
    first = _parse(_client(provider), payer="w").regions["top"]
    kept = _parse(_client(provider)).regions["top"]
    assert provider.calls == ["parse_garment"]
    assert kept == first
    assert [notice.code for notice in kept.notices] == ["box_cut"]
    assert kept.photo_size_px == (64, 96)


@pytest.mark.parametrize("seconds", [24 * HOUR_S - 1, 24 * HOUR_S + 1])
def test_it_is_kept_for_a_day(seconds):
    provider, clock = FakeProvider(info=PRICED), FakeClock()
    _parse(_client(provider, clock=clock))
    clock.advance(seconds)
    _parse(_client(provider, clock=clock))
    assert len(provider.calls) == (1 if seconds < 24 * HOUR_S else 2)


def test_what_is_too_old_is_gone_from_the_disk_when_the_next_client_opens():
    clock = FakeClock()
    _parse(_client(FakeProvider(info=PRICED, crop=picture(colour=(1, 2, 3))), clock=clock))
    assert picture(colour=(1, 2, 3)) in _database().read_bytes()
    clock.advance(25 * HOUR_S)
    _client(FakeProvider(info=fake_info("other")), clock=clock)
    assert picture(colour=(1, 2, 3)) not in _database().read_bytes()
    with closing(sqlite3.connect(_database())) as db:
        assert db.execute("SELECT COUNT(*) FROM regions").fetchone() == (0,)
        assert db.execute("SELECT COUNT(*) FROM calls").fetchone() == (0,)


def test_a_region_whose_crop_is_gone_is_found_again_where_the_crop_is_wanted():
    provider = FakeProvider(
        info=PRICED, crop_url="https://x.example/c", crop_expires_at=START + timedelta(hours=2)
    )
    clock = FakeClock()
    _parse(_client(provider, clock=clock))
    clock.advance(3 * HOUR_S)
    _parse(_client(provider, clock=clock))  # the box is all that is wanted
    assert len(provider.calls) == 1
    provider.crop_expires_at = START + timedelta(hours=9)
    found = _parse(_client(provider, clock=clock), reach=("crop",))
    assert len(provider.calls) == 2
    assert found.regions["top"].crop.expires_at == provider.crop_expires_at


def test_only_what_is_missing_is_asked_for():
    asked = []

    class Noting(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            asked.append(request.categories)
            return [self._region(category) for category in request.categories]

    client = _client(Noting(info=PRICED))
    _parse(client, categories=["top"])
    found = _parse(client, categories=["bottom", "top"])
    assert asked == [("top",), ("bottom",)]
    assert [*found.regions] == ["bottom", "top"]


def test_another_photo_account_or_address_has_a_parsing_of_its_own():
    address = attrs.evolve(KEY, name="base_url", secret=False, required=False, env=())
    info = fake_info(parse_price=PRICE, settings=[KEY, address])
    provider = FakeProvider(info=info)
    ours = {"api_key": "sk-first-key", "base_url": "https://a.example"}
    for settings, photo in (
        (ours, picture()),
        (ours, picture()),
        (ours, picture((70, 90))),
        ({**ours, "api_key": "sk-other-key"}, picture()),
        ({**ours, "base_url": "https://b.example"}, picture()),
    ):
        _parse(_client(provider, **settings), photo)
    assert len(provider.calls) == 4


def test_a_photo_counts_by_its_content_and_one_on_the_web_by_its_address(tmp_path):
    provider = FakeProvider(info=PRICED)
    client = _client(provider)
    path = tmp_path / "anna.png"
    path.write_bytes(picture())
    for photo in (picture(), path, str(path)):
        _parse(client, photo)
    assert len(provider.calls) == 1
    for name in ("a", "b", "a"):
        _parse(client, UrlSource(f"https://shop.example/{name}.png"))
    assert len(provider.calls) == 3


def test_a_photo_that_is_made_to_fit_counts_as_it_was_given():
    provider = FakeProvider(info=PRICED, box=(0, 0, 16, 16))
    client = _client(provider)
    large = picture((512, 512))
    first = _parse(client, large, fit=True).regions["top"]
    again = _parse(client, large).regions["top"]
    assert provider.calls == ["parse_garment"]
    assert first.bbox == again.bbox == (0, 0, 32, 32)


def test_who_parses_always_asks_and_keeps_what_is_found_for_others():
    provider = FakeProvider(info=PRICED, worn=("top", "bottom"))
    client = _client(provider)
    client.parse_garment(picture(), ["bottom"])
    client.parse_garment(picture(), ["bottom"])
    assert len(provider.calls) == 2
    client.try_on(picture(), top=picture(), keep="bottom")
    assert provider.calls.count("parse_garment") == 2


def test_a_paid_answer_of_no_use_is_not_paid_again_by_itself():
    class Garbled(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            raise errors.UnexpectedResponse("what is this?", billed="yes")

    provider = Garbled(info=PRICED)
    for _ in range(3):
        with pytest.raises((errors.UnexpectedResponse, errors.OutcomeUnknown)) as caught:
            _parse(_client(provider), payer="w")
        assert [one.billed for one in caught.value.parsings] == ["yes"]
    assert len(provider.calls) == 1


def test_what_a_failed_call_found_is_kept_and_the_rest_is_not_paid_again():
    class Half(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            error = errors.UnexpectedResponse("half of it.", billed="yes")
            error.regions = {"top": self._region("top")}
            raise error

    provider = Half(info=PRICED)
    with pytest.raises(errors.UnexpectedResponse):
        _parse(_client(provider), categories=["top", "bottom"])
    assert _parse(_client(provider)).regions["top"].bbox == provider.box
    with pytest.raises(errors.OutcomeUnknown):
        _parse(_client(provider), categories=["bottom"])
    assert len(provider.calls) == 1


def test_a_refusal_that_cost_nothing_is_forgotten():
    provider = FakeProvider(info=PRICED)

    class Refusing(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            raise errors.RateLimited("too fast.")

    with pytest.raises(errors.RateLimited):
        _parse(_client(Refusing(info=PRICED)))
    _parse(_client(provider))
    assert provider.calls == ["parse_garment"]


def test_a_process_that_died_while_it_parsed_may_have_paid():
    provider = FakeProvider(info=PRICED)

    class Dying(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _parse(_client(Dying(info=PRICED)), payer="w")
    with pytest.raises(errors.OutcomeUnknown, match="2026-01-02 03:04 UTC") as caught:
        _parse(_client(provider), payer="w")
    assert [one.billed for one in caught.value.parsings] == ["unknown"]
    assert provider.calls == []


def test_only_the_user_can_read_it():
    _parse(_client(FakeProvider(info=PRICED)))
    folder = _database().parent
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(found.values()) == {0o600}


def test_no_key_is_in_it():
    info = fake_info(parse_price=PRICE, settings=[KEY])
    provider = FakeProvider(info=info, crop_url="https://x.example/c?key=sk-canary-1234")
    client = _client(provider, api_key="sk-canary-1234")
    _parse(client)
    assert b"sk-canary-1234" not in _database().read_bytes()
    assert _parse(client).regions["top"].crop.source == UrlSource(provider.crop_url)


@pytest.mark.parametrize("fault", ["no folder", "full"])
def test_where_it_cannot_be_written_this_process_remembers_it(monkeypatch, caplog, fault):
    if fault == "no folder":
        data_folder().parent.mkdir(parents=True)
        data_folder().write_text("a file where the folder would be")
    else:
        # SQLite says so when the disk is full.
        connect = sqlite3.connect

        def full(place, **how):
            db = connect(place, **how)
            db.executescript("PRAGMA max_page_count = 1") if place != ":memory:" else None
            return db

        monkeypatch.setattr(sqlite3, "connect", full)
    provider = FakeProvider(info=PRICED)
    client = _client(provider)
    for _ in range(3):
        assert _parse(client, payer="w").paid
    assert provider.calls == ["parse_garment"]
    assert caplog.text.count("cannot be kept on disk") == 1
    client.try_on(picture(), bottom=picture(), keep="top")
    assert provider.calls == ["parse_garment", "submit", "poll"]


def test_a_damaged_store_stops_nothing(caplog):
    _parse(_client(FakeProvider(info=PRICED)))
    _database().write_bytes(b"no database at all" * 999)
    provider = FakeProvider(info=PRICED)
    _parse(_client(provider))
    assert provider.calls == ["parse_garment"]
    assert "cannot be kept on disk" in caplog.text


_CHILD = """
import sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, sys.argv[1])
from providers import fake_info, FakeProvider, picture
from tryon_core import BytesSource, Client, ParseRequest, SettingSpec, hookimpl
from tryon_core.engine import parse
from tryon_core.transport import TransportPolicy

class Remote(FakeProvider):
    @hookimpl
    def parse_garment(self, request, ctx):
        ctx.http.post("parse", json={})
        return [self._region(category) for category in request.categories]

base = SettingSpec(name="base_url")
info = fake_info(parse_price=fake_info().capabilities.price, settings=[base])
client = Client(Remote(info=info), base_url=sys.argv[2])
sys.stdin.readline()
print("asks", flush=True)
photos = [picture((64, 65 + number)) for number in range(10)] * 2
with ThreadPoolExecutor(8) as pool:
    requests = [ParseRequest(image=photo, categories="top") for photo in photos]
    list(pool.map(lambda request: parse(client.session, request, fit=False), requests))
print("done")
"""


def test_threads_and_processes_that_ask_at_once_pay_one_parsing_for_each_photo():
    support = str(Path(__file__).parent / "support")
    ok, all_ask = json_answer({}), threading.Event()

    def when_all_ask(link):
        assert all_ask.wait(60)
        return ok(link)

    with ScriptedServer(*[when_all_ask] * 40) as server:
        children = [
            subprocess.Popen(
                [sys.executable, "-c", _CHILD, support, server.url("")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=dict(os.environ),
            )
            for _ in range(2)
        ]
        for child in children:
            child.stdin.write("\n")
            child.stdin.flush()
        assert [child.stdout.readline() for child in children] == ["asks\n"] * 2
        all_ask.set()
        assert [child.communicate(timeout=60)[0] for child in children] == ["done\n"] * 2
        assert len(server.requests) == 10
