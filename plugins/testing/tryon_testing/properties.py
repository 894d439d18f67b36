"""Properties of every provider, tried by Hypothesis with what the provider declares."""

from collections.abc import Callable, Iterator
from functools import partial
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from tryon_core.errors import RateLimited, TryOnError
from tryon_core.models import Job, LibraryModel, ParseRequest, TryOnRequest
from tryon_core.preparing import NOT_PUBLISHED
from tryon_testing.checks.base import fail, require
from tryon_testing.checks.hostile import outcome_of, require_same_from_token
from tryon_testing.checks.smoke import SmokeChecks
from tryon_testing.checks.understood import emulated_jobs, require_understood, understood
from tryon_testing.exchanges import covers
from tryon_testing.fuzzing import (
    TIMEOUT_S,
    World,
    check_refusal,
    check_updates,
    first_request,
    fuzz_of,
    life_of_a_job,
    need,
    need_emulator,
    need_parsing,
    problems,
    world_of,
)
from tryon_testing.harness import skip_finished
from tryon_testing.profiles import for_all, for_all_answers, for_all_on_the_wire
from tryon_testing.strategies.answers import jobs, status_answers, updates
from tryon_testing.strategies.options import Strategies
from tryon_testing.strategies.requests import (
    AddressOf,
    InvalidRequest,
    as_request,
    invalid_parse_requests,
    invalid_requests,
    valid_parse_requests,
    valid_requests,
)


class ProviderProperties(SmokeChecks):
    """Properties of one provider, as a test class. Only `provider` must be given.

    Example: `class TestAcme(ProviderProperties): provider = "acme"`.

    Attributes:
        options: strategies by name, for options whose values the types and validators of the
            options class do not tell.
        people: entries of the vendor's library, for a provider that has one.
        only_the_wire: leave out the properties in which no vendor takes part, for a second class
            of a provider that only has other knobs of the emulator.
    """

    only_the_wire: bool = False
    options: Strategies = MappingProxyType({})
    people: st.SearchStrategy[LibraryModel] | None = None

    def valid_requests(
        self, address_of: AddressOf | None = None
    ) -> st.SearchStrategy[TryOnRequest]:
        """Return requests that the vendor takes; narrow them where options depend on each other.

        Args:
            address_of: gives an image an address; None when all are in memory.
        """
        return valid_requests(
            self.info, options=self.options, people=self.people, address_of=address_of
        )

    def valid_parse_requests(
        self, address_of: AddressOf | None = None
    ) -> st.SearchStrategy[ParseRequest]:
        """Return parsings that the vendor takes.

        Args:
            address_of: gives an image an address; None when all are in memory.
        """
        return valid_parse_requests(self.info, address_of=address_of)

    def invalid_requests(self) -> st.SearchStrategy[InvalidRequest]:
        """Return calls that must be refused before anything is sent; add the vendor's own rules."""
        own = invalid_requests(self.info, valid=self.valid_requests())
        return own | invalid_parse_requests(self.info)

    @pytest.fixture
    def of_the_declaration(self) -> None:
        """Skip a property in which no vendor takes part, where only the wire is asked for."""
        if self.only_the_wire:
            pytest.skip("only the properties of the wire are asked for")

    @pytest.fixture(scope="class")
    @classmethod
    def world(cls) -> Iterator[World]:
        """Client and emulator, for all examples of the class."""
        with world_of(cls()) as world:
            yield world

    @pytest.fixture
    def quiet_world(self) -> Iterator[World]:
        """Client and emulator for one property, which takes the client off the network."""
        with world_of(self, attempts=2) as world:
            yield world

    @pytest.mark.usefixtures("of_the_declaration")
    def test_valid_requests_have_no_problems(self, world: World) -> None:
        """What the declaration allows, validation allows, the exact limits included."""

        def check(request: TryOnRequest) -> None:
            found = [
                problem
                for problem in world.client.validate(request)
                # An extension of the user publishes local images.
                if problem.severity == "error" and problem.code != NOT_PUBLISHED
            ]
            require(
                not found,
                f"{found[:1]} was found in a request that is valid by what the provider declares: "
                f"{request!r:.400}. Declare the limit (`ImageRules`, a validator of the option), "
                "or override `options` or valid_requests() in the test.",
            )

        for_all(check, self.valid_requests())

    @pytest.mark.usefixtures("of_the_declaration")
    def test_validation_never_raises_and_repeats_itself(self, world: World) -> None:
        """The problems of a request follow from it alone, whatever else was asked before."""
        asked = st.lists(self.valid_requests() | self._odd_requests(), min_size=2, max_size=4)

        def check(requests: list[TryOnRequest]) -> None:
            first = [problems(world, request) for request in requests]
            again = [problems(world, request) for request in reversed(requests)]
            for one, other in zip(first, reversed(again), strict=True):
                require(
                    one == other,
                    f"validate_inputs answered {other!r:.300} where it had answered {one!r:.300}. "
                    "Keep no state: the answer must follow from the request.",
                )

        for_all(check, asked)

    def _odd_requests(self) -> st.SearchStrategy[TryOnRequest]:
        broken = invalid_requests(self.info, valid=self.valid_requests())
        made = broken.map(lambda invalid: as_request(self.info, invalid))
        return made.flatmap(lambda request: st.nothing() if request is None else st.just(request))

    @pytest.mark.usefixtures("of_the_declaration")
    def test_invalid_requests_are_refused_by_name_and_nothing_is_sent(self, world: World) -> None:
        """Each violation of a declared limit is found before anything is paid."""

        def check(invalid: InvalidRequest) -> None:
            world.begin()
            call = getattr(world.client, invalid.call)
            outcome = outcome_of(lambda: call(**invalid.arguments), invalid.why)
            check_refusal(invalid, outcome)
            require(
                not world.sent,
                f"{invalid.why}: {', '.join(world.sent)} went out all the same. Nothing may be "
                "sent for a request with problems.",
            )

        for_all(check, self.invalid_requests())

    def test_valid_requests_are_accepted_on_the_wire(self, world: World) -> None:
        """The emulator takes a valid request for what was asked, and the job ends with images."""
        need_emulator(world)

        def check(request: TryOnRequest) -> None:
            if self.documented and not covers(self.info, self.documented, request):
                return
            world.begin()
            at, before = world.harness, len(emulated_jobs(world.harness))
            sent = at.deliverable(request)
            outcome = outcome_of(lambda: world.client.submit(sent), "a valid request")
            if isinstance(outcome, TryOnError):
                fail(f"{outcome!r} for a valid request: {request!r:.400}")
            require_same_from_token(outcome)
            result = outcome_of(lambda: world.client.wait(outcome, timeout_s=TIMEOUT_S), "its job")
            require(not isinstance(result, TryOnError), f"{result!r} for {request!r:.400}")
            require(result.is_checked, f"no sound image came for {request!r:.400}")
            made = emulated_jobs(at)[before:]
            # What the plugin warns of may be another thing than what the request names.
            is_clear = not any(
                one.field.startswith("options.") for one in world.client.validate(sent)
            )
            if is_clear and any(job.understood for job in made):
                require_understood(at, request, understood(made), len(result.images))

        for_all_on_the_wire(check, self.valid_requests(world.address_of))

    def test_valid_parsings_are_accepted_on_the_wire(self, world: World) -> None:
        """The emulator takes what is sent for a valid parsing."""
        need_emulator(world)
        need_parsing(world)

        def check(request: ParseRequest) -> None:
            world.begin()
            sent = world.harness.deliverable(request)
            outcome = outcome_of(lambda: world.client.parse_garment(sent), "a valid parsing")
            require(not isinstance(outcome, TryOnError), f"{outcome!r} for {request!r:.400}")

        for_all_on_the_wire(check, self.valid_parse_requests(world.address_of))

    @pytest.mark.usefixtures("of_the_declaration")
    def test_tokens_give_back_their_jobs(self) -> None:
        """Whatever id and data a plugin gives a job, its token carries them."""
        for_all(require_same_from_token, jobs(self.info.id))

    def test_any_answer_to_a_submission_is_a_job_or_an_error(self, quiet_world: World) -> None:
        """A job or a `TryOnError`, one paid request, no lost id, no key, uploads included."""
        request = first_request(quiet_world)
        _fuzz(quiet_world, lambda: quiet_world.client.submit(request), "submit")

    def test_any_answer_to_a_poll_is_an_update_or_an_error(self, quiet_world: World) -> None:
        """An update, or a `TryOnError` that keeps the job; no key."""
        job, _ = life_of_a_job(quiet_world)
        _fuzz(quiet_world, lambda: quiet_world.client.poll(job), "poll", job=job)

    def test_any_answer_while_waiting_is_a_result_or_an_error(self, quiet_world: World) -> None:
        """Nothing but a result or a `TryOnError` comes out of waiting, and it ends."""
        job, answers = life_of_a_job(quiet_world)
        fuzz = fuzz_of(quiet_world, lambda: quiet_world.client.wait(job), "poll", job=job)
        fuzz = attrs.evolve(fuzz, answers=answers)
        for_all(lambda faulty: fuzz.check_waiting(job, [faulty]), fuzz.strategy())

    def test_any_answer_to_a_cancellation_is_an_update_or_an_error(
        self, quiet_world: World
    ) -> None:
        """Nothing but an update or a `TryOnError` comes out of a cancellation."""
        need(quiet_world, "cancel")
        request = first_request(quiet_world)

        def call() -> object:
            job = quiet_world.client.submit(request)
            skip_finished(job)
            return quiet_world.client.cancel(job)

        _fuzz(quiet_world, call, "")

    def test_any_answer_to_a_parsing_is_regions_or_an_error(self, quiet_world: World) -> None:
        """Regions or a `TryOnError`, no paid request more than usual, no key."""
        need_parsing(quiet_world)
        request = quiet_world.harness.parse_request()
        _fuzz(quiet_world, lambda: quiet_world.client.parse_garment(request), "parse")

    def test_any_answer_about_the_balance_is_a_balance_or_an_error(
        self, quiet_world: World
    ) -> None:
        """Nothing but a balance or a `TryOnError` comes out of asking for it."""
        need(quiet_world, "read_balance")
        _fuzz(quiet_world, quiet_world.client.read_balance, "")

    @pytest.mark.usefixtures("of_the_declaration")
    def test_any_sequence_of_updates_comes_to_an_end(self) -> None:
        """With the declared pace, waiting ends whatever `poll` returns."""
        one = updates() | st.builds(RateLimited, st.just("slow down"))
        for_all(partial(check_updates, self.info), st.lists(one, min_size=1, max_size=8))

    def test_any_sequence_of_states_comes_to_an_end(self, quiet_world: World) -> None:
        """Waiting ends with a result, an error or `PollTimeout`, whatever the vendor says when."""
        job, answers = life_of_a_job(quiet_world)
        fuzz = fuzz_of(quiet_world, lambda: quiet_world.client.wait(job), "poll", job=job)
        for_all(lambda said: fuzz.check_waiting(job, said), status_answers(answers))


def _fuzz(world: World, call: Callable[[], Any], operation: str, *, job: Job | None = None) -> None:
    need_emulator(world)
    fuzz = fuzz_of(world, call, operation, job=job)
    for_all_answers(partial(fuzz.check, call), fuzz.strategy())
