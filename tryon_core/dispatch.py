"""One provider, bound: the only place that touches pluggy's hook callers."""

import inspect
import os
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NoReturn, cast

import pluggy

from tryon_core.context import CallContext
from tryon_core.defaults import CoreDefaults
from tryon_core.errors import Billed, BrokenPlugin, ProviderBug, TryOnError, UnexpectedResponse
from tryon_core.hookspecs import PROJECT, REQUIRED_HOOKS, OptionalHooks, RequiredHooks
from tryon_core.models import (
    GarmentRegion,
    ImageSource,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.registry import LoadedProvider
from tryon_core.tracing import TRACE_ENV, HookTrace
from tryon_core.transport import redact

_CLIENT_ERRORS = range(400, 500)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class BoundProvider:
    """Typed façade over one plugin manager: {the provider, the core's defaults, extensions}.

    Args:
        loaded: the provider.
        extensions: objects with marked hooks; their wrappers see every call.

    Raises:
        BrokenPlugin: the provider lacks a required hook, or a plugin's hook does not fit its
            specification; the message names the plugin.
    """

    __slots__ = ("_caller", "_defaults", "_extensions", "_loaded", "info")

    def __init__(self, loaded: LoadedProvider, extensions: Sequence[object] = ()) -> None:
        self.info: ProviderInfo = loaded.info
        self._loaded = loaded
        self._extensions = tuple(extensions)
        self._defaults = CoreDefaults()
        manager = _build_manager(loaded, self._defaults, extensions)
        if os.environ.get(TRACE_ENV) == "1":
            trace = HookTrace()
            manager.add_hookcall_monitoring(trace.before, trace.after)
        self._caller = manager.hook

    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> tuple[Problem, ...]:
        """Collect the problems of the core, the extensions and the provider."""
        answers = self._call("validate_inputs", request=request, ctx=ctx)
        found: list[Problem] = []
        for answer in answers:
            is_list = isinstance(answer, Sequence) and not isinstance(answer, str)
            if not is_list or not all(isinstance(entry, Problem) for entry in answer):
                self._wrong("validate_inputs", "a list of Problem", answer)
            found.extend(entry for entry in answer if entry not in found)
        return tuple(found)

    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Submit once; an answer that nobody understands may still have been billed."""
        try:
            job = self._call("submit", request=request, ctx=ctx)
        except UnexpectedResponse as error:
            if error.http_status not in _CLIENT_ERRORS:
                error.billed, error.retry = "unknown", "never_automatically"
            raise
        return cast("Job", self._expect("submit", Job, job))

    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask once."""
        answer = self._call("poll", job=job, ctx=ctx)
        return cast("JobUpdate", self._expect("poll", JobUpdate, answer, job))

    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> tuple[GarmentRegion | None, ...]:
        """Parse once; there is one answer for each category asked."""
        answer = self._call("parse_garment", request=request, ctx=ctx)
        asked = len(request.categories)
        is_list = isinstance(answer, Sequence) and len(answer) == asked
        if not is_list or not all(
            entry is None or isinstance(entry, GarmentRegion) for entry in answer
        ):
            self._wrong("parse_garment", f"{asked} of GarmentRegion or None", answer)
        return tuple(answer)

    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask the vendor to stop a job."""
        answer = self._call("cancel", job=job, ctx=ctx)
        return cast("JobUpdate", self._expect("cancel", JobUpdate, answer, job))

    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Give a local image an address."""
        answer = self._call("publish_image", image=image, ctx=ctx)
        return cast("UrlSource", self._expect("publish_image", UrlSource, answer))

    def _call(self, hook: str, **arguments: Any) -> Any:
        try:
            return getattr(self._caller, hook)(**arguments)
        except TryOnError as error:
            self._complete(error, arguments.get("job"))
            raise
        except Exception as error:
            culprit = self._culprit(error.__traceback__)
            words = redact(str(error), arguments["ctx"].settings.secrets)
            raise ProviderBug(
                f"{culprit} raised {type(error).__name__} in {hook}(): {words}.",
                provider=self.info.id,
                hook=hook,
                version=culprit,
                job=arguments.get("job"),
                billed=_billed(hook, arguments.get("job")),
                remedy=f"This is a fault in {culprit}; report it to its author.",
            ) from error

    def _complete(self, error: TryOnError, job: Job | None) -> None:
        error.provider = error.provider or self.info.id
        if job is not None and error.job is None:
            error.job = job
            # The question was free, but the job that it is about may not be.
            error.billed = "unknown" if error.billed == "no" else error.billed

    def _expect(self, hook: str, kind: type, answer: Any, job: Job | None = None) -> Any:
        if not isinstance(answer, kind):
            self._wrong(hook, kind.__name__, answer, job)
        return answer

    def _wrong(self, hook: str, expected: str, answer: Any, job: Job | None = None) -> NoReturn:
        raise ProviderBug(
            f"{self._loaded.label}: {hook}() returned {type(answer).__name__} instead of "
            f"{expected}.",
            provider=self.info.id,
            hook=hook,
            version=self._loaded.label,
            job=job,
            billed=_billed(hook, job),
            remedy="Report it to the plugin's author.",
        )

    def _culprit(self, trace: TracebackType | None) -> str:
        """Name the plugin whose code is innermost in a traceback."""
        owners = [(entry, type(entry).__qualname__) for entry in self._extensions]
        owners += [(self._defaults, "tryon-core"), (self._loaded.provider, self._loaded.label)]
        by_module = {type(owner).__module__: label for owner, label in owners}
        culprit = self._loaded.label
        for frame, _ in traceback.walk_tb(trace):
            # Several plugins may live in one module, and one plugin in several.
            this = frame.f_locals.get("self")
            own = [label for owner, label in owners if owner is this]
            culprit = own[0] if own else by_module.get(frame.f_globals.get("__name__", ""), culprit)
        return culprit


def _billed(hook: str, job: Job | None) -> Billed:
    """Say what a fault of a plugin leaves open: it may have come after the paid request."""
    return "unknown" if hook == "submit" or job is not None else "no"


def _build_manager(
    loaded: LoadedProvider, defaults: CoreDefaults, extensions: Sequence[object]
) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(RequiredHooks)
    manager.add_hookspecs(OptionalHooks)
    manager.register(defaults, "tryon-core")
    _register(manager, loaded.provider, loaded.label, loaded.info.id)
    for extension in extensions:
        _register(manager, extension, f"extension {type(extension).__qualname__}", loaded.info.id)
    for name in REQUIRED_HOOKS:
        _require(manager, loaded, name)
    return manager


def _register(manager: pluggy.PluginManager, plugin: object, label: str, provider: str) -> None:
    if isinstance(plugin, type):
        raise BrokenPlugin(
            f"{label} is a class.", provider=provider, remedy="Pass an instance of it."
        )
    others = [other for _, other in manager.list_name_plugin()]
    if plugin in others:
        raise BrokenPlugin(
            f"{label} is given twice, or equals another plugin.",
            provider=provider,
            remedy="Pass it once; give its class `eq=False` if they are different.",
        )
    try:
        manager.register(plugin, f"{label} #{len(others)}" if manager.has_plugin(label) else label)
        manager.check_pending()
        _refuse_unpassable(manager, plugin)
    except (pluggy.PluginValidationError, ValueError, TypeError) as error:
        raise BrokenPlugin(
            f"{label} does not fit the hooks: {error}",
            provider=provider,
            remedy="Compare it with tryon_core/hookspecs.py.",
        ) from error


def _refuse_unpassable(manager: pluggy.PluginManager, plugin: object) -> None:
    """Find parameters that pluggy would leave out of every call without a word."""
    callers = manager.get_hookcallers(plugin) or ()
    own = [e.function for c in callers for e in c.get_hookimpls() if e.plugin is plugin]
    for function in own:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind not in _POSITIONAL:
                raise TypeError(
                    f"{function.__name__}() takes '{parameter}' other than by position, and hooks "
                    "are called by position"
                )


def _require(manager: pluggy.PluginManager, loaded: LoadedProvider, name: str) -> None:
    implementations = getattr(manager.hook, name).get_hookimpls()
    if any(entry.plugin is loaded.provider for entry in implementations):
        return
    method = inspect.getattr_static(loaded.provider, name, None)
    reason = "is not marked with @hookimpl" if callable(method) else "is missing"
    raise BrokenPlugin(
        f"provider {loaded.info.id!r} from {loaded.label}: the required hook {name}() {reason}.",
        provider=loaded.info.id,
        remedy="Tell the plugin's author; the hooks stand in tryon_core/hookspecs.py.",
    )
