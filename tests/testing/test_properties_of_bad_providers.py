"""Each property fails for a provider that lacks it, with the message that helps."""

import re
from decimal import Decimal

import attrs
import pytest
from hypothesis import Phase, settings, strategies as st

from acme import STATES, Accepted, AcmeProvider
from acme_emulator import emulator as acme_emulator
from tryon_core import (
    Artifact,
    Balance,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Problem,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_testing import fuzzing
from tryon_testing.checks.base import CheckFailed
from tryon_testing.fuzzing import world_of
from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest


@pytest.fixture(autouse=True)
def _quick():
    before = settings.get_current_profile_name()
    settings.register_profile(
        "bad",
        max_examples=150,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
    )
    settings.load_profile("bad")
    yield
    settings.load_profile(before)


class Properties(ProviderProperties):
    emulator = acme_emulator
    options = {"seed": st.none() | st.integers(0, 9)}  # noqa: RUF012  (as the class declares it)


def _violation(provider, name, *, kind=Properties):
    subject = kind()
    subject.provider = provider
    with world_of(subject) as world, pytest.raises(CheckFailed) as caught:
        getattr(subject, name)(world)
    return str(caught.value)


class LimitNotDeclared(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        wide = len(request.images["person"].data) > 3000
        return [Problem("person", "too many bytes for us.")] if wide else []


def test_a_limit_that_is_not_declared_is_found():
    message = _violation(LimitNotDeclared(), "test_valid_requests_have_no_problems")
    assert "too many bytes for us" in message
    assert "Declare the limit" in message
    assert "override `options` or valid_requests()" in message


class Unchecked(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return []


class NamedOtherwise(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return [Problem("options", "the seed is negative.")] if request.options.seed == -1 else []


class WithNegativeSeeds(Properties):
    def invalid_requests(self):
        return self.valid_requests().map(
            lambda request: InvalidRequest.of(
                request, field="options.seed", why="a negative seed", options={"seed": -1}
            )
        )


NAME = "test_invalid_requests_are_refused_by_name_and_nothing_is_sent"


def test_a_violation_that_validation_overlooks_is_found():
    message = _violation(Unchecked(), NAME, kind=WithNegativeSeeds)
    assert message.startswith("a negative seed: it was accepted, or refused too late")
    assert "return a Problem for 'options.seed'" in message


def test_a_problem_with_another_name_is_found():
    message = _violation(NamedOtherwise(), NAME, kind=WithNegativeSeeds)
    assert "does not name 'options.seed'" in message


class Raising(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return [Problem("top", "odd.")] if request.garments["top"] is None else []


class Remembering(AcmeProvider):
    def __init__(self):
        self.seen = []

    @hookimpl
    def validate_inputs(self, request, ctx):
        self.seen.append(request)
        return [Problem("person", f"the request number {len(self.seen)}.")]


VALIDATION = "test_validation_never_raises_and_repeats_itself"


def test_validation_that_raises_is_found():
    assert "KeyError in validate_inputs()" in _violation(Raising(), VALIDATION)


def test_validation_with_a_memory_is_found():
    assert "Keep no state" in _violation(Remembering(), VALIDATION)


class WrongWord(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        ((category, garment),) = request.garments.items()
        form = [
            ("kind", f"a {category}"),
            self.part("garment", garment),
            self.part("person", request.images["person"]),
        ]
        answer = ctx.http.post("tasks", multipart=form)
        return ctx.new_job(self.read(answer, Accepted).task_id)


class WrongPart(AcmeProvider):
    @hookimpl
    def parse_garment(self, request, ctx):
        form = [self.part("image", request.image)]
        answer = ctx.http.post("parse", multipart=form)
        self.read(answer, Accepted)
        return []


def test_a_request_that_the_vendor_does_not_take_is_found():
    message = _violation(WrongWord(), "test_valid_requests_are_accepted_on_the_wire")
    assert "InputRefused" in message
    assert "for a valid request: TryOnRequest(" in message


def test_a_parsing_that_the_vendor_does_not_take_is_found():
    message = _violation(WrongPart(), "test_valid_parsings_are_accepted_on_the_wire")
    assert "for ParseRequest(" in message


class ReadsByHand(AcmeProvider):
    """Takes answers as they are documented, and nothing else."""

    @hookimpl
    def poll(self, job, ctx):
        answer = ctx.http.get(f"tasks/{job.id}")
        said = answer.json_object()
        state = STATES[said["status"]]
        done = state is JobState.SUCCEEDED
        images = [Artifact(source=UrlSource(said["image_url"]))] if done else []
        return JobUpdate(state=state, result=JobResult(images=images) if done else None)

    @hookimpl
    def cancel(self, job, ctx):
        answer = ctx.http.delete(f"tasks/{job.id}")
        return JobUpdate(state=STATES[answer.json()["status"]])

    @hookimpl
    def read_balance(self, ctx):
        answer = ctx.http.get("account")
        left = Decimal(answer.json()["credits"])
        return Balance(amount=left, unit="credits", as_of=ctx.clock.now())

    @hookimpl
    def parse_garment(self, request, ctx):
        form = [self.part("photo", request.image)]
        answer = ctx.http.post("parse", multipart=form)
        _ = answer.json_object()["parts"]["top"]
        return [None for _ in request.categories]


class SubmitsByHand(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        ((category, garment),) = request.garments.items()
        form = [
            ("kind", category),
            self.part("garment", garment),
            self.part("person", request.images["person"]),
        ]
        answer = ctx.http.post("tasks", multipart=form)
        return ctx.new_job(answer.json_object()["task_id"])


@pytest.mark.parametrize(
    ("provider", "name", "hook"),
    [
        (SubmitsByHand(), "test_any_answer_to_a_submission_is_a_job_or_an_error", "submit"),
        (ReadsByHand(), "test_any_answer_while_waiting_is_a_result_or_an_error", "poll"),
        (ReadsByHand(), "test_any_answer_to_a_cancellation_is_an_update_or_an_error", "cancel"),
        (ReadsByHand(), "test_any_answer_to_a_parsing_is_regions_or_an_error", "parse_garment"),
        (ReadsByHand(), "test_any_answer_about_the_balance_is_a_balance_or_an_error", "balance"),
        (ReadsByHand(), "test_any_sequence_of_states_comes_to_an_end", "poll"),
    ],
)
def test_answers_that_break_the_plugin_are_found(provider, name, hook):
    message = _violation(provider, name)
    assert re.search(rf"answered .*raised \w+ in \w*{hook}\(\)", message, re.DOTALL), message
    assert "decode()" in message


def test_a_plugin_that_breaks_the_contract_without_any_fault_is_found():
    message = _violation(WrongWord(), "test_any_answer_to_a_submission_is_a_job_or_an_error")
    assert "came, although nothing was changed" in message


class ForgetfulJob(Job):
    """Gives a token of another job."""

    def to_token(self):
        return Job(provider=self.provider, id="other", submitted_at=self.submitted_at).to_token()


SUBMISSION = "test_any_answer_to_a_submission_is_a_job_or_an_error"


class Submitting(AcmeProvider):
    """Sends what Acme sends."""

    def send(self, request, ctx):
        ((category, garment),) = request.garments.items()
        form = [
            ("kind", category),
            self.part("garment", garment),
            self.part("person", request.images["person"]),
        ]
        return ctx.http.post("tasks", multipart=form)


@attrs.frozen
class AcceptedWhole(Accepted):
    extra: list[int | None]


class LosesTheJob(Submitting):
    @hookimpl
    def submit(self, request, ctx):
        answer = self.send(request, ctx)
        return ctx.new_job(self.read(answer, AcceptedWhole).task_id)


class SubmitsAgain(Submitting):
    @hookimpl
    def submit(self, request, ctx):
        answer = self.send(request, ctx)
        if answer.status >= 500:
            answer = self.send(request, ctx)
        # Its only fault: of two, either may be found first.
        return ctx.new_job(answer.id_at("task_id") or self.read(answer, Accepted).task_id)


class TakesAnyId(Submitting):
    @hookimpl
    def submit(self, request, ctx):
        answer = self.send(request, ctx)
        return ForgetfulJob(
            provider=self.info.id,
            id=self.read(answer, Accepted).task_id,
            submitted_at=ctx.clock.now(),
        )


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (LosesTheJob(), r"names the job .*answer\.id_at"),
        (SubmitsAgain(), "2 paid requests were sent"),
        (TakesAnyId(), "the token of"),
    ],
)
def test_a_submission_that_costs_twice_or_loses_the_job_is_found(provider, words):
    message = _violation(provider, SUBMISSION)
    assert re.search(words, message, re.DOTALL), message


class DropsTheJob(AcmeProvider):
    """Asks with an extension's help that hides the job from the core."""

    @hookimpl
    def poll(self, job, ctx):
        try:
            return super().poll(job, ctx)
        except errors.TryOnError as error:
            error.job = attrs.evolve(job, id="another")
            raise


def test_a_poll_that_loses_the_job_is_found():
    message = _violation(DropsTheJob(), "test_any_answer_to_a_poll_is_an_update_or_an_error")
    assert "came without its job" in message


class AsksTooOften(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        for _ in range(20):
            update = super().poll(job, ctx)
        return update


def test_a_plugin_that_asks_too_often_is_found(monkeypatch):
    monkeypatch.setattr(fuzzing, "MOST_POLLS", 100)
    message = _violation(AsksTooOften(), "test_any_sequence_of_states_comes_to_an_end")
    assert re.search(r"\d+ requests were sent within 300 s of waiting: a loop", message)


class Forgetful(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        return ForgetfulJob(**{a.name: getattr(job, a.name) for a in attrs.fields(Job)})


def test_a_token_of_another_job_is_found():
    message = _violation(Forgetful(), "test_valid_requests_are_accepted_on_the_wire")
    assert message.startswith("the token of ")


def test_without_an_emulator_the_properties_of_the_wire_are_skipped():
    subject = ProviderProperties()
    subject.provider = "local"
    with world_of(subject) as world:
        with pytest.raises(pytest.skip.Exception, match="asks no vendor"):
            subject.test_valid_requests_are_accepted_on_the_wire(world)
        with pytest.raises(pytest.skip.Exception, match="read_balance"):
            subject.test_any_answer_about_the_balance_is_a_balance_or_an_error(world)
