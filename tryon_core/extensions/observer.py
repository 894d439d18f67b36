"""A guard for wrappers that only watch: their faults never reach the caller."""

import functools
import logging
from collections.abc import Callable, Generator
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_LOGGER = logging.getLogger("tryon.extensions")


def observer(
    function: Callable[P, Generator[None, T, object]],
) -> Callable[P, Generator[None, T, T]]:
    """Make a hook wrapper harmless: put it under `@hookimpl(wrapper=True)`.

    The wrapped generator sees the call and its outcome. Whatever it raises is logged to
    `tryon.extensions`, whatever it returns is dropped, and a call that failed fails as it did.

        class Counter:
            @hookimpl(wrapper=True)
            @observer
            def submit(self, request, ctx):
                job = yield
                self.count += 1
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Generator[None, T, T]:
        watcher = _Watcher(lambda: function(*args, **kwargs), function.__qualname__)
        watcher.begin()
        try:
            outcome = yield
        except BaseException as error:
            watcher.fail(error)
            raise
        watcher.finish(outcome)
        return outcome

    return guarded


class _Watcher(Generic[T]):
    """A generator whose own faults are logged, and which is left alone after the first."""

    def __init__(self, make: Callable[[], Generator[None, T, object]], name: str) -> None:
        self._make = make
        self._name = name
        self._generator: Generator[None, T, object] | None = None

    def begin(self) -> None:
        self._step(self._start)

    def _start(self) -> None:
        generator = self._make()
        next(generator)
        self._generator = generator

    def finish(self, outcome: T) -> None:
        generator = self._generator
        if generator is not None:
            self._step(lambda: generator.send(outcome))

    def fail(self, error: BaseException) -> None:
        generator = self._generator
        if generator is not None:
            self._step(lambda: generator.throw(error), expected=error)

    def _step(self, advance: Callable[[], None], expected: BaseException | None = None) -> None:
        try:
            advance()
        except StopIteration:
            return
        except Exception as error:
            if error is not expected:
                _LOGGER.exception("The observer %s failed; the call goes on.", self._name)
        except BaseException as error:
            if error is not expected:
                raise
