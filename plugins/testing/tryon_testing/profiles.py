"""How thoroughly Hypothesis looks: profiles for everyday runs and for long ones, and loops."""

import os
import secrets
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, core, given, seed, settings, strategies as st

from tryon_testing.checks.base import CheckFailed, fail

CI = "ci"
THOROUGH = "thorough"
THOROUGH_EXAMPLES = 1000
PROFILE_ENV = "HYPOTHESIS_PROFILE"
SEED = 1
"""What is tried follows from it, so that a fault which was found once is found again."""
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
FEW_ANSWERS, MANY_ANSWERS = 150, 3_500
_FEW_ON_THE_WIRE = 10
_MOST_SHOWN = 2_000
_QUICK = (Phase.explicit, Phase.generate, Phase.shrink)


def register_profiles() -> None:
    """Register the profiles `ci` and `thorough`, and load the one that HYPOTHESIS_PROFILE names.

    Call it in a `conftest.py`; `pytest --hypothesis-profile=thorough` then wins over the
    environment. `ci` is the same on every run, so that a build fails for what was changed only.
    """
    settings.register_profile(
        CI,
        settings.get_profile("default"),
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=_QUICK,
        print_blob=True,
        suppress_health_check=_SLOW,
    )
    settings.register_profile(
        THOROUGH,
        settings.get_profile("default"),
        max_examples=THOROUGH_EXAMPLES,
        deadline=None,
        print_blob=True,
        suppress_health_check=_SLOW,
    )
    name = os.environ.get(PROFILE_ENV)
    if name:
        settings.load_profile(name)


@attrs.frozen(repr=False)
class _Case:
    """One value, shown by its own short repr; Hypothesis would print every byte of an image."""

    value: Any

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self.value)[:_MOST_SHOWN])


def for_all(check: Callable[[Any], None], values: st.SearchStrategy[Any], **changes: Any) -> None:
    """Try a check with many values, as many as the profile of Hypothesis says.

    They are the same in every run, save in the profile `thorough`, whose failures name their seed.
    The option `--hypothesis-seed` of pytest gives another one.

    Args:
        check: raises when a property does not hold.
        values: its argument.
        changes: other settings of Hypothesis.
    """
    number = _seed()

    # One fault at a time: several come as a group, without the words of any.
    @seed(number)
    @settings(deadline=None, suppress_health_check=_SLOW, report_multiple_bugs=False, **changes)
    @given(values.map(_Case))
    def holds(case: _Case) -> None:
        check(case.value)

    try:
        holds()
    except CheckFailed as failed:
        fail(f"{failed.msg} Found with --hypothesis-seed={number}: pytest finds it again with it.")


def _seed() -> int:
    forced: int | None = getattr(core, "global_force_seed", None)  # by --hypothesis-seed
    if forced is not None:
        return forced
    return secrets.randbits(32) if _is_thorough() else SEED


def _is_thorough() -> bool:
    return settings().max_examples >= THOROUGH_EXAMPLES


def for_all_answers(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check with 3,500 answers in the profile `thorough`, else with the same 150 always."""
    if _is_thorough():
        for_all(check, values, max_examples=MANY_ANSWERS)
    else:
        for_all(check, values, max_examples=FEW_ANSWERS, derandomize=True, database=None)


def for_all_on_the_wire(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check that sends images: as often as the profile `thorough` says, else 10 times."""
    if _is_thorough():
        for_all(check, values)
    else:
        for_all(check, values, max_examples=min(settings().max_examples, _FEW_ON_THE_WIRE))
