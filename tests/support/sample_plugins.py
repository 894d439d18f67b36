"""Plugins good and bad: as objects to bind, and as source text to install."""

from collections.abc import Sequence
from typing import Any

from providers import FakeProvider
from tryon_core import JobUpdate, ProviderInfo, hookimpl

PLUGIN = """
from tryon_core import Capabilities, JobState, JobUpdate, ProviderInfo, hookimpl

class Plugin:
    info = ProviderInfo(
        id="{id}",
        name="Plugin {id}",
        capabilities=Capabilities(garments=[["top"]]),
        api_version={api_version},
    )

    @hookimpl
    def validate_inputs(self, request, ctx):
        return []

    @hookimpl
    def submit(self, request, ctx):
        return ctx.new_job("1")

    @hookimpl
    def poll(self, job, ctx):
        return JobUpdate(state=JobState.RUNNING)

    @hookimpl
    def parse_garment(self, request, ctx):
        return []

provider = Plugin()
"""


def plugin_source(provider_id: str, *, api_version: int = 1) -> str:
    """Return the source of a module with a sound `provider`."""
    return PLUGIN.format(id=provider_id, api_version=api_version)


class WithoutSubmit:
    """Lacks a required hook."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    @hookimpl
    def validate_inputs(self, request: Any, ctx: Any) -> Sequence[Any]:
        return []

    @hookimpl
    def poll(self, job: Any, ctx: Any) -> JobUpdate:
        raise NotImplementedError

    @hookimpl
    def parse_garment(self, request: Any, ctx: Any) -> Sequence[Any]:
        return []


class Unmarked(FakeProvider):
    """Overrides a hook and forgets the mark."""

    def submit(self, request: Any, ctx: Any) -> Any:
        return super().submit(request, ctx)


class Misspelt(FakeProvider):
    """Marks a hook that does not exist."""

    @hookimpl
    def sumbit(self, request: Any, ctx: Any) -> Any:
        return super().submit(request, ctx)


class ExtraArgument(FakeProvider):
    """Wants what no hook gets."""

    @hookimpl
    def poll(self, job: Any, ctx: Any, session: Any) -> Any:
        return super().poll(job, ctx)


class RenamedArgument(FakeProvider):
    """Calls an argument by another name."""

    @hookimpl
    def poll(self, task: Any, ctx: Any) -> Any:
        return super().poll(task, ctx)


class KeywordOnly(FakeProvider):
    """Takes arguments that pluggy never passes; it would fail at its first call only."""

    @hookimpl
    def poll(self, *, job: Any, ctx: Any) -> Any:
        return super().poll(job, ctx)


class KeywordWithDefault(FakeProvider):
    """Would silently run on its default for ever."""

    @hookimpl
    def poll(self, job: Any, *, ctx: Any = None) -> Any:
        return super().poll(job, ctx)


class AnyArguments(FakeProvider):
    """Hides its arguments, as a decorator without functools.wraps does."""

    @hookimpl
    def poll(self, *args: Any, **kwargs: Any) -> Any:
        return super().poll(*args, **kwargs)
