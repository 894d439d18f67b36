"""Outfits of a top and a bottom: two requests where the vendor takes one garment at a time."""

import contextlib

import attrs

from tryon_core.errors import ValidationFailed
from tryon_core.images import fit as fitted
from tryon_core.models import (
    BytesSource,
    ImageSource,
    Problem,
    ProviderInfo,
    TryOnRequest,
)
from tryon_core.preparing import check, prepare, undeliverable
from tryon_core.session import Session
from tryon_core.validation import rules_for

OUTFIT = frozenset({"top", "bottom"})
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
    session: Session, request: TryOnRequest, *, fit: bool = False
) -> tuple[Problem, ...]:
    """Return the problems of all steps of a request; nothing is sent or fetched.

    The person of a second step is not there yet: the given one stands for it.
    """
    steps = outfit_steps(session.info, request)
    found = [problem for step in steps for problem in check(session, step, fit=fit)[1]]
    if len(steps) > 1:
        found += undeliverable_first(session, steps[1])
    return tuple(dict.fromkeys(found))


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
