"""One provider, bound: the only place that touches pluggy's hook callers."""

import inspect
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, cast

import attrs
import pluggy

from tryon_core.answers import settle
from tryon_core.base64_text import without_base64
from tryon_core.context import CallContext, dated
from tryon_core.defaults import CoreDefaults
from tryon_core.errors import (
    Billed,
    BrokenPlugin,
    CancelRefused,
    NetworkError,
    NotSent,
    ProviderBug,
    TryOnError,
    UnexpectedResponse,
)
from tryon_core.extensions.named import label_of
from tryon_core.hookspecs import (
    OPTIONAL_HOOKS,
    PROJECT,
    REQUIRED_HOOKS,
    OptionalHooks,
    RequiredHooks,
)
from tryon_core.masking import mask_error, masked, redact, revealed
from tryon_core.models import (
    Attempt,
    Balance,
    Finding,
    Found,
    GarmentRegion,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    NotAccepted,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    Undecided,
    UrlSource,
)
from tryon_core.registry import LoadedProvider
from tryon_core.results import TryOnResult
from tryon_core.tracing import TRACE_ENV, HookTrace

_MOST_BODY_CHARS = 4096
_MOST_WORDS_CHARS = 500
_MOST_BODY_BYTES = 8 * _MOST_BODY_CHARS
_PAID = ("submit", "parse_garment")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class BoundProvider:
    """Typed façade over one plugin manager: {the provider, the core's defaults, extensions}.

    Args:
        loaded: the provider.
        extensions: objects with marked hooks; their wrappers see every call.
        info: what it declares, with the caller's own prices; None for what it says itself.
        keep: puts the images that came with a job on disk; None leaves them in memory.

    Raises:
        BrokenPlugin: the provider lacks a required hook, or a plugin's hook does not fit its
            specification; the message names the plugin.
    """

    __slots__ = ("_caller", "_defaults", "_extensions", "_judges", "_loaded", "info")

    def __init__(
        self,
        loaded: LoadedProvider,
        extensions: Sequence[object] = (),
        *,
        info: ProviderInfo | None = None,
        keep: Callable[[Job], Job] | None = None,
    ) -> None:
        self.info: ProviderInfo = info or loaded.info
        self._loaded = loaded
        self._extensions = tuple(extensions)
        self._defaults = CoreDefaults(keep or (lambda job: job))
        manager = _build_manager(loaded, self._defaults, self._extensions)
        if os.environ.get(TRACE_ENV) == "1":
            trace = HookTrace()
            manager.add_hookcall_monitoring(trace.before, trace.after)
        self._caller = manager.hook
        self._judges = _judges_of(manager)

    @property
    def publisher(self) -> str | None:
        """The plugin that gives local images an address, None where nobody can."""
        own = self._caller.publish_image.get_hookimpls()
        able = [entry for entry in own if entry.plugin is not self._defaults and not entry.wrapper]
        return able[-1].plugin_name if able else None

    @property
    def can_publish(self) -> bool:
        """Whether the provider or an extension can give a local image an address."""
        return self.publisher is not None

    @property
    def is_judged_at_once(self) -> bool:
        """Whether an extension is wrapped around the judges, so as to see each result."""
        return any(entry.wrapper for entry in self._caller.check_result.get_hookimpls())

    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> tuple[Problem, ...]:
        """Collect the problems of the core, the extensions and the provider."""
        answers = self._call("validate_inputs", request=request, ctx=ctx)
        found: list[Problem] = []
        for answer in answers:
            is_list = isinstance(answer, Sequence) and not isinstance(answer, str)
            if not is_list or not all(isinstance(entry, Problem) for entry in answer):
                self._wrong("validate_inputs", "a list of Problem", answer, ctx=ctx)
            found.extend(entry for entry in answer if entry not in found)
        return tuple(masked(entry, ctx.settings.secrets) for entry in found)

    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Submit once; after an answer that cannot be read, the work may have been billed."""
        self._defaults.forget()
        job = self._call("submit", request=request, ctx=ctx)
        return cast("Job", self._expect("submit", Job, job, request=request, ctx=ctx))

    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask once; what the vendor says of another job is no answer."""
        secrets = ctx.settings.secrets
        asked = revealed(job, secrets)
        answer = self._call("poll", job=asked, ctx=ctx)
        update = cast("JobUpdate", self._expect("poll", JobUpdate, answer, job=job, ctx=ctx))
        if update.job_id not in {None, asked.id}:
            raise self._about_another(update, job, ctx)
        if update.retry_after_s is None:
            update = attrs.evolve(update, retry_after_s=_asked_pause_s(ctx))
        if update.result is not None:
            update = attrs.evolve(update, result=dated(update.result, asked, self.info))
        return cast("JobUpdate", masked(update, secrets))

    def _about_another(self, update: JobUpdate, job: Job, ctx: CallContext) -> TryOnError:
        error = UnexpectedResponse(
            f"{self.info.name} was asked for the job {job.id}, and the answer speaks of "
            f"{update.job_id}.",
            provider=self.info.id,
            job=job,
            request_id=update.request_id,
            retry="later",
            billed="unknown",
            remedy="Poll again, it costs nothing. A cache between here and the vendor may mix "
            "answers up.",
        )
        error.body = _body_of(ctx)
        mask_error(error, ctx.settings.secrets)
        return error

    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> tuple[GarmentRegion | None, ...]:
        """Parse once, which may cost too; there is one answer for each category asked."""
        answer = self._call("parse_garment", request=request, ctx=ctx)
        asked = len(request.categories)
        is_list = isinstance(answer, Sequence) and len(answer) == asked
        if not is_list or not all(
            entry is None or isinstance(entry, GarmentRegion) for entry in answer
        ):
            expected = f"{asked} of GarmentRegion or None"
            self._wrong("parse_garment", expected, answer, request=request, ctx=ctx)
        self._check_order(request, answer, ctx)
        return tuple(answer)

    def _check_order(
        self, request: ParseRequest, regions: Sequence[GarmentRegion | None], ctx: CallContext
    ) -> None:
        pairs = zip(regions, request.categories, strict=True)
        if any(region and region.category != asked for region, asked in pairs):
            expected = f"regions in the order {', '.join(request.categories)}"
            self._wrong("parse_garment", expected, regions, request=request, ctx=ctx)

    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask the vendor to stop a job; one that is over cannot be stopped."""
        secrets = ctx.settings.secrets
        answer = self._call("cancel", job=revealed(job, secrets), ctx=ctx)
        self._expect("cancel", JobUpdate, answer, job=job, ctx=ctx)
        update = cast("JobUpdate", masked(answer, secrets))
        if update.state in {JobState.SUCCEEDED, JobState.FAILED}:
            raise CancelRefused(
                f"{self.info.name}: the job is over ({update.vendor_status or update.state.name}).",
                job=job,
                provider=self.info.id,
                request_id=update.request_id,
            )
        return update

    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask what is left on the account."""
        answer = self._call("read_balance", ctx=ctx)
        balance = self._expect("read_balance", Balance, answer, ctx=ctx)
        return cast("Balance", masked(balance, ctx.settings.secrets))

    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Give a local image an address."""
        answer = self._call("publish_image", image=image, ctx=ctx)
        return cast("UrlSource", self._expect("publish_image", UrlSource, answer, ctx=ctx))

    def find_submission(self, attempt: Attempt, ctx: CallContext) -> Finding:
        """Look once for the job of a request whose answer was lost."""
        answer = self._call("find_submission", attempt=attempt, ctx=ctx)
        if not isinstance(answer, (Found, NotAccepted, Undecided)):
            expected = "Found, NotAccepted or Undecided"
            self._wrong("find_submission", expected, answer, attempt=attempt, ctx=ctx)
        if isinstance(answer, Found):
            return Found(self._defaults.keep(ctx.accepted(answer.job)))
        return cast("Finding", masked(answer, ctx.settings.secrets))

    def check_result(self, result: TryOnResult, ctx: CallContext) -> tuple[Problem, ...] | None:
        """Collect what judges find, None where none of them could judge; a fault is only logged."""
        found: list[Problem] = []
        is_judged = False
        secrets = ctx.settings.secrets
        for name, judge in self._judges:
            try:
                answers = judge(result=result, ctx=ctx)
                problems = [problem for answer in answers for problem in answer]
                if not all(isinstance(problem, Problem) for problem in problems):
                    raise TypeError("it returned something else than a list of Problem")  # noqa: TRY301
            except Exception as error:  # noqa: BLE001  (what is paid for is handed over)
                what = f"{type(error).__name__}: {_words(error, secrets).rstrip('.')}"
                ctx.logger.warning("%s failed in check_result(): %s. It is left out.", name, what)
                continue
            is_judged = is_judged or bool(answers)
            found.extend(problem for problem in problems if problem not in found)
        return tuple(masked(problem, secrets) for problem in found) if is_judged else None

    def _call(self, hook: str, **arguments: Any) -> Any:
        try:
            return getattr(self._caller, hook)(**arguments)
        except TryOnError as error:
            self._complete(error, hook, arguments)
            if isinstance(error, UnexpectedResponse):
                error.body = _body_of(arguments["ctx"])
            mask_error(error, arguments["ctx"].settings.secrets)
            raise
        except Exception as error:
            secrets = arguments["ctx"].settings.secrets
            culprit = self._culprit(error.__traceback__)
            mask_error(error, secrets)
            bug = self._bug(
                f"{culprit} raised {type(error).__name__} in {hook}(): {_words(error, secrets)}.",
                hook,
                arguments,
                culprit=culprit,
                remedy=f"This is a fault in {culprit}; report it to its author.",
                is_unsent=not _may_have_sent(arguments["ctx"], error),
            )
            bug.body = _body_of(arguments["ctx"])
            mask_error(bug, secrets)
            raise bug from error

    def _complete(self, error: TryOnError, hook: str, arguments: Mapping[str, Any]) -> None:
        """Fill in what the plugin did not say, and make the answers agree."""
        error.provider = error.provider or self.info.id
        if error.retry_after_s is None and not isinstance(error, NetworkError):
            error.ask_to_wait(_asked_pause_s(arguments["ctx"]))
        request = arguments.get("request")
        job = self._defaults.accepted if hook == "submit" else arguments.get("job")
        if job is not None and error.job is None:
            error.job = job
            if error.billed == "no" and not self.info.is_free(request):
                # The poll was free, but its job may not be.
                error.billed = "unknown"
        is_paid = hook in _PAID and not self.info.is_free(request)
        if is_paid and isinstance(error, NotSent) and _noted(arguments["ctx"], "may_have_sent"):
            # This request did not leave, but one before it did, in the same call.
            error.billed = "unknown"
        settle(error, is_paid=is_paid, has_succeeded=_noted(arguments["ctx"], "has_succeeded"))

    def _bug(
        self,
        message: str,
        hook: str,
        arguments: Mapping[str, Any],
        *,
        culprit: str,
        remedy: str,
        is_unsent: bool = False,
    ) -> ProviderBug:
        billed: Billed | None = "no" if is_unsent else None
        bug = ProviderBug(message, hook=hook, version=culprit, billed=billed, remedy=remedy)
        self._complete(bug, hook, arguments)
        bug.job = masked(bug.job, arguments["ctx"].settings.secrets)
        return bug

    def _expect(self, hook: str, kind: type, answer: Any, **arguments: Any) -> Any:
        if not isinstance(answer, kind):
            self._wrong(hook, kind.__name__, answer, **arguments)
        return answer

    def _wrong(self, hook: str, expected: str, answer: Any, **arguments: Any) -> NoReturn:
        # What the provider had accepted can only have been dropped by an extension around it.
        is_dropped = hook == "submit" and self._defaults.accepted is not None
        culprit = "an extension" if is_dropped else self._loaded.label
        raise self._bug(
            f"{culprit}: {hook}() returned {type(answer).__name__} instead of {expected}.",
            hook,
            arguments,
            culprit=culprit,
            remedy="Report it to the plugin's author.",
        )

    def _culprit(self, trace: TracebackType | None) -> str:
        """Name the plugin whose code is innermost in a traceback."""
        owners = [(entry, label_of(entry)) for entry in self._extensions]
        owners += [(self._defaults, "tryon-core"), (self._loaded.provider, self._loaded.label)]
        by_module = {type(owner).__module__: label for owner, label in owners}
        culprit = self._loaded.label
        for frame, _ in traceback.walk_tb(trace):
            # Several plugins may live in one module, and one plugin in several.
            this = frame.f_locals.get("self")
            own = [label for owner, label in owners if owner is this]
            culprit = own[0] if own else by_module.get(frame.f_globals.get("__name__", ""), culprit)
        return culprit


def _body_of(ctx: CallContext) -> str | None:
    """Return the beginning of the last answer, which perhaps cannot be fetched a second time."""
    answer = getattr(ctx.http, "last_answer", None)
    if answer is None:
        return None
    text = answer.body[:_MOST_BODY_BYTES].decode(errors="backslashreplace")
    return without_base64(redact(text, ctx.settings.secrets))[:_MOST_BODY_CHARS]


def _asked_pause_s(ctx: CallContext) -> float | None:
    """Return the seconds that the last answer asks to wait: no plugin has to read them."""
    answer = getattr(ctx.http, "last_answer", None)
    return None if answer is None else answer.retry_after_s


def _noted(ctx: CallContext, fact: str, *, default: bool = False) -> bool:
    return bool(getattr(ctx.http, fact, default))


def _may_have_sent(ctx: CallContext, error: Exception) -> bool:
    """Return whether the call may have sent a paid request before a plugin failed.

    A network that does not count, and an error of one, leave it open.
    """
    is_of_network = isinstance(error, OSError) and error.filename is None
    return is_of_network or _noted(ctx, "may_have_sent", default=True)


def _words(error: Exception, secrets: Sequence[str]) -> str:
    # Validators of attrs put the field, the rule and the value behind the message.
    is_validator = type(error) in {TypeError, ValueError} and error.args
    words = redact(str(error.args[0] if is_validator else error), secrets)
    # A validator quotes the value, which may be an image.
    is_long = is_validator and len(words) > _MOST_WORDS_CHARS
    return f"{words[:_MOST_WORDS_CHARS]}…" if is_long else words


class _Manager(pluggy.PluginManager):
    """Looks for hooks among the attributes that can be some.

    pluggy looks at every attribute of every plugin; each client has a manager of its own, and the
    attributes that Python gives to all objects were most of the time that making a client took.
    """

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> pluggy.HookspecOpts | None:
        return None if name.startswith("_") else super().parse_hookspec_opts(module_or_class, name)


def _build_manager(
    loaded: LoadedProvider, defaults: CoreDefaults, extensions: Sequence[object]
) -> pluggy.PluginManager:
    manager = _Manager(PROJECT)
    manager.add_hookspecs(RequiredHooks)
    manager.add_hookspecs(OptionalHooks)
    _register(manager, loaded.provider, loaded.label, loaded.info.id, OPTIONAL_HOOKS)
    hooks = (*REQUIRED_HOOKS, *OPTIONAL_HOOKS)
    for extension in extensions:
        _register(manager, extension, label_of(extension), loaded.info.id, hooks)
    # Registered last: of those that come last, pluggy puts the latest innermost.
    manager.register(defaults, "tryon-core")
    parsing = ("parse_garment",) if loaded.info.capabilities.parse_categories else ()
    looking_up = ("find_submission",) if loaded.info.look_up else ()
    for name in (*REQUIRED_HOOKS, *parsing, *looking_up):
        _require(manager, loaded, name)
    return manager


def _judges_of(manager: pluggy.PluginManager) -> list[tuple[str, pluggy.HookCaller]]:
    """Return a caller for each judge, with all wrappers, so that one that fails spoils no other."""
    judges = [entry for entry in manager.hook.check_result.get_hookimpls() if not entry.wrapper]
    callers = []
    for judge in reversed(judges):  # in the order in which pluggy asks
        others = [entry.plugin for entry in judges if entry is not judge]
        callers.append((judge.plugin_name, manager.subset_hook_caller("check_result", others)))
    return callers


def _register(
    manager: pluggy.PluginManager, plugin: object, label: str, provider: str, hooks: Sequence[str]
) -> None:
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
        _refuse_unmarked(manager, plugin, hooks)
    except (pluggy.PluginValidationError, ValueError, TypeError) as error:
        raise BrokenPlugin(
            f"{label} does not fit the hooks: {str(error).rstrip('.')}.",
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


def _refuse_unmarked(manager: pluggy.PluginManager, plugin: object, hooks: Sequence[str]) -> None:
    """Find methods that have the name of a hook and would never be called."""
    for name in hooks:
        is_method = callable(inspect.getattr_static(plugin, name, None))
        if is_method and manager.parse_hookimpl_opts(plugin, name) is None:
            raise TypeError(f"{name}() is not marked with @hookimpl, so nobody would call it")


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
