"""Checks of what a provider says of its results, and of a judge of its own; nothing is sent."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from PIL import Image

from tryon_core.models import BytesSource, ImageRules, Job, Problem, TryOnRequest
from tryon_core.results import ResultImage, TryOnResult
from tryon_testing.checks.base import ProviderUnderTest, fail, hook_context, require, since
from tryon_testing.clocks import START
from tryon_testing.monitors import forbidding_the_network
from tryon_testing.samples import sample_image

_SIZE = re.compile(r"person|[1-9][0-9]*[x:][1-9][0-9]*")
_SIDES_PX = (48, 64)


class JudgementChecks(ProviderUnderTest):
    """Results are judged by what is declared, and judging costs nothing and loses nothing."""

    @since("0.1")
    def test_the_size_of_results_can_be_read(self) -> None:
        """`info.size_of` gives `person`, pixels, a shape or None, for every request."""
        size_of = self.info.size_of
        if size_of is None:
            pytest.skip("the provider says nothing of the size of its results")
        for request in self.requests():
            ctx = hook_context(self, request)
            try:
                said = size_of(ctx)
            except Exception as error:  # noqa: BLE001  (whatever it is, it fails the check)
                fail(f"size_of raised {type(error).__name__} ({error}) for {request.options}.")
            require(
                said is None or _SIZE.fullmatch(said),
                f"size_of said {said!r} for {request.options}. Say 'person', pixels such as "
                "'576x1024', a shape such as '3:4', or None where the vendor says nothing.",
            )

    @since("0.1")
    def test_a_judge_of_its_own_never_raises_and_touches_nothing(self) -> None:
        """`check_result`, where it is offered, gives the same list of problems every time."""
        judge = getattr(self.loaded.provider, "check_result", None)
        if judge is None:
            pytest.skip("the provider has no judge of its own")
        requests: list[TryOnRequest | None] = [None, *self.requests()][:2]
        for result in _results(self.info.id):
            for request in requests:
                with forbidding_the_network() as tried:
                    first, again = (_asked(self, result, request) for _ in range(2))
                require(
                    not tried,
                    f"check_result used the network or waited: {', '.join(tried)}. It is called "
                    "for every image of a run: judge what is there.",
                )
                require(
                    first == again,
                    f"check_result answered {again!r} where it had answered {first!r} before. "
                    "Keep no state: the answer must follow from the result.",
                )


def _asked(subject: ProviderUnderTest, result: TryOnResult, request: TryOnRequest | None) -> Any:
    try:
        # The provider itself, not through the core, which logs what a judge raises.
        answer = subject.loaded.provider.check_result(  # type: ignore[attr-defined]
            result, hook_context(subject, request)
        )
    except Exception as error:  # noqa: BLE001  (whatever it is, it fails the check)
        known = "" if request else " when the request is not known (ctx.request is None)"
        fail(
            f"check_result raised {type(error).__name__} ({error}){known}. Return a Problem, or "
            "None where it cannot judge."
        )
    is_list = isinstance(answer, Sequence) and not isinstance(answer, str)
    require(
        answer is None or (is_list and all(isinstance(entry, Problem) for entry in answer)),
        f"check_result returned {answer!r}. Return a list of Problem, or None.",
    )
    return answer


def _results(provider: str) -> Iterator[TryOnResult]:
    """Yield a result that is sound, one that is blank, and one that is cut off."""
    drawn = sample_image("person", ImageRules())
    assert isinstance(drawn, BytesSource)  # noqa: S101  (for the type checker)
    buffer = io.BytesIO()
    Image.new("RGB", _SIDES_PX).save(buffer, "PNG")
    for data in (drawn.data, buffer.getvalue(), drawn.data[: len(drawn.data) // 2]):
        job = Job(provider=provider, id="kit", submitted_at=START)
        yield TryOnResult(job=job, images=(ResultImage(data=data, format="PNG"),))
