"""From what the caller gave to what the provider takes, or every problem at once."""

import attrs

from tryon_core.codec import make_options
from tryon_core.context import CallContext
from tryon_core.delivery import (
    R,
    fetch_remote,
    fit_images,
    publish_local,
    undeliverable,
    unreachable,
)
from tryon_core.errors import ValidationFailed
from tryon_core.http import NoHttp
from tryon_core.models import (
    ImageSource,
    NoOptions,
    Problem,
    ProviderInfo,
    UrlSource,
)
from tryon_core.session import Session


def with_options(info: ProviderInfo, request: R) -> R:
    """Return a request that was made elsewhere, with this provider's options.

    Raises:
        UnknownOption: its options are of another class.
    """
    given = None if isinstance(request.options, NoOptions) else request.options
    checked: object = make_options(info.options, given, provider=info.id)
    return attrs.evolve(request, options=checked)


def prepare(session: Session, request: R, *, fit: bool) -> R:
    """Return the request with images that the provider takes, local ones still local.

    Raises:
        ValidationFailed: every problem found.
    """
    capabilities = session.info.capabilities_for(request)
    request = fetch_remote(
        request,
        capabilities,
        session.transport,
        deadline_s=session.download_deadline_s(),
        trust=session.trust,
    )
    request, problems = check(session, request, fit=fit)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ValidationFailed(errors, provider=session.info.id)
    for problem in problems:
        session.note(f"{problem.field}: {problem.message}")
    return request


def check(session: Session, request: R, *, fit: bool) -> tuple[R, tuple[Problem, ...]]:
    """Return the request, fitted if asked, and all of its problems; nothing is sent."""
    unfit: tuple[Problem, ...] = ()
    if fit:
        capabilities = session.info.capabilities_for(request)
        request, unfit = fit_images(request, capabilities, session.note)
    return request, find_problems(session, request, unfit)


def find_problems(
    session: Session, request: R, unfit: tuple[Problem, ...] = ()
) -> tuple[Problem, ...]:
    """Return all problems of a request, those of images that could not be made to fit first."""
    ctx = session.context(request=request, http=NoHttp())
    found = session.bound.validate_inputs(request, ctx)
    # Fitting has looked at the whole picture, validation only at its header.
    known = {problem.field for problem in unfit}
    told = unfit + tuple(problem for problem in found if problem.field not in known)
    told += unreachable(request, session.info, is_private_allowed=session.reads_private)
    return told if session.bound.can_publish else told + undeliverable(request, session.info)


def deliver(session: Session, request: R, ctx: CallContext) -> R:
    """Return the request with addresses for local images, when the provider wants those.

    Raises:
        TryOnError: an image cannot be published.
    """

    def publish(image: ImageSource) -> UrlSource:
        return session.published.get(
            image, request, lambda local: session.bound.publish_image(local, ctx)
        )

    return publish_local(request, session.info.capabilities_for(request), publish)
