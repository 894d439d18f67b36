"""Which checks are new: a minor release may add checks, and the next one turns them on."""

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import tryon_core

FIRST = (0, 1)
"""The minor release that the kit came with; its checks are always on."""

Check = TypeVar("Check", bound=Callable[..., None])


def is_new(since: str, version: str) -> bool:
    """Return whether a check is too new to be on by default.

    Args:
        since: minor release that brought the check, such as `0.2`.
        version: version of tryon-core, such as `0.2.1`.
    """
    return _minor(since) != FIRST and _minor(since) >= _minor(version)


def since(minor: str) -> Callable[[Check], Check]:
    """Mark a check with the minor release that brings it.

    During that minor release the check is skipped, unless the contract says
    `enable_new_checks = True`: an upgrade of the core breaks nobody's tests without warning.

    Args:
        minor: such as `0.2`.
    """

    def mark(check: Check) -> Check:
        @functools.wraps(check)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> None:
            version = tryon_core.__version__
            if is_new(minor, version) and not self.enable_new_checks:
                _skip(minor)
            check(self, *args, **kwargs)

        guarded.since = minor  # type: ignore[attr-defined]
        return cast("Check", guarded)

    return mark


def _skip(minor: str) -> None:
    import pytest  # noqa: PLC0415  (the marks can be read without it)

    pytest.skip(
        f"new in tryon-core {minor}, on from the next minor release; "
        "`enable_new_checks = True` in the class turns it on now"
    )


def _minor(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"{version!r} is not a version such as '0.2'")
    return int(found[1]), int(found[2])
