"""The provider of a vendor that is declared as data."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import attrs

from tryon_core.codec import Amount, option_specs
from tryon_core.context import CallContext
from tryon_core.error_table import ErrorTable
from tryon_core.errors import (
    AccountError,
    CancelRefused,
    JobCancelled,
    JobExpired,
    LimitError,
)
from tryon_core.filling import Filling, nothing_at, result_at
from tryon_core.hookspecs import hookimpl
from tryon_core.http import HttpResponse, Place, ask_where_named, named_address, places_in
from tryon_core.models import (
    Balance,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
)
from tryon_core.routes import (
    HOLE,
    BalanceRoute,
    CancelRoute,
    JobPath,
    PollRoute,
    Rows,
    SubmitRoute,
    faults,
)

RouteT = TypeVar("RouteT")
_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_OVER = {JobState.SUCCEEDED, JobState.FAILED}


@attrs.frozen(kw_only=True, eq=False, slots=False, repr=False)
class DeclaredProvider:
    """A vendor that takes JSON, answers with a job, and is polled until the images are there.

    Make a subclass, with a docstring that says what the vendor is, and an instance of it. Where the
    vendor is odd, write the hook in the subclass; it may call that of this class by `super()`.
    Hooks whose route is not given are not offered.

    Attributes:
        info: what the vendor declares.
        table: its errors, and where answers have code, message and request id.
        submit_route: how to submit; one for all models, or one by each value of the option `model`.
            None where the subclass writes `submit`.
        poll_route: how to poll.
        cancel_route: how to stop a job.
        balance_route: where the balance is.

    Raises:
        ValueError: it names everything in the routes that cannot be meant.
    """

    info: ProviderInfo
    table: ErrorTable
    poll_route: PollRoute
    submit_route: SubmitRoute | Rows | None = None
    cancel_route: CancelRoute | None = None
    balance_route: BalanceRoute | None = None

    def __attrs_post_init__(self) -> None:
        routes = (self.poll_route, self.cancel_route, self.balance_route)
        found = [*faults(self.info, self._rows, routes)]
        if not self._rows and type(self).submit is DeclaredProvider.submit:
            found.append("submit_route: it is missing")
        if self.info.errors != self.table.entries:
            found.append("info.errors is not table.entries")
        if found:
            raise ValueError(f"{self.info.id}: {'; '.join(found)}.")
        for hook, route in (("cancel", self.cancel_route), ("read_balance", self.balance_route)):
            if route is None and getattr(type(self), hook) is getattr(DeclaredProvider, hook):
                object.__setattr__(self, hook, None)  # not offered

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find nothing beyond the declared limits."""
        del request, ctx
        return ()

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send the one paid request; an answer that names a job has made one."""
        model = str(getattr(request.options, "model", ""))
        row = _given(self._row(model))
        filling = Filling(row=row, model=model, request=request, ctx=ctx)
        answer = ctx.http.post(filling.path(), json=filling.body(), headers=filling.headers())
        job_id = answer.id_at(*places_in(row.job_id))
        if job_id is not None:
            return self.new_job(job_id, answer, ctx, model=model)
        if not answer.is_success or self._has_known_code(answer):
            raise self.table.refusal(answer)
        call = self.table.request_id_in(answer)
        raise answer.no_job(places_in(row.job_id)[0], request_id=call)

    def new_job(
        self, job_id: str, answer: HttpResponse, ctx: CallContext, *, model: str = ""
    ) -> Job:
        """Return the job that an answer to a submission names, with where to ask for it.

        For a `submit` of a subclass.

        Args:
            job_id: the vendor's id of it.
            answer: the answer.
            ctx: the call's context.
            model: the model that was asked, empty for a vendor without models.
        """
        call = self.table.request_id_in(answer)
        job = ctx.new_job(job_id, request_id=call, data={"model": model} if model else {})
        urls = {}
        for what, (place, _) in self._asked(job).items():
            named = answer.text_at(place)
            _, urls[f"{what}_url"] = self._where(what, job, ctx, named=named, asked=answer.url)
        data = {name: url for name, url in urls.items() if url is not None}
        return attrs.evolve(job, data={**job.data, **data})

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the state and, where they are in an answer of their own, for the images."""
        row, route = self._row(self._model(job)), self._polled(job)
        id_at = places_in(route.job_id or (row.job_id if row else ()))

        def tells(answer: HttpResponse) -> bool:
            is_ours = _named(answer, id_at, job) in {None, job.id}
            return answer.is_success and is_ours and bool(answer.text_at(route.state))

        answer = self._ask("poll", job, ctx, tells)
        if not answer.is_success:
            return self._not_polled(answer)
        word = answer.text_at(route.state)
        if not word and self._has_known_code(answer):
            raise self.table.poll_refusal(answer)
        if not word:
            raise nothing_at(answer, route.state)
        progress = answer.text_at(route.progress, or_number=True)
        name = next(iter(places_in(route.progress)), "").rpartition(".")[2]
        update = JobUpdate(
            state=route.states.get(word, JobState.UNKNOWN),
            vendor_status=f"{word} ({f'{name} {progress}'.strip()})" if progress else word,
            request_id=self.table.request_id_in(answer),
            job_id=_named(answer, id_at, job),
        )
        if update.state not in _OVER or update.job_id not in {None, job.id}:
            return update  # the core refuses what speaks of another job
        if update.state is JobState.FAILED:
            return self._failed(update, answer, route)
        if route.result_path:
            answer = self._ask("result", job, ctx, _is_there)
            if not answer.is_success:
                return self._without_result(update, answer, route)
        return attrs.evolve(update, result=self._result(answer, route))

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask to stop the job, which costs nothing and may be repeated."""
        route = _given(self.cancel_route)
        path, named = self._where("cancel", job, ctx)
        send: Mapping[str, Callable[..., HttpResponse]] = {
            "POST": partial(ctx.http.post, idempotent=True),
            "PUT": ctx.http.put,
            "DELETE": ctx.http.delete,
        }
        answer = send[route.method](named or path, headers=ctx.headers)
        if not answer.is_success:
            refusal = self.table.refusal(answer)
            if isinstance(refusal, CancelRefused):
                raise refusal
            return self._not_polled(answer)
        word, call = answer.text_at(route.state), self.table.request_id_in(answer)
        states = route.states or self._polled(job).states
        state = states.get(word, JobState.UNKNOWN) if route.state else JobState.CANCELLED
        return JobUpdate(state=state, vendor_status=word or "cancelled", request_id=call)

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask what is left on the account."""
        route = _given(self.balance_route)
        answer = ctx.http.get(route.path)
        if self._has_known_code(answer):
            raise self.table.poll_refusal(answer)
        amount = self.table.read(answer, Amount, at=route.amount)
        return Balance(amount=amount, unit=route.unit, as_of=ctx.clock.now())

    @property
    def _rows(self) -> Rows:
        route = self.submit_route or {}
        return {"": route} if isinstance(route, SubmitRoute) else route

    def _row(self, model: str) -> SubmitRoute | None:
        return self._rows.get(model) or self._rows.get("")

    def _model(self, job: Job) -> str:
        """Return the model that a job is for; a token may have been written by anybody."""
        known = {spec.name: spec for spec in option_specs(self.info.options)}.get("model")
        model = job.data.get("model", "")
        return model if known is None or model in known.choices else str(known.made_default)

    def _polled(self, job: Job) -> PollRoute:
        row = self._row(self._model(job))
        return (row.poll_route if row else None) or self.poll_route

    def _asked(self, job: Job) -> dict[str, tuple[Place, JobPath]]:
        """Return what is asked for a job: where its address is named, and its documented path."""
        route, stop = self._polled(job), self.cancel_route
        asked = {"poll": (route.named, route.path)}
        asked["result"] = (route.result_named, route.result_path)
        return asked if stop is None else {**asked, "cancel": (stop.named, stop.path)}

    def _where(
        self, what: str, job: Job, ctx: CallContext, *, named: str = "", asked: str = ""
    ) -> tuple[str, str | None]:
        """Return the documented path, and the address that the vendor named if it is of use."""
        path = self._asked(job)[what][1]
        job_id = quote(job.id, safe="", errors="surrogatepass")
        values = {"id": job_id, "model": quote(self._model(job))}
        path = _filled(path(job) if callable(path) else path, values)
        base_url = ctx.settings.text("base_url")
        documented = f"{base_url}/{path.lstrip('/')}"
        kept = job.data.get(f"{what}_url", "")
        url = named_address(
            named or kept, asked=asked or documented, base_url=base_url, documented=documented
        )
        return path, url if named or url == kept else None  # a token may be by anybody

    def _ask(
        self, what: str, job: Job, ctx: CallContext, is_answer: Callable[[HttpResponse], bool]
    ) -> HttpResponse:
        """Ask where the vendor said, else at the documented path."""
        path, named = self._where(what, job, ctx)
        route = self._polled(job)
        most = route.max_answer_bytes
        if named is not None:
            return ask_where_named(
                ctx.http,
                named,
                path,
                headers=ctx.headers,
                is_answer=is_answer,
                max_answer_bytes=most,
            )
        values = {"id": job.id, "model": self._model(job)}
        params = route.params if what == "poll" else {}
        asked = {name: _filled(text, values) for name, text in params.items()}
        return ctx.http.get(path, params=asked, max_answer_bytes=most)

    def _has_known_code(self, answer: HttpResponse) -> bool:
        code = self.table.code_in(answer)
        return bool(code) and self.table.find(code, answer.status) is not None

    def _not_polled(self, answer: HttpResponse) -> JobUpdate:
        """Tell a job that the vendor does not know from a refused poll, and from a gateway's 404.

        The vendor's own has a code, or its text where the table has no code for it.
        """
        has_code = any(issubclass(entry.error, JobExpired) for entry in self.table.entries)
        said = self.table.code_in(answer) or (not has_code and self.table.message_in(answer))
        if answer.status == HTTPStatus.NOT_FOUND and said:
            call = self.table.request_id_in(answer)
            return JobUpdate(state=JobState.NOT_FOUND, vendor_status="404", request_id=call)
        raise self.table.poll_refusal(answer)

    def _failed(self, update: JobUpdate, answer: HttpResponse, route: PollRoute) -> JobUpdate:
        code, message = self.table.code_in(answer), self.table.message_in(answer)
        entry = self.table.find(code, answer.status)
        kind = entry.error if entry else None
        if kind is not None and issubclass(kind, JobExpired):
            raise self.table.refusal(answer, code=code, message=message)
        is_cancelled = kind is not None and issubclass(kind, JobCancelled)
        billed = route.failure_billed
        failure = self.table.failure(
            code=code,
            message=message or "no reason given",
            http_status=answer.status,
            billed=billed(answer) if callable(billed) else billed,
        )
        state = JobState.CANCELLED if is_cancelled else JobState.FAILED
        return attrs.evolve(update, state=state, failure=failure)

    def _without_result(
        self, update: JobUpdate, answer: HttpResponse, route: PollRoute
    ) -> JobUpdate:
        """Tell a failed job, whose code comes instead of its images, from a refused call."""
        refusal = self.table.refusal(answer)
        is_ours = isinstance(refusal, (AccountError, LimitError))
        if answer.status == HTTPStatus.NOT_FOUND or not refusal.vendor_code or is_ours:
            return self._not_polled(answer)
        failed = self._failed(update, answer, route)
        may_pass = not self._has_known_code(answer)
        return attrs.evolve(failed, state=JobState.UNKNOWN) if may_pass else failed

    def _result(self, answer: HttpResponse, route: PollRoute) -> JobResult:
        """Return the images that can be read; one that cannot does not lose the others."""
        result = result_at(answer, route.outputs)
        usage = {name: answer.text_at(at, or_number=True) for name, at in route.usage.items()}
        return attrs.evolve(result, usage={name: text for name, text in usage.items() if text})


def _filled(text: str, values: Mapping[str, str]) -> str:
    return HOLE.sub(lambda hole: values[hole[1]], text)


def _is_there(answer: HttpResponse) -> bool:
    return answer.status not in _NOT_THERE and bool(answer.json_object())


def _named(answer: HttpResponse, id_at: Sequence[str], job: Job) -> str | None:
    """Return the job that an answer speaks of; a number says nothing where ids are texts."""
    named = answer.id_at(*id_at)
    return None if named and named.isdecimal() and not job.id.isdecimal() else named


def _given(route: RouteT | None) -> RouteT:
    if route is None:
        raise TypeError("the route of this hook is not given")
    return route
