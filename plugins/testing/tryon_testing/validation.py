"""Checks of `validate_inputs`: total, pure, quiet, and never None."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from tryon_core.http import NoHttp
from tryon_core.models import CATEGORIES, ParseRequest, Problem, TryOnRequest
from tryon_testing.breach import breach, require
from tryon_testing.members import ContractMembers, hook_context
from tryon_testing.odd_requests import odd_requests
from tryon_testing.versions import since
from tryon_testing.watching import forbidding_the_network

AnyRequest = TryOnRequest | ParseRequest
_FIELDS = {"person", "image", "categories", "garments", "options", *CATEGORIES}


class ValidationChecks(ContractMembers):
    """Validation describes every request, whatever it is, and touches nothing."""

    @since("0.1")
    def test_validation_returns_a_list_of_problems(self) -> None:
        """Never None, which would be dropped without a word, nor anything else."""
        for request in self._all_requests():
            _check_answer(_ask(self, request), request)

    @since("0.1")
    def test_validation_never_raises(self) -> None:
        """Whatever is asked becomes a problem, not an exception."""
        for request in self._all_requests():
            try:
                _ask(self, request)
            except Exception as error:  # noqa: BLE001  (whatever it is, it is a breach)
                breach(
                    f"validate_inputs raised {type(error).__name__} ({error}) for {_shown(request)}"
                    ". Return a Problem that names the field instead: validation reports "
                    "everything at once and never raises."
                )

    @since("0.1")
    def test_validation_uses_no_network(self) -> None:
        """No request through `ctx.http`, no socket, no process, no sleep."""
        for request in self._all_requests():
            http = _NotingHttp()
            with forbidding_the_network() as tried:
                _ask_quietly(self, request, http)
            require(
                not (http.asked or tried),
                f"validate_inputs used the network or waited: {', '.join(http.asked + tried)}. "
                "`Client.validate()` promises that nothing is sent: ask the vendor in submit().",
            )

    @since("0.1")
    def test_validation_is_the_same_every_time(self) -> None:
        """The answer depends on the request alone, not on what was asked before."""
        asked = list(self._all_requests())
        first = [_ask_quietly(self, request) for request in asked]
        order = list(range(len(asked)))
        random.Random(1).shuffle(order)  # noqa: S311  (an order, not a secret)
        for index in order:
            again = _ask_quietly(self, asked[index])
            require(
                again == first[index],
                f"validate_inputs answered {again!r} where it had answered {first[index]!r} "
                f"before, for {_shown(asked[index])}. Keep no state: the answer must follow from "
                "the request.",
            )

    @since("0.1")
    def test_validation_accepts_the_sample_requests(self) -> None:
        """What the contract gives as valid has no problems."""
        valid: list[AnyRequest] = [*self.requests(), *self.parse_requests()]
        for request in valid:
            problems = [problem for problem in _ask(self, request) if problem.severity == "error"]
            require(
                not problems,
                f"validate_inputs refused {_shown(request)}: {problems}. Mend the hook, or "
                "override requests() with requests that the vendor accepts.",
            )

    def _all_requests(self) -> Iterable[AnyRequest]:
        return (*self.requests(), *self.parse_requests(), *odd_requests(self.info))


class _NotingHttp(NoHttp):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str, **arguments: object) -> Any:
        self.asked.append("ctx.http.get()")
        return super().get(url, **arguments)

    def post(self, url: str, **arguments: object) -> Any:
        self.asked.append("ctx.http.post()")
        return super().post(url, **arguments)

    def delete(self, url: str, **arguments: object) -> Any:
        self.asked.append("ctx.http.delete()")
        return super().delete(url, **arguments)


def _ask(members: ContractMembers, request: AnyRequest, http: NoHttp | None = None) -> Any:
    # The provider itself, not through pluggy: that drops None.
    ctx = hook_context(members, request, http)
    return members.loaded.provider.validate_inputs(request, ctx)


def _ask_quietly(members: ContractMembers, request: AnyRequest, http: NoHttp | None = None) -> Any:
    try:
        return _ask(members, request, http)
    except Exception as error:  # noqa: BLE001  (that it raises is another check's business)
        return f"{type(error).__name__}: {error}"


def _check_answer(answer: Any, request: AnyRequest) -> None:
    require(
        answer is not None,
        f"validate_inputs returned None for {_shown(request)}. Return [] when there are no "
        "problems: pluggy drops None, so a forgotten `return` would silently accept everything.",
    )
    is_list = isinstance(answer, Sequence) and not isinstance(answer, str)
    require(
        is_list and all(isinstance(entry, Problem) for entry in answer),
        f"validate_inputs returned {answer!r} for {_shown(request)}. Return a list of Problem.",
    )
    for problem in answer:
        field = problem.field.partition(".")[0].partition("[")[0]
        require(
            field in _FIELDS,
            f"a problem names the field {problem.field!r}, which callers do not know. Name it as "
            "they give it: `person`, `top`, `options.<name>`.",
        )
        require(problem.message.strip(), f"the problem of {problem.field!r} has no message.")


def _shown(request: AnyRequest) -> str:
    return repr(request)[:300]
