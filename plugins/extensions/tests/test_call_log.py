import logging

import pytest

from providers import KEY, FakeProvider, fake_info, picture
from tryon_core import errors
from tryon_core.client import Client
from tryon_core.hookspecs import hookimpl
from tryon_core.models import Job
from tryon_extensions import CallLog
from tryon_testing.clocks import START, FakeClock

SECRET = "sk-live-f00dfeed"
JOB = Job(provider="fake", id="job-1", submitted_at=START, data={"signature": SECRET})


@pytest.fixture
def lines(caplog):
    """What was logged so far, with level, and without the seconds."""
    caplog.set_level(logging.INFO, logger="tryon.calls")

    def read():
        return [
            (record.levelname, record.getMessage().rpartition(" in ")[0])
            for record in caplog.records
            if record.name == "tryon.calls"
        ]

    return read


def _client(provider=None, extension=None, **settings):
    return Client(
        provider or FakeProvider(),
        extensions=[extension or CallLog()],
        clock=FakeClock(),
        **settings,
    )


def test_every_call_gives_one_line(lines):
    client = _client(FakeProvider(polls=1))
    client.try_on(picture(), top=picture(), bottom=picture())
    client.parse_garment(picture(), ["top", "bottom"])
    assert lines() == [
        ("INFO", "fake submit top + bottom: job job-1"),
        ("INFO", "fake poll job-1: BUSY 1"),
        ("INFO", "fake poll job-1: DONE"),
        ("INFO", "fake parse top, bottom: (1, 2, 30, 40), none"),
    ]


def test_a_call_that_fails_is_a_warning_and_fails_as_it_did(lines):
    fault = errors.VendorUnavailable("503.")
    with pytest.raises(errors.VendorUnavailable) as caught:
        _client(FakeProvider(on_poll=fault)).poll(JOB)
    assert caught.value is fault
    assert lines() == [("WARNING", "fake poll job-1: failed with VendorUnavailable")]


def test_a_refused_submission_is_a_warning(lines):
    with pytest.raises(errors.InputRefused):
        _client(FakeProvider(on_submit=errors.InputRefused("no."))).submit(picture(), top=picture())
    assert lines() == [("WARNING", "fake submit top: failed with InputRefused")]


def test_an_answer_of_a_wrong_type_is_reported_as_the_bug_it_is(lines):
    class Odd(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            return "running"

    with pytest.raises(errors.ProviderBug, match="returned str instead of JobUpdate"):
        _client(Odd()).poll(JOB)
    assert lines() == [("WARNING", "fake poll job-1: failed with AttributeError")]


def test_no_key_picture_or_address_is_logged(lines, caplog):
    caplog.set_level(logging.DEBUG)
    provider = FakeProvider(info=fake_info(settings=[KEY]))
    client = _client(provider, api_key=SECRET)
    client.try_on(picture(), top=picture())
    client.poll(JOB)
    assert lines()
    assert SECRET not in caplog.text
    assert "PNG" not in caplog.text


def test_the_log_goes_where_one_wants_it(caplog):
    caplog.set_level(logging.INFO)
    _client(extension=CallLog(logger="shop.calls")).poll(JOB)
    assert [record.name for record in caplog.records] == ["shop.calls"]


def test_the_time_taken_stands_in_the_line(caplog):
    caplog.set_level(logging.INFO, logger="tryon.calls")
    _client().poll(JOB)
    seconds = caplog.records[0].getMessage().rpartition(" in ")[2]
    assert 0 <= float(seconds.removesuffix(" s")) < 60
