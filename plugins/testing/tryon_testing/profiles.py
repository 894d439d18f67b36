"""How thoroughly Hypothesis looks: profiles for everyday runs and for long ones, and loops."""

import os
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

CI = "ci"
THOROUGH = "thorough"
THOROUGH_EXAMPLES = 1000
PROFILE_ENV = "HYPOTHESIS_PROFILE"
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

    Args:
        check: raises when a property does not hold.
        values: its argument.
        changes: other settings of Hypothesis.
    """

    # One fault at a time: several come as a group, without the words of any.
    @settings(deadline=None, suppress_health_check=_SLOW, report_multiple_bugs=False, **changes)
    @given(values.map(_Case))
    def holds(case: _Case) -> None:
        check(case.value)

    holds()


def for_all_answers(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check with 3,500 answers in the profile `thorough`, else with the same 150 always."""
    if settings().max_examples >= THOROUGH_EXAMPLES:
        for_all(check, values, max_examples=MANY_ANSWERS)
    else:
        for_all(check, values, max_examples=FEW_ANSWERS, derandomize=True, database=None)


def for_all_on_the_wire(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check that sends images: as often as the profile `thorough` says, else 10 times."""
    if settings().max_examples >= THOROUGH_EXAMPLES:
        for_all(check, values)
    else:
        for_all(check, values, max_examples=min(settings().max_examples, _FEW_ON_THE_WIRE))
