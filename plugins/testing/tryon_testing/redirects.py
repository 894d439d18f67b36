"""Checks that a key goes to the vendor only, whatever address the vendor's answers name."""

from collections.abc import Iterator

from tryon_core.errors import TryOnError
from tryon_testing.bench import Bench, vendor_bench
from tryon_testing.breach import refuse_bug, require
from tryon_testing.leaks import leaked_anywhere
from tryon_testing.members import ContractMembers
from tryon_testing.questions import Question, questions
from tryon_testing.twists import Spoiling, places, replacing, shown
from tryon_testing.twists import at as value_at
from tryon_testing.versions import since
from tryon_testing.wire import Answer

_REDIRECTS = (301, 302, 303, 307, 308)


class RedirectChecks(ContractMembers):
    """Another origin gets no key."""

    @since("0.1")
    def test_redirects_are_refused(self) -> None:
        """A redirect of a call is an error, and nothing is asked where it leads."""
        with vendor_bench(self) as at:
            for question in questions(at):
                for operation in question.operations:
                    for status in _REDIRECTS:
                        _check_redirect(at, question, operation, status)

    @since("0.1")
    def test_addresses_in_answers_get_no_key(self) -> None:
        """A `Location` header, or an address in the JSON, of another origin is not trusted."""
        with vendor_bench(self) as at:
            for question in questions(at):
                for answer in question.answers:
                    for spoiling in _elsewhere(at, answer):
                        _check_visits(at, question, answer.operation, spoiling)


def _try(at: Bench, question: Question, operation: str, spoiling: Spoiling) -> bool:
    """Ask with a spoilt answer; return whether a value came out."""
    at.bystander.visits.clear()
    with at.spoilt(operation, spoiling.twist):
        try:
            question.ask()
        except TryOnError as error:
            refuse_bug(error, f"{question.name}: {spoiling.label}")
            return False
    return True


def _check_redirect(at: Bench, question: Question, operation: str, status: int) -> None:
    label = f"{operation} answers {status} to another origin"
    target = f"{at.bystander.url}/elsewhere"
    spoiling = Spoiling(
        label,
        lambda answer: answer.with_body(b"", status=status).with_header("Location", target),
    )
    went_well = _try(at, question, operation, spoiling)
    visits = [visit.line for visit in at.bystander.visits if "/elsewhere" in visit.line]
    require(
        not visits,
        f"{question.name}: {label}, and the plugin followed ({', '.join(visits)}). Never follow a "
        "redirect of a call: the key would go to whoever is named.",
    )
    require(
        not went_well,
        f"{question.name}: {label}, and it was taken for an answer. Let `ServiceMoved`, which "
        "`ctx.http` raises, pass to the caller.",
    )


def _elsewhere(at: Bench, answer: Answer) -> Iterator[Spoiling]:
    target = f"{at.bystander.url}/elsewhere"
    yield Spoiling(
        f"the header Location of {answer.operation} names another origin",
        lambda given: given.with_header("Location", target),
    )
    for place in places(answer.json):
        if str(value_at(answer.json, place)).startswith(("http://", "https://", "/")):
            yield Spoiling(
                f"{shown(place)} of {answer.operation} names another origin",
                replacing(place, target),
            )


def _check_visits(at: Bench, question: Question, operation: str, spoiling: Spoiling) -> None:
    _try(at, question, operation, spoiling)
    for visit in at.bystander.visits:
        require(
            not leaked_anywhere(visit.text.encode("latin-1"), at.secrets),
            f"{question.name}: {spoiling.label}, and the key went there ({visit.line}). Send keys "
            "to the origin of `base_url` only; build addresses from it and the job's id.",
        )
