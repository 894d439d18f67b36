"""How a name, an option or a meaning that goes away is announced.

A short module of its own, so that every distribution announces in the same words, and a test can
find all announcements and compare them with the page of compatibility.
"""

import warnings


class TryOnDeprecationWarning(DeprecationWarning):
    """Something of tryon that is used here will be removed; the text says what to use instead.

    The page of compatibility says how a test run turns them into errors.
    """


def warn_deprecated(
    what: str, *, instead: str, since: str, removed_in: str, stacklevel: int = 2
) -> None:
    """Warn that something will be removed.

    Give texts and no variables: `docs/reference/compatibility.md` lists each announcement, and a
    test compares.

    Args:
        what: what goes away, such as `Client.fetch()`.
        instead: what to use, as a sentence.
        since: the release that announces it, such as `0.3`.
        removed_in: the release without it, at least two minor releases later.
        stacklevel: as for `warnings.warn`, counted from the caller: 2 is who called it.
    """
    warnings.warn(
        f"{what} is deprecated since tryon {since} and will be removed in {removed_in}. {instead}",
        TryOnDeprecationWarning,
        stacklevel=stacklevel + 1,
    )
