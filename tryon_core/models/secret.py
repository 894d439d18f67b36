"""A key, and what is shown in its place."""

MASK = "********"
"""What replaces a secret in text."""


class Secret:
    """A value that never shows itself; `reveal()` gives it."""

    # Not an attrs class: `attrs.asdict()` of whatever holds it would show the value.
    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def reveal(self) -> str:
        """Return the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    __str__ = __repr__
