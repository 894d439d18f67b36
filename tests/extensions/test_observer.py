import inspect
import logging

import pytest

from providers import FakeProvider
from tryon_core import errors
from tryon_core.client import Client
from tryon_core.extensions import observer
from tryon_core.hookspecs import hookimpl
from tryon_core.models import Job, JobState
from tryon_testing.clocks import START, FakeClock

JOB = Job(provider="fake", id="t-1", submitted_at=START)


def _watching(generator_function):
    """Return an extension whose poll() is watched by a generator function of one argument."""

    class Extension:
        @hookimpl(wrapper=True)
        @observer
        def poll(self, job, ctx):
            return generator_function(job)

    return Extension()


def _poll(extension, provider=None):
    return Client(provider or FakeProvider(), extensions=[extension], clock=FakeClock()).poll(JOB)


def test_an_observer_sees_the_call_and_its_outcome():
    seen = []

    def watch(job):
        seen.append(job)
        seen.append((yield))

    update = _poll(_watching(watch))
    assert seen == [JOB, update]


def test_an_observer_sees_a_failure_which_stays_as_it_is():
    seen = []
    fault = errors.AuthenticationFailed("no.")

    def watch(_):
        try:
            yield
        except errors.TryOnError as error:
            seen.append(error)
            raise

    with pytest.raises(errors.AuthenticationFailed) as caught:
        _poll(_watching(watch), FakeProvider(on_poll=fault))
    assert caught.value is fault
    assert seen == [fault]


def fails_before(_):
    raise ValueError("mine")
    yield


def fails_after(_):
    yield
    raise ValueError("mine")


def raises_another(_):
    try:
        yield
    except errors.TryOnError as error:
        raise ValueError("mine") from error


def is_no_generator(_):
    raise ValueError("mine")


def returns_nothing(_):
    return None


LOUD = [fails_before, is_no_generator, returns_nothing]


@pytest.mark.parametrize("watch", [*LOUD, fails_after], ids=lambda watch: watch.__name__)
def test_a_faulty_observer_is_logged_and_the_call_goes_on(watch, caplog):
    assert _poll(_watching(watch)).state is JobState.SUCCEEDED
    (record,) = caplog.records
    assert record.name == "tryon.extensions"
    assert "Extension.poll failed; the call goes on." in record.getMessage()
    assert record.exc_info[1] is not None


@pytest.mark.parametrize("watch", [*LOUD, raises_another], ids=lambda watch: watch.__name__)
def test_a_faulty_observer_does_not_hide_the_failure_of_the_call(watch, caplog):
    fault = errors.AuthenticationFailed("no.")
    with pytest.raises(errors.AuthenticationFailed) as caught:
        _poll(_watching(watch), FakeProvider(on_poll=fault))
    assert caught.value is fault
    assert fault.__cause__ is None
    assert len(caplog.records) == 1


def replaces(_):
    yield
    return "another result"


def returns_early(_):
    return "early"
    yield


def yields_twice(_):
    yield
    yield


def swallows(_):
    try:
        yield
    except errors.TryOnError:
        return "all is well"


@pytest.mark.parametrize(
    "watch", [replaces, returns_early, yields_twice, swallows], ids=lambda watch: watch.__name__
)
def test_an_observer_cannot_change_the_outcome(watch, caplog):
    assert _poll(_watching(watch)).state is JobState.SUCCEEDED
    fault = errors.AuthenticationFailed("no.")
    with pytest.raises(errors.AuthenticationFailed) as caught:
        _poll(_watching(watch), FakeProvider(on_poll=fault))
    assert caught.value is fault
    assert caplog.records == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes_through_an_observer(kind):
    seen = []

    def watch(_):
        try:
            yield
        except BaseException as error:
            seen.append(error)
            raise

    fault = kind()
    with pytest.raises(kind) as caught:
        _poll(_watching(watch), FakeProvider(on_poll=fault))
    assert caught.value is fault
    assert seen == [fault]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_inside_an_observer_is_not_swallowed(moment):
    def watch(_):
        if moment == "before":
            raise KeyboardInterrupt
        yield
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _poll(_watching(watch))


def test_pluggy_sees_the_arguments_of_the_hook():
    assert list(inspect.signature(type(_watching(replaces)).poll).parameters) == [
        "self",
        "job",
        "ctx",
    ]


def test_an_observer_with_wrong_arguments_is_refused_like_any_hook():
    class Odd:
        @hookimpl(wrapper=True)
        @observer
        def poll(self, task):
            yield

    with pytest.raises(errors.BrokenPlugin, match="task"):
        Client(FakeProvider(), extensions=[Odd()])


def test_a_fault_is_logged_with_its_traceback(caplog):
    with caplog.at_level(logging.ERROR, logger="tryon.extensions"):
        _poll(_watching(fails_after))
    assert "in fails_after" in caplog.text
