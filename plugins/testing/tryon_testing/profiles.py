"""How thoroughly Hypothesis looks: profiles for everyday runs and for long ones."""

import os

from hypothesis import HealthCheck, Phase, settings

CI = "ci"
THOROUGH = "thorough"
THOROUGH_EXAMPLES = 1000
PROFILE_ENV = "HYPOTHESIS_PROFILE"
_QUICK = (Phase.explicit, Phase.generate, Phase.shrink)


def register_profiles() -> None:
    """Register the profiles `ci` and `thorough`, and load the one that HYPOTHESIS_PROFILE names.

    Call it in a `conftest.py`; `pytest --hypothesis-profile=thorough` then wins over the
    environment. `ci` is the same on every run, so that a build fails for what was changed only.
    """
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    settings.register_profile(
        CI,
        settings.get_profile("default"),
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=_QUICK,
        print_blob=True,
        suppress_health_check=slow,
    )
    settings.register_profile(
        THOROUGH,
        settings.get_profile("default"),
        max_examples=THOROUGH_EXAMPLES,
        deadline=None,
        print_blob=True,
        suppress_health_check=slow,
    )
    name = os.environ.get(PROFILE_ENV)
    if name:
        settings.load_profile(name)
