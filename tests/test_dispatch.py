import inspect
import logging
import traceback
from collections.abc import Generator
from decimal import Decimal

import attrs
import pytest

from providers import FakeOptions, FakeProvider, fake_info, picture
from sample_plugins import (
    AnyArguments,
    ExtraArgument,
    KeywordOnly,
    KeywordWithDefault,
    Misspelt,
    RenamedArgument,
    Unmarked,
    WithoutSubmit,
)
from tryon_core import errors
from tryon_core.answers import contradictions
from tryon_core.context import CallContext
from tryon_core.dispatch import BoundProvider
from tryon_core.hookspecs import (
    OPTIONAL_HOOKS,
    REQUIRED_HOOKS,
    OptionalHooks,
    RequiredHooks,
    hookimpl,
)
from tryon_core.http import HttpResponse, NoHttp
from tryon_core.masking import masked, revealed_result
from tryon_core.models import (
    Artifact,
    Attempt,
    BytesSource,
    Failure,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    ParseRequest,
    Price,
    Problem,
    Secret,
    SettingSpec,
    TryOnRequest,
    UrlSource,
)
from tryon_core.registry import LoadedProvider
from tryon_core.results import ResultImage, TryOnResult
from tryon_core.settings import ProviderSettings
from tryon_testing.clocks import START, FakeClock
from tryon_testing.monitors import leaked, unpacked

OPEN = ("unknown", "never_automatically")
KEY = "sk-live-f00dfeed"
LABEL = "tryon-fake 1.2"
REQUEST = TryOnRequest(person=picture(), top=picture(), options=FakeOptions())
PARSING = ParseRequest(image=picture(), categories=["top", "bottom"])
JOB = Job(provider="fake", id="t-1", submitted_at=START)
RESULT = TryOnResult(job=JOB, images=(ResultImage(data=picture(), format="PNG"),))
ATTEMPT = Attempt(provider="fake", key="k", sent_at=START)
INFO = fake_info(settings=[SettingSpec(name="api_key", secret=True)])


def _ctx(http=None):
    return CallContext(
        info=INFO,
        http=http or NoHttp(),
        settings=ProviderSettings("fake", {"api_key": Secret(KEY)}),
        clock=FakeClock(),
        logger=logging.getLogger("tryon.fake"),
    )


def _bound(provider=None, *extensions):
    provider = provider or FakeProvider(info=INFO)
    return BoundProvider(LoadedProvider(provider=provider, label=LABEL), extensions)


def _broken(provider, *extensions) -> errors.BrokenPlugin:
    with pytest.raises(errors.BrokenPlugin) as caught:
        _bound(provider, *extensions)
    assert caught.value.provider == "fake"
    assert caught.value.remedy
    return caught.value


CALLS = {
    "validate_inputs": lambda bound, http=None: bound.validate_inputs(REQUEST, _ctx(http)),
    "submit": lambda bound, http=None: bound.submit(REQUEST, _ctx(http)),
    "poll": lambda bound, http=None: bound.poll(JOB, _ctx(http)),
    "parse_garment": lambda bound, http=None: bound.parse_garment(PARSING, _ctx(http)),
    "cancel": lambda bound, http=None: bound.cancel(JOB, _ctx(http)),
    "read_balance": lambda bound, http=None: bound.read_balance(_ctx(http)),
    "publish_image": lambda bound, http=None: bound.publish_image(BytesSource(b"x"), _ctx(http)),
    "find_submission": lambda bound, http=None: bound.find_submission(ATTEMPT, _ctx(http)),
    "check_result": lambda bound, http=None: bound.check_result(RESULT, _ctx(http)),
}


def _raised(hook, bound, kind=errors.TryOnError, http=None):
    with pytest.raises(kind) as caught:
        CALLS[hook](bound, http)
    return caught.value


@pytest.mark.parametrize("hook", [*REQUIRED_HOOKS, *OPTIONAL_HOOKS])
def test_the_facade_says_what_the_specification_says(hook):
    spec = getattr(RequiredHooks if hook in REQUIRED_HOOKS else OptionalHooks, hook)
    specified, offered = inspect.signature(spec), inspect.signature(getattr(BoundProvider, hook))
    assert offered.parameters == specified.parameters
    promised = {
        "validate_inputs": tuple[Problem, ...],
        "check_result": tuple[Problem, ...] | None,
        "parse_garment": offered.return_annotation,  # a tuple of the specified Sequence's entries
    }
    assert offered.return_annotation == promised.get(hook, specified.return_annotation)


def test_every_specified_hook_is_in_the_facade():
    specified = {
        name
        for spec in (RequiredHooks, OptionalHooks)
        for name, member in vars(spec).items()
        if hasattr(member, "tryon_spec")
    }
    assert specified == {*REQUIRED_HOOKS, *OPTIONAL_HOOKS} == set(CALLS)


def test_a_sound_provider_is_asked_for_everything():
    provider = FakeProvider(info=INFO)
    bound = _bound(provider)
    assert bound.info is INFO
    assert bound.validate_inputs(REQUEST, _ctx()) == ()
    assert bound.submit(REQUEST, _ctx()).id == "job-1"
    assert bound.poll(JOB, _ctx()).state is JobState.SUCCEEDED
    regions = bound.parse_garment(PARSING, _ctx())
    assert [region and region.category for region in regions] == ["top", None]
    assert provider.calls == ["submit", "poll", "parse_garment"]


def test_providers_are_called_for_themselves_only():
    first, second = FakeProvider(info=INFO), FakeProvider(info=INFO)
    bound_first, bound_second = _bound(first), _bound(second)
    bound_first.poll(JOB, _ctx())
    bound_second.submit(REQUEST, _ctx())
    assert (first.calls, second.calls) == (["poll"], ["submit"])


@pytest.mark.parametrize(
    ("plugin", "fault"),
    [
        (WithoutSubmit(INFO), "the required hook submit() is missing"),
        (Unmarked(info=INFO), "the required hook submit() is not marked with @hookimpl"),
        (Misspelt(info=INFO), "sumbit"),
        (ExtraArgument(info=INFO), "session"),
        (RenamedArgument(info=INFO), "task"),
        (KeywordOnly(info=INFO), "poll() takes 'job: Any' other than by position"),
        (KeywordWithDefault(info=INFO), "poll() takes 'ctx: Any = None' other than by position"),
        (AnyArguments(info=INFO), "poll() takes '*args: Any' other than by position"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_provider_that_does_not_fit_is_refused_before_any_call(plugin, fault):
    error = _broken(plugin)
    assert fault in error.message
    assert LABEL in error.message


def test_a_hook_may_take_fewer_arguments_or_give_them_defaults():
    class Brief(FakeProvider):
        @hookimpl
        def poll(self, job, ctx=None):
            return JobUpdate(state=JobState.RUNNING, vendor_status=ctx.provider)

        @hookimpl
        def parse_garment(self):
            return [None, None]

    bound = _bound(Brief(info=INFO))
    assert bound.poll(JOB, _ctx()).vendor_status == "fake"
    assert bound.parse_garment(PARSING, _ctx()) == (None, None)


class Cache:
    """A plain implementation beside the provider's own."""

    @hookimpl(tryfirst=True)
    def submit(self, request, ctx):
        return ctx.new_job("from the cache")


def test_an_extension_cannot_stand_in_for_a_missing_hook():
    assert "submit() is missing" in _broken(WithoutSubmit(INFO), Cache()).message


def test_an_extension_may_answer_before_the_provider():
    provider = FakeProvider(info=INFO)
    assert _bound(provider, Cache()).submit(REQUEST, _ctx()).id == "from the cache"
    assert provider.calls == []


def test_a_provider_that_cannot_be_hashed_works():
    @attrs.define
    class Unhashable(WithoutSubmit):
        info: object

        @hookimpl
        def submit(self, request, ctx):
            return ctx.new_job("1")

    provider = Unhashable(INFO)
    with pytest.raises(TypeError):
        hash(provider)
    assert _bound(provider, Watcher()).submit(REQUEST, _ctx()).id == "1"


@attrs.define
class Watcher:
    """Sees every call."""

    seen: list = attrs.field(factory=list)

    @hookimpl(wrapper=True)
    def submit(self, request, ctx) -> Generator[None, Job, Job]:
        self.seen.append(("submit", ctx.provider, request))
        return (yield)

    @hookimpl(wrapper=True)
    def poll(self, job, ctx):
        self.seen.append(("poll", ctx.provider, job))
        return (yield)

    @hookimpl(wrapper=True)
    def cancel(self, job, ctx):
        self.seen.append(("cancel", ctx.provider, job))
        return (yield)


def test_a_wrapper_sees_every_call_even_those_that_fail():
    watcher = Watcher()
    bound = _bound(None, watcher)
    for hook in ("submit", "poll", "poll"):
        CALLS[hook](bound)
    _raised("cancel", bound, errors.CancelRefused)
    assert watcher.seen == [
        ("submit", "fake", REQUEST),
        ("poll", "fake", JOB),
        ("poll", "fake", JOB),
        ("cancel", "fake", JOB),
    ]


def test_a_wrapper_vetoes_by_raising_first():
    class Budget:
        @hookimpl(wrapper=True)
        def submit(self, request, ctx):
            raise errors.AccessDenied("over budget.")
            yield

    provider = FakeProvider(info=INFO)
    error = _raised("submit", _bound(provider, Budget()), errors.AccessDenied)
    assert (error.provider, error.billed) == ("fake", "no")
    assert provider.calls == []


@pytest.mark.parametrize("others", [lambda one: one, lambda _: Watcher()], ids=["same", "equal"])
def test_an_extension_given_twice_is_named(others):
    one = Watcher()
    error = _broken(None, one, others(one))
    assert "extension Watcher is given twice, or equals another plugin" in error.message


def test_two_extensions_of_one_class_work_side_by_side():
    @attrs.define(eq=False)
    class Counter:
        count: int = 0

        @hookimpl(wrapper=True)
        def poll(self, job, ctx):
            self.count += 1
            return (yield)

    first, second = Counter(), Counter()
    _bound(None, first, second).poll(JOB, _ctx())
    assert (first.count, second.count) == (1, 1)


def test_an_extension_given_as_a_class_is_named():
    error = _broken(None, Watcher)
    assert error.message == "extension type is a class."


def test_an_extension_that_does_not_fit_is_named_and_not_the_provider():
    class Odd:
        @hookimpl(wrapper=True)
        def submit(self, order, ctx):
            yield

    error = _broken(None, Odd())
    assert "Odd does not fit the hooks" in error.message
    assert LABEL not in error.message


def _with(hook, body):
    """Return a provider whose one hook does something else; hooks may take fewer arguments."""
    namespace = {hook: hookimpl(body)}
    return type("Other", (FakeProvider,), namespace)(info=INFO)


def _answering(hook, answer):
    return _with(hook, lambda _: answer)


@pytest.mark.parametrize(
    ("hook", "answer", "fault"),
    [
        ("submit", None, "submit() returned NoneType instead of Job"),
        ("submit", "t-1", "submit() returned str instead of Job"),
        ("poll", None, "poll() returned NoneType instead of JobUpdate"),
        ("poll", JobState.RUNNING, "poll() returned JobState instead of JobUpdate"),
        ("cancel", True, "cancel() returned bool instead of JobUpdate"),
        ("publish_image", "https://x", "publish_image() returned str instead of UrlSource"),
        ("validate_inputs", "no", "returned str instead of a list of Problem"),
        ("validate_inputs", ["top is bad"], "returned list instead of a list of Problem"),
        ("parse_garment", None, "instead of 2 of GarmentRegion or None"),
        ("parse_garment", [None], "returned list instead of 2 of"),
        ("parse_garment", ["a", "b"], "returned list instead of 2 of"),
        ("parse_garment", "ab", "returned str instead of 2 of"),
    ],
)
def test_an_answer_of_a_wrong_type_is_a_bug_of_the_plugin(hook, answer, fault):
    error = _raised(hook, _bound(_answering(hook, answer)), errors.ProviderBug)
    assert fault in error.message
    assert error.message.startswith(LABEL)
    assert (error.provider, error.hook, error.version) == ("fake", hook, LABEL)


@pytest.mark.parametrize("hook", ["submit", "poll", "cancel"])
@pytest.mark.parametrize("fault", ["answer", "exception"])
def test_a_bug_beside_a_paid_request_leaves_open_whether_it_was_billed(hook, fault):
    def fail(_):
        raise ZeroDivisionError

    plugin = _answering(hook, 5) if fault == "answer" else _with(hook, fail)
    error = _raised(hook, _bound(plugin), errors.ProviderBug, http=Counting(may_have_sent=True))
    assert (error.billed, error.retry) == ("unknown", "never_automatically")
    assert error.job is (None if hook == "submit" else JOB)


class Counting(NoHttp):
    """A network that says whether a paid request may have left."""

    def __init__(self, may_have_sent):
        self.may_have_sent = may_have_sent


@pytest.mark.parametrize(("has_sent", "billed"), [(False, "no"), (True, "unknown")])
def test_a_second_request_that_does_not_leave_says_nothing_of_the_first(has_sent, billed):
    plugin = _with("submit", lambda _: _fail(errors.NotSent("no route.")))
    error = _raised("submit", _bound(plugin), errors.NotSent, http=Counting(has_sent))
    assert error.billed == billed
    assert errors.may_repeat(error) is not has_sent


@pytest.mark.parametrize("hook", ["submit", "parse_garment"])
def test_an_exception_before_anything_left_costs_nothing(hook):
    def fail(_):
        "b\udcff.png".encode()

    error = _raised(hook, _bound(_with(hook, fail)), errors.ProviderBug, http=Counting(False))
    assert (error.billed, error.job) == ("no", None)
    assert not error.remedy.startswith(errors.OutcomeUnknown.remedy)


@pytest.mark.parametrize(
    ("http", "fault", "billed"),
    [
        (Counting(False), FileNotFoundError(2, "none", "a.png"), "no"),
        (Counting(False), ConnectionResetError(104, "of a network of its own"), "unknown"),
        (object(), ZeroDivisionError(), "unknown"),
    ],
    ids=["file", "foreign network", "network that does not count"],
)
def test_what_may_have_left_by_another_way_stays_open(http, fault, billed):
    plugin = _with("submit", lambda _: _fail(fault))
    error = _raised("submit", _bound(plugin), errors.ProviderBug, http=http)
    assert error.billed == billed


@pytest.mark.parametrize("hook", ["validate_inputs", "publish_image"])
def test_a_bug_before_anything_was_sent_costs_nothing(hook):
    assert _raised(hook, _bound(_answering(hook, 5)), errors.ProviderBug).billed == "no"


def test_a_bug_is_named_with_its_plugin_hook_version_and_cause():
    def fail(_):
        return {}["status"]

    error = _raised("poll", _bound(_with("poll", fail)), errors.ProviderBug)
    assert error.message == f"{LABEL} raised KeyError in poll(): 'status'."
    assert (error.hook, error.version, error.provider) == ("poll", LABEL, "fake")
    assert type(error.__cause__) is KeyError
    assert LABEL in error.remedy


class Faulty:
    """An extension with a bug."""

    def __init__(self, moment):
        self.moment = moment

    @hookimpl(wrapper=True)
    def poll(self, job, ctx):
        if self.moment == "before":
            raise KeyError("mine")
        update = yield
        if self.moment == "after":
            raise KeyError("mine")
        return update


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "plugin", [FakeProvider(info=INFO), _answering("cancel", None)], ids=["far", "near"]
)
def test_a_bug_of_an_extension_is_blamed_on_it_wherever_it_is_written(moment, plugin):
    # The second provider is of the extension's own module.
    error = _raised("poll", _bound(plugin, Faulty(moment)), errors.ProviderBug)
    assert error.version == "extension Faulty"
    assert "Faulty raised KeyError" in error.message


def test_a_bug_of_the_provider_is_not_blamed_on_the_wrapper_around_it():
    def fail(_):
        raise KeyError("mine")

    error = _raised("poll", _bound(_with("poll", fail), Watcher(), Faulty("never")))
    assert error.version == LABEL


def test_a_bug_of_the_core_is_not_blamed_on_the_plugin(monkeypatch):
    def fail(*_):
        raise KeyError("mine")

    monkeypatch.setattr("tryon_core.defaults.check_declared", fail)
    assert _raised("validate_inputs", _bound(), errors.ProviderBug).version == "tryon-core"


@pytest.mark.parametrize("hook", ["submit", "poll", "cancel"])
def test_a_key_that_the_vendor_quotes_is_masked(hook):
    def refuse(_):
        raise errors.AuthenticationFailed(f"the key {KEY} is unknown.")

    error = _raised(hook, _bound(_with(hook, refuse)))
    assert str(error).startswith("the key ******** is unknown.")
    assert KEY not in repr(error)


def test_a_key_that_the_vendor_quotes_in_a_failure_is_masked():
    failure = Failure(code="bad_key", message=f"the key {KEY} has no rights.")
    answer = JobUpdate(state=JobState.FAILED, failure=failure)
    update = _bound(_answering("poll", answer)).poll(JOB, _ctx())
    assert update.failure == attrs.evolve(failure, message="the key ******** has no rights.")


@pytest.mark.parametrize("hook", [hook for hook in CALLS if hook != "check_result"])
def test_a_key_is_masked_in_every_field_of_an_error_and_of_its_cause(hook):
    failure = Failure(code=KEY, message=KEY, remedy=KEY)

    def refuse(_):
        job = attrs.evolve(JOB, id=f"t-{KEY}", request_id=KEY, data={"at": f"/jobs/{KEY}"})
        raise errors.JobFailed(
            KEY, job=job, request_id=KEY, vendor_code=KEY, remedy=KEY, failure=failure
        ) from ValueError(KEY)

    error = _raised(hook, _bound(_with(hook, refuse)), errors.JobFailed)
    assert error.job.to_token()
    shown = "".join(traceback.format_exception(error))
    assert not leaked(f"{shown} {vars(error)} {unpacked(error.job.to_token())}", [KEY])


def test_a_bug_while_polling_carries_the_job_without_the_key():
    given = attrs.evolve(JOB, id=f"t-{KEY}", account="a")

    def fail(_, job):
        raise RuntimeError(f"no {job.id}")

    bound = _bound(_with("poll", fail))
    hidden = masked(given, [KEY])
    with pytest.raises(errors.ProviderBug) as caught:
        bound.poll(hidden, _ctx())
    assert caught.value.job == hidden
    shown = "".join(traceback.format_exception(caught.value))
    assert not leaked(f"{shown} {vars(caught.value)}", [KEY])


def test_a_key_is_masked_in_every_field_of_an_update():
    notice = Notice(KEY, KEY)
    image = Artifact(source=UrlSource(f"https://vendor.test/{KEY}/a.png?key={KEY}"))
    answer = JobUpdate(
        state=JobState.SUCCEEDED,
        vendor_status=KEY,
        request_id=KEY,
        failure=Failure(code=KEY, message=KEY, remedy=KEY),
        result=JobResult(images=[image], notices=[notice], usage={KEY: KEY}),
    )
    update = _bound(_answering("poll", answer)).poll(JOB, _ctx())
    assert not leaked(f"{update} {update.result.images[0].source.url}", [KEY])
    assert revealed_result(update.result, [KEY]).images == (image,)
    assert revealed_result(update.result, ["another-key"]).images != (image,)


def test_a_job_whose_id_holds_the_key_hides_it_and_can_be_asked_for():
    asked = []

    def poll(_, job):
        asked.append(job)
        return JobUpdate(state=JobState.RUNNING)

    given = attrs.evolve(JOB, id=f"t-{KEY}", data={"at": f"/jobs/{KEY}"})
    plugin = type(
        "Echo",
        (FakeProvider,),
        {"submit": hookimpl(lambda _: given), "poll": hookimpl(poll)},
    )(info=INFO)
    bound = _bound(plugin)
    job = bound.submit(REQUEST, _ctx())
    token = job.to_token()
    assert not leaked(f"{job.id} {job.data} {unpacked(token)}", [KEY])
    bound.poll(Job.from_token(token), _ctx())
    assert (asked[0].id, asked[0].data) == (given.id, given.data)


def test_a_job_whose_id_cannot_be_sent_back_is_an_error_that_shows_it():
    given = attrs.evolve(JOB, id="t-\ud800", request_id="r-1")
    error = _raised("submit", _bound(_answering("submit", given)), errors.UnexpectedResponse)
    assert r"t-\ud800" in error.message
    assert (error.billed, error.retry) == ("unknown", "never_automatically")
    assert error.request_id == "r-1"


def test_an_id_that_is_only_a_name_does_not_cost_the_result():
    result = JobResult(images=[Artifact(source=BytesSource(b"x"))])
    given = attrs.evolve(JOB, id="t-\ud800", result=result)
    job = _bound(_answering("submit", given)).submit(REQUEST, _ctx())
    assert job.id == r"t-\ud800"
    assert job.result == result


def test_a_key_in_the_words_of_a_bug_is_masked():
    def fail(_, ctx):
        raise RuntimeError(f"401 for {ctx.settings.text('api_key')}")

    error = _raised("poll", _bound(_with("poll", fail)))
    assert KEY not in str(error)
    assert "401 for ********" in error.message


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("hook", ["submit", "poll"])
def test_what_ends_the_program_passes_untouched(hook, kind):
    fault = kind()

    def fail(_):
        raise fault

    assert _raised(hook, _bound(_with(hook, fail), Watcher()), kind) is fault


def test_an_error_of_ours_passes_with_provider_and_job_filled_in():
    fault = errors.AuthenticationFailed("no.")
    error = _raised("poll", _bound(FakeProvider(info=INFO, on_poll=fault)))
    assert error is fault
    assert (error.provider, error.job) == ("fake", JOB)
    assert error.__cause__ is None


def test_what_the_plugin_says_about_provider_and_job_is_kept():
    other = attrs.evolve(JOB, id="t-2")
    fault = errors.CancelRefused("no.", provider="theirs", job=other, billed="no")
    error = _raised("poll", _bound(FakeProvider(info=INFO, on_poll=fault)))
    assert (error.provider, error.job, error.billed) == ("theirs", other, "no")


def test_an_unanswered_question_does_not_say_that_the_job_was_free():
    fault = errors.VendorUnavailable("503.")
    assert _raised("poll", _bound(FakeProvider(info=INFO, on_poll=fault))).billed == "unknown"


@pytest.mark.parametrize("hook", ["submit", "parse_garment"])
@pytest.mark.parametrize(
    ("answers", "billed", "retry"),
    [
        ({}, "unknown", "never_automatically"),
        ({"http_status": 503}, "unknown", "never_automatically"),
        ({"http_status": 503, "vendor_code": "Busy"}, "unknown", "never_automatically"),
        ({"http_status": 503, "billed": "no"}, "no", "later"),
        ({"http_status": 404}, "no", "later"),
        ({"http_status": 500, "billed": "unknown", "retry": "later"}, *OPEN),
    ],
)
def test_an_outage_costs_nothing_only_where_somebody_says_so(hook, answers, billed, retry):
    fault = errors.VendorUnavailable("away.", **answers)
    error = _raised(hook, _bound(_with(hook, lambda _: _fail(fault))))
    assert (error.billed, error.retry) == (billed, retry)
    assert contradictions(error) == ()


@pytest.mark.parametrize("hook", ["read_balance", "publish_image"])
@pytest.mark.parametrize("kind", [errors.VendorUnavailable, errors.OutcomeUnknown])
def test_a_call_that_costs_nothing_is_billed_nothing(hook, kind):
    fault = kind("away.", billed="unknown", retry="never_automatically", remedy="Look first.")
    error = _raised(hook, _bound(_with(hook, lambda _: _fail(fault))))
    assert (error.billed, error.retry) == ("no", "later")
    assert "Look" not in error.remedy


def test_a_free_provider_bills_nothing_whatever_happens():
    price = Price(amount=Decimal(0), currency="USD", as_of=START.date(), source="here")
    free = attrs.evolve(INFO, capabilities=attrs.evolve(INFO.capabilities, price=price))
    fault = errors.UnexpectedResponse("what?", http_status=500)
    error = _raised("submit", _bound(FakeProvider(info=free, on_submit=fault)))
    assert (error.billed, error.retry) == ("no", "later")


def test_a_refused_submission_stays_unbilled():
    fault = errors.InputRefused("no person.")
    error = _raised("submit", _bound(FakeProvider(info=INFO, on_submit=fault)))
    assert (error.billed, error.job) == ("no", None)


@pytest.mark.parametrize(
    ("status", "billed", "retry"),
    [
        (None, "unknown", "never_automatically"),
        (200, "unknown", "never_automatically"),
        (502, "unknown", "never_automatically"),
        (400, "no", "no"),
        (422, "no", "no"),
    ],
)
def test_an_answer_to_a_submission_that_nobody_understands_may_be_billed(status, billed, retry):
    fault = errors.UnexpectedResponse("what?", http_status=status)
    error = _raised("submit", _bound(FakeProvider(info=INFO, on_submit=fault)))
    assert (error.billed, error.retry) == (billed, retry)


def test_an_answer_to_a_submission_that_nobody_understands_sends_to_the_dashboard_first():
    for status, about_plugin in ((200, True), (502, False)):
        fault = errors.UnexpectedResponse("what?", http_status=status)
        error = _raised("submit", _bound(FakeProvider(info=INFO, on_submit=fault)))
        assert error.remedy.startswith(errors.OutcomeUnknown.remedy)
        assert ("plugin" in error.remedy) is about_plugin


@pytest.mark.parametrize(("status", "billed"), [(None, "unknown"), (500, "unknown"), (422, "no")])
def test_a_parsing_that_nobody_understands_may_be_billed_too(status, billed):
    def fail(_):
        raise errors.UnexpectedResponse("what?", http_status=status)

    assert _raised("parse_garment", _bound(_with("parse_garment", fail))).billed == billed


def test_a_parsing_with_a_bug_may_be_billed_too():
    plugin = _answering("parse_garment", [])
    error = _raised("parse_garment", _bound(plugin), errors.ProviderBug)
    assert error.billed == "unknown"


def test_regions_in_another_order_are_a_bug_of_the_plugin():
    right = FakeProvider(info=INFO, worn=("top", "bottom"))
    regions = _bound(right).parse_garment(PARSING, _ctx())
    wrong = _bound(_answering("parse_garment", regions[::-1]))
    error = _raised("parse_garment", wrong, errors.ProviderBug)
    assert "instead of regions in the order top, bottom" in error.message


def _around(after):
    """Return an extension that does something once a submission was accepted."""

    class Around:
        @hookimpl(wrapper=True)
        def submit(self):
            yield
            return after()

    return Around()


def _fail(error):
    raise error


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (lambda: _fail(ZeroDivisionError()), errors.ProviderBug),
        (lambda: _fail(errors.RateLimited("my own limit.")), errors.RateLimited),
        (lambda: None, errors.ProviderBug),
        (lambda: "job-1", errors.ProviderBug),
    ],
    ids=["bug", "own error", "no answer", "wrong answer"],
)
def test_an_accepted_job_outlives_the_fault_of_an_extension(after, kind):
    error = _raised("submit", _bound(None, _around(after)), kind)
    assert (error.job.id, error.billed) == ("job-1", "unknown")
    if kind is errors.ProviderBug:
        assert LABEL not in error.message


def _at(base_url, key=KEY):
    values = {"api_key": Secret(key), "base_url": base_url}
    return attrs.evolve(_ctx(), settings=ProviderSettings("fake", values))


def test_an_accepted_job_knows_where_it_was_accepted_and_shows_no_key():
    job = _bound(FakeProvider(info=INFO)).submit(REQUEST, _at("https://me:pw@api.example/v1?k=1"))
    assert job.base_url == "https://api.example/v1"
    assert job.account
    assert KEY not in repr(job)
    other = _bound(FakeProvider(info=INFO)).submit(REQUEST, _at("https://api.example", "sk-2"))
    assert other.account != job.account


def test_a_job_on_an_error_of_its_submission_knows_it_too():
    def submit(_, ctx):
        raise errors.UnexpectedResponse("half an answer.", job=ctx.new_job("t-9"))

    bound = _bound(_with("submit", submit))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        bound.submit(REQUEST, _at("https://api.example"))
    assert (caught.value.job.id, caught.value.job.base_url) == ("t-9", "https://api.example")


def test_a_job_that_an_extension_remembers_stays_where_it_was_accepted():
    class Remembered:
        @hookimpl
        def submit(self, request, ctx):
            return attrs.evolve(ctx.new_job("t-1"), account="a", base_url="https://old.example")

    job = _bound(None, Remembered()).submit(REQUEST, _at("https://new.example"))
    assert (job.account, job.base_url) == ("a", "https://old.example")


def test_a_veto_after_an_accepted_submission_knows_of_no_job():
    class Once:
        count = 0

        @hookimpl(wrapper=True)
        def submit(self):
            self.count += 1
            if self.count > 1:
                raise errors.AccessDenied("over budget.")
            return (yield)

    bound = _bound(None, Once())
    CALLS["submit"](bound)
    assert _raised("submit", bound, errors.AccessDenied).job is None


def test_a_message_of_a_validator_is_told_without_its_innards():
    bound = _bound(_with("submit", lambda _, ctx: ctx.new_job(7)))
    message = _raised("submit", bound, errors.ProviderBug).message
    assert "'id' must be <class 'str'> (got 7" in message
    assert "Attribute(" not in message


def test_a_bug_does_not_show_the_image_that_it_is_about():
    image = b"\x89PNG" + bytes(range(256)) * 40
    bound = _bound(
        _with("submit", lambda _, ctx: ctx.new_job("1", result=JobResult(images=[image])))
    )
    assert len(str(_raised("submit", bound, errors.ProviderBug))) < 1500


@pytest.mark.parametrize("hook", OPTIONAL_HOOKS)
def test_an_unmarked_optional_hook_of_a_provider_is_named(hook):
    plugin = type("Other", (FakeProvider,), {hook: lambda *_: None})(info=INFO)
    assert f"{hook}() is not marked with @hookimpl" in _broken(plugin).message


@pytest.mark.parametrize("hook", [*REQUIRED_HOOKS, *OPTIONAL_HOOKS])
def test_an_unmarked_hook_of_an_extension_is_named(hook):
    extension = type("Veto", (), {hook: lambda *_: None})()
    message = _broken(None, extension).message
    assert message.startswith("extension Veto does not fit the hooks: ")
    assert f"{hook}() is not marked with @hookimpl" in message


def test_problems_of_all_are_collected_once_each():
    odd = Problem("top", "odd.")

    class Policy:
        @hookimpl
        def validate_inputs(self, request, ctx):
            return (odd, Problem("person", "not allowed."))

    provider = FakeProvider(info=INFO, problems=[odd, odd])
    small = TryOnRequest(person=picture(), top=picture(size=(4, 4)))
    problems = _bound(provider, Policy()).validate_inputs(small, _ctx())
    assert len(problems) == len(set(problems))
    assert {odd, Problem("person", "not allowed.")} < set(problems)
    assert "image_too_small" in {problem.code for problem in problems}


class _NoParsing:
    info = attrs.evolve(
        INFO, capabilities=attrs.evolve(INFO.capabilities, parse_categories=(), parse_together=())
    )

    @hookimpl
    def validate_inputs(self, request, ctx):
        return []

    @hookimpl
    def submit(self, request, ctx):
        return ctx.new_job("7")

    @hookimpl
    def poll(self, job, ctx):
        return JobUpdate(state=JobState.RUNNING)


def test_a_provider_without_parsing_has_no_hook_for_it_and_the_core_refuses():
    provider = _NoParsing()
    ctx = attrs.evolve(_ctx(), info=provider.info)
    with pytest.raises(errors.InputError, match="Fake try-on cannot parse garments") as caught:
        _bound(provider).parse_garment(PARSING, ctx)
    assert (caught.value.provider, caught.value.billed) == ("fake", "no")


def test_a_provider_that_declares_parsing_needs_the_hook():
    provider = type("Forgetful", (_NoParsing,), {"info": INFO})()
    assert "required hook parse_garment() is missing" in _broken(provider).message


def test_without_its_own_hooks_a_provider_refuses_to_cancel_and_to_publish():
    refused = _raised("cancel", _bound(), errors.CancelRefused)
    assert (refused.job, refused.provider) == (JOB, "fake")
    assert "Fake try-on cannot cancel jobs" in refused.message
    unpublished = _raised("publish_image", _bound(), errors.InputError)
    assert "https address" in unpublished.remedy
    assert unpublished.provider == "fake"


def test_an_extension_may_publish_images():
    class Bucket:
        @hookimpl
        def publish_image(self, image, ctx):
            return UrlSource("https://bucket.example/1.png")

    found = CALLS["publish_image"](_bound(None, Bucket()))
    assert found == UrlSource("https://bucket.example/1.png")


def test_hooks_are_traced_when_asked_for(monkeypatch, capfd):
    monkeypatch.setenv("TRYON_TRACE_HOOKS", "1")
    bound = _bound(None, Watcher())
    bound.poll(JOB, _ctx())
    out, err = capfd.readouterr()
    assert out == ""
    assert "fake.poll -> JobUpdate" in err
    assert f"(asked: {LABEL}, extension Watcher)" in err


@pytest.mark.parametrize("value", ["", "0"])
def test_hooks_are_not_traced_unasked(monkeypatch, capfd, value):
    monkeypatch.setenv("TRYON_TRACE_HOOKS", value)
    _bound().poll(JOB, _ctx())
    assert capfd.readouterr() == ("", "")


class _Judge:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def check_result(self, result, ctx):
        return self.answer(result, ctx) if callable(self.answer) else self.answer


def _codes(bound):
    found = bound.check_result(RESULT, _ctx())
    return None if found is None else [problem.code for problem in found]


def test_the_judgements_of_core_extensions_and_provider_are_collected_once_each():
    mine = Problem("result", "too green.", code="green")
    provider = type("Own", (FakeProvider, _Judge), {})(info=INFO)
    provider.answer = [Problem("result", "of the vendor.", code="own")]
    found = _codes(_bound(provider, _Judge([mine]), _Judge((mine,))))
    assert sorted(found) == ["green", "own", "result_blank"]


@pytest.mark.parametrize("answer", [5, "text", ["text"], [None]])
def test_a_judge_that_returns_nonsense_is_named_in_the_log_and_left_out(answer, caplog):
    assert _codes(_bound(None, _Judge(answer))) == ["result_blank"]
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("extension _Judge failed in check_result(): ")


def test_a_judge_that_raises_spoils_neither_the_result_nor_another_judge(caplog):
    def fail(*_):
        raise errors.AccessDenied(f"no key {KEY}.")

    other = _Judge([Problem("result", "too green.", code="green")])
    assert set(_codes(_bound(None, _Judge(fail), other))) == {"green", "result_blank"}
    assert "AccessDenied" in caplog.text
    assert KEY not in caplog.text


def test_a_judge_must_not_use_the_network(caplog):
    bound = _bound(None, _Judge(lambda _, ctx: ctx.http.get("/x")))
    assert _codes(bound) == ["result_blank"]
    assert "extension _Judge failed" in caplog.text


def test_a_result_is_not_judged_when_nobody_can(monkeypatch):
    monkeypatch.setattr("tryon_core.defaults.has_pillow", lambda: False)
    assert _codes(_bound()) is None
    assert _codes(_bound(None, _Judge(None))) is None
    assert _codes(_bound(None, _Judge([]))) == []


def test_a_key_in_the_words_of_a_judge_is_masked():
    (found, _) = _bound(None, _Judge([Problem("result", f"see {KEY}.")])).check_result(
        RESULT, _ctx()
    )
    assert KEY not in found.message


def test_wrappers_see_every_judgement():
    seen = []

    class Watch:
        @hookimpl(wrapper=True)
        def check_result(self, result, ctx):
            answers = yield
            seen.extend(answers)
            return answers

    _bound(None, Watch(), _Judge([])).check_result(RESULT, _ctx())
    assert len(seen) == 2


class AskingForAPause(NoHttp):
    last_answer = HttpResponse(status=429, headers={"retry-after": "7"}, body=b"", url="x")


def _saying(answer):
    class Saying(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            if isinstance(answer, Exception):
                raise answer
            return answer

    return _bound(Saying(info=INFO))


@pytest.mark.parametrize(("said_s", "heard_s"), [(None, 7.0), (0.0, 0.0), (60.0, 60.0)])
def test_the_pause_that_an_answer_asks_for_is_read_unless_the_plugin_knows_better(said_s, heard_s):
    update = JobUpdate(state=JobState.RUNNING, retry_after_s=said_s)
    assert CALLS["poll"](_saying(update), AskingForAPause()).retry_after_s == heard_s
    error = errors.RateLimited("slow down.", retry_after_s=said_s)
    assert _raised("poll", _saying(error), http=AskingForAPause()).retry_after_s == heard_s


def test_the_remedy_tells_of_the_pause():
    raised = _raised("poll", _saying(errors.RateLimited("slow.")), http=AskingForAPause())
    assert raised.remedy == "Wait 7 s before the next call."
    own = errors.RateLimited("slow.", remedy="Ask for more.")
    assert _raised("poll", _saying(own), http=AskingForAPause()).remedy == "Ask for more."


def test_a_request_without_an_answer_asks_for_no_pause():
    raised = _raised("poll", _saying(errors.AnswerLost("lost.")), http=AskingForAPause())
    assert raised.retry_after_s is None
