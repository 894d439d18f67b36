"""Outfits of a top and a bottom: two requests where the vendor takes one garment at a time."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import attrs

from tryon_core.errors import OutcomeUnknown, TryOnError, ValidationFailed
from tryon_core.images import fit as fitted
from tryon_core.images.files import describe
from tryon_core.lost_answers import find_remembered
from tryon_core.models import (
    BytesSource,
    ImageSource,
    Job,
    PathSource,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.preparing import (
    Prepared,
    check,
    digests_of,
    fingerprint,
    prepare,
    prepare_submission,
    published,
    undeliverable,
)
from tryon_core.remembered import JobStore, RememberedState
from tryon_core.results import TryOnResult
from tryon_core.session import Session
from tryon_core.settings import require_settings
from tryon_core.validation import rules_for

OUTFIT = frozenset({"top", "bottom"})
Send: TypeAlias = Callable[[Prepared], Job]
"""Sends a paid request."""
Wait: TypeAlias = Callable[[Job, TryOnRequest], TryOnResult]
"""Waits for the job of a request, and fetches its images."""
_OPEN: tuple[RememberedState, ...] = ("unknown", "accepted", "fetched")
_GIVEN: tuple[RememberedState, ...] = (*_OPEN, "saved")
_STAND_IN = BytesSource(b"", name="the image of the first step")


def outfit_steps(info: ProviderInfo, request: TryOnRequest) -> tuple[TryOnRequest, ...]:
    """Return the requests that put a request's garments on: itself, or the two steps of an outfit.

    The bottom comes first, and the top is put on its image: so the hem of the top lies over the
    waistband as it is worn, and the face is that of the later image. The options are those of both
    steps, but for those that count images: of the first step one image is used.

    Args:
        info: the provider.
        request: what is asked for; one that the vendor takes whole stays whole.
    """
    offered = info.capabilities_for(request).garments
    is_whole = set(request.garments) != OUTFIT or OUTFIT in offered
    if (
        is_whole
        or request.keep is not None
        or not all(frozenset({one}) in offered for one in OUTFIT)
    ):
        return (request,)
    first, second = attrs.evolve(request, top=None), attrs.evolve(request, bottom=None)
    return _for_one_image(info, first), second


def _for_one_image(info: ProviderInfo, request: TryOnRequest) -> TryOnRequest:
    for name, value in attrs.asdict(request.options, recurse=False).items():
        if type(value) is int and value > 1:
            with contextlib.suppress(ValueError):  # 1 may be too little for a number of pixels
                options = attrs.evolve(request.options, **{name: 1})
                fewer = attrs.evolve(request, options=options)
                if info.count_outputs(fewer) < info.count_outputs(request):
                    request = fewer
    return request


def check_outfit(
    session: Session, first: TryOnRequest, second: TryOnRequest, *, fit: bool
) -> tuple[Problem, ...]:
    """Return the problems of both steps; nothing is sent or fetched.

    The person of the second step is not there yet: the given one stands for it.
    """
    found = [problem for step in (first, second) for problem in check(session, step, fit=fit)[1]]
    return tuple(dict.fromkeys((*found, *undeliverable_first(session, second))))


def undeliverable_first(session: Session, second: TryOnRequest) -> tuple[Problem, ...]:
    """Return the problem of a first step whose image nothing could bring to the vendor."""
    if session.bound.can_publish:
        return ()
    found = undeliverable(attrs.evolve(second, person=_STAND_IN), session.info)
    return tuple(problem for problem in found if problem.field == "person")


def prepare_outfit(
    session: Session, first: TryOnRequest, second: TryOnRequest, *, fit: bool
) -> tuple[TryOnRequest, TryOnRequest]:
    """Return both steps with images that the provider takes; only the second's person is to come.

    Raises:
        ValidationFailed: every problem of both.
    """
    problems: list[Problem] = []
    ready: list[TryOnRequest] = []
    for step in (first, second):
        # What was fetched or fitted for the first step is not done again.
        known = attrs.evolve(step, person=ready[0].person) if ready else step
        try:
            ready.append(prepare(session, known, fit=fit))
        except ValidationFailed as error:
            problems += error.problems
    problems += undeliverable_first(session, second)
    if problems:
        raise ValidationFailed(tuple(dict.fromkeys(problems)), provider=session.info.id)
    return ready[0], ready[1]


def on_first_image(session: Session, second: TryOnRequest, image: ImageSource) -> TryOnRequest:
    """Return the second step with the image of the first as its person, made to fit if need be.

    Raises:
        UnusableImage: it cannot be made to fit.
    """
    rules = rules_for("person", session.info.capabilities_for(second))
    found = fitted(image, rules, field="person")
    for change in found.changes:
        session.note(f"the image of the first step: {change}")
    return attrs.evolve(second, person=found.source)


def try_on_outfit(
    session: Session,
    first: TryOnRequest,
    second: TryOnRequest,
    *,
    fit: bool,
    jobs: JobStore,
    send: Send,
    wait: Wait,
) -> TryOnResult:
    """Put on a bottom, and then a top on its image; return the result of that.

    Nothing is sent that an equal call has sent within a day and whose result is not saved: its job
    is gone on with. The image of the first step is kept on disk for that time, and used again.

    Raises:
        ValidationFailed: every problem of both steps; nothing was sent.
        OutcomeUnknown: an earlier call sent a step, and what became of it is not known.
        TryOnError: as `send` and `wait`; the message says in which step.
    """
    require_settings(session.info, session.settings)
    first, second = prepare_outfit(session, first, second, fit=fit)
    steps = _Steps(session, jobs, send, wait)
    with _named("step 1 of 2, the bottom", paid=False):
        image, is_paid = steps.first_image(first, second)
    with _named("step 2 of 2, the top", paid=is_paid and not session.info.is_free(first)):
        request = on_first_image(session, second, image)
        prepared = prepare_submission(session, request, fit=fit)
        with session.parsings.turn(prepared.fingerprint):
            job, _ = steps.job_of(prepared, _OPEN)
        return wait(job, request)


@attrs.frozen
class _Steps:
    """What both steps of one call need."""

    session: Session
    jobs: JobStore
    send: Send
    wait: Wait

    def first_image(self, first: TryOnRequest, second: TryOnRequest) -> tuple[BytesSource, bool]:
        """Return the image of the first step, and whether it was paid for now."""
        mark = fingerprint(self.session.info.id, first, digests_of(first))
        answers, is_paid = self.session.answers, False
        key = f"{mark} {self.session.account} {self.session.settings.address}"
        with self.session.parsings.turn(mark):
            data = answers.first_image(key)
            if data is None:
                job, is_paid = self.job_of(published(self.session, first), _GIVEN)
                self.jobs.followed(job, {"top": _place_of(second.top)})
                image = self.wait(job, first).images[0]
                data = image.data
                if image.is_checked:
                    answers.keep_first_image(key, data)
        return BytesSource(data, name="the image of the first step"), is_paid

    def job_of(self, prepared: Prepared, states: Sequence[RememberedState]) -> tuple[Job, bool]:
        """Return the job of equal work that stands so, or of a new request; and if it is that."""
        known = self.jobs.of_work(
            prepared.fingerprint,
            states,
            account=self.session.account,
            base_url=self.session.settings.address,
        )
        if known is None:
            return self.send(prepared), True
        if known.job is not None:
            return known.job, False
        if self.session.info.look_up is None:
            raise OutcomeUnknown(
                f"an earlier call sent it ({known.id}), and its answer never came here.",
                fingerprint=prepared.fingerprint,
                provider=self.session.info.id,
                remedy="Look at the vendor's dashboard whether it was accepted. To send it again, "
                f"forget it first: tryon jobs --forget {known.id}",
            )
        return find_remembered(self.session, known, jobs=self.jobs), False


@contextmanager
def _named(step: str, *, paid: bool) -> Iterator[None]:
    """Let errors say in which step, and whether the one before was paid."""
    try:
        yield
    except TryOnError as error:
        error.reword(f"{step}: {error.message}")
        if paid and error.billed == "no":
            error.billed = "yes"
            error.remedy = (
                f"{error.remedy} The bottom is paid, and its image is kept for a day: an equal "
                "call does not pay for it again."
            ).strip()
        raise


def _place_of(image: ImageSource | None) -> str:
    """Return how a command names an image; of one in memory, what messages call it."""
    if isinstance(image, PathSource):
        return str(image.path.absolute())
    if isinstance(image, UrlSource):
        return image.url
    return "" if image is None else describe(image)
