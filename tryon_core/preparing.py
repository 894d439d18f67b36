"""All that is done before the paid request, and costs nothing: fetch, fit, validate, publish."""

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

from tryon_core.codec import make_options
from tryon_core.context import CallContext
from tryon_core.errors import (
    DownloadFailed,
    UnknownOption,
    UnusableImage,
    ValidationFailed,
)
from tryon_core.http import NoHttp
from tryon_core.images import digest, fit, looked_at_once, probe
from tryon_core.images.files import describe
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageRules,
    ImageSource,
    Keepable,
    LibraryModel,
    NoOptions,
    PaidParsing,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
    canonical,
    problem_of,
    strip_query,
)
from tryon_core.session import Session
from tryon_core.settings import require_each
from tryon_core.transport import is_private_url
from tryon_core.validation import GARMENT_COMBINATION, base64_share, check_keep, rules_for

NOT_PUBLISHED = "image_not_published"
"""Code of the problem of a local image that nothing can bring to the provider."""
_FINGERPRINT_VERSION = 1
R = TypeVar("R", TryOnRequest, ParseRequest)


@attrs.frozen(kw_only=True)
class Prepared:
    """A request of which all is done that costs nothing.

    Attributes:
        request: validated, its images in the form that the vendor takes.
        fingerprint: identifies the work.
        digests: of its images by field, as they were before they were published.
        keep: what is still to be found on the photo before it can be sent, see `keep_worn`.
        photo: the person as given, where something is to be kept.
        parsings: the calls that were paid to find it.
    """

    request: TryOnRequest
    fingerprint: str
    digests: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    keep: Keepable | None = None
    photo: ImageSource | None = None
    parsings: tuple[PaidParsing, ...] = ()


def prepare_submission(
    session: Session, request: TryOnRequest, *, fit: bool, parser: Session | None = None
) -> Prepared:
    """Fetch, fit, validate and publish: all that costs nothing.

    Args:
        session: of the provider that tries on.
        request: what is asked for.
        fit: make local images fit the limits.
        parser: of the provider that finds what is to be kept, None for the same one.

    Raises:
        MissingCredential: a key is missing; of both providers, all that are.
        ValidationFailed: every problem found.
        TryOnError: an image cannot be fetched or published.
    """
    parsing = needed_parsing(session, request, parser)
    require_all_settings(session, *([parser] if parsing and parser else []))
    with looked_at_once():
        local = prepare(session, request, fit=fit, parser=parser)
        kept_by = (parser or session).info.id if parsing else None
        prepared = published(session, local, kept_by=kept_by)
        if parsing is None:
            return prepared
        return attrs.evolve(prepared, keep=request.keep, photo=parsing.image)


def published(session: Session, local: TryOnRequest, *, kept_by: str | None = None) -> Prepared:
    """Publish the images of a request that has passed all checks.

    Raises:
        TryOnError: an image cannot be published.
    """
    digests = digests_of(local)
    mark = fingerprint(session.info.id, local, digests, kept_by=kept_by)
    local = attrs.evolve(local, keep=None)
    ctx = session.context(request=local, fingerprint=mark, digests=digests)
    return Prepared(request=deliver(session, local, ctx), fingerprint=mark, digests=digests)


def digests_of(request: TryOnRequest | ParseRequest) -> Mapping[str, str]:
    """Return the digest of each image of a request, by field.

    Raises:
        UnusableImage: a local image cannot be read.
    """
    return {field: digest(source) for field, source in request.images.items()}


def require_all_settings(*sessions: Session) -> None:
    """Refuse to go on when a required setting of any of these has no value.

    Raises:
        MissingCredential: names all that are missing.
    """
    require_each((session.info, session.settings) for session in sessions)


def needed_parsing(
    session: Session, request: TryOnRequest, parser: Session | None
) -> ParseRequest | None:
    """Return what is to be asked for what is worn, None where nothing is.

    Raises:
        UnknownOption: the parser cannot do without options.
    """
    able = session.info.capabilities_for(request)
    if request.keep is None or able.keeps_unnamed_garments:
        return None
    if isinstance(request.person, LibraryModel):
        return None
    if parser is None or parser.info.id == session.info.id:
        options = request.options
        return ParseRequest(image=request.person, categories=request.keep, options=options)
    return with_options(parser.info, ParseRequest(image=request.person, categories=request.keep))


def fingerprint(
    provider: str,
    request: TryOnRequest,
    digests: Mapping[str, str],
    *,
    kept_by: str | None = None,
) -> str:
    """Return a hex digest that is equal for equal work and differs otherwise.

    Images count by their digests, so that a renamed file is the same work; an image given by URL
    counts by its address, since its content is not known. A garment that is kept counts by the
    photo, and by the provider that looks for it.
    """
    person = request.person
    facts = {
        "version": _FINGERPRINT_VERSION,
        "provider": provider,
        "options": request.options,
        "images": digests,
        "library": person if isinstance(person, LibraryModel) else None,
        **({} if kept_by is None else {"keep": [request.keep, kept_by]}),
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def with_options(info: ProviderInfo, request: R) -> R:
    """Return a request that was made elsewhere, with this provider's options.

    Raises:
        UnknownOption: its options are of another class.
    """
    given = None if isinstance(request.options, NoOptions) else request.options
    checked: object = make_options(info.options, given, provider=info.id)
    return attrs.evolve(request, options=checked)


def prepare(session: Session, request: R, *, fit: bool, parser: Session | None = None) -> R:
    """Return the request with images that the provider takes, local ones still local.

    Raises:
        ValidationFailed: every problem found.
    """
    request = with_remote_fetched(session, request, fit=fit)
    request, problems = check(session, request, fit=fit, parser=parser)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ValidationFailed(errors, provider=session.info.id)
    for problem in problems:
        session.note(f"{problem.field}: {problem.message}")
    return request


def check(
    session: Session, request: R, *, fit: bool, parser: Session | None = None
) -> tuple[R, tuple[Problem, ...]]:
    """Return the request, fitted if asked, and all of its problems; nothing is sent."""
    unfit: tuple[Problem, ...] = ()
    with looked_at_once():
        of_photo = problems_of_photo(
            session, request, parser, lambda parsing, by: check(by, parsing, fit=fit)[1]
        )
        if fit:
            capabilities = session.info.capabilities_for(request)
            request, unfit = fit_images(request, capabilities, session.note)
        return request, find_problems(session, request, unfit, parser=parser) + of_photo


def problems_of_photo(
    session: Session,
    request: TryOnRequest | ParseRequest,
    parser: Session | None,
    look: Callable[[ParseRequest, Session], tuple[Problem, ...]],
) -> tuple[Problem, ...]:
    """Return why another provider cannot find on the photo what is to be kept.

    Args:
        session: of the provider that tries on.
        request: one that parses keeps nothing.
        parser: of the other provider; the same one has looked at its photo already.
        look: finds the problems of a parsing.
    """
    if isinstance(request, ParseRequest) or parser is None or parser.info.id == session.info.id:
        return ()
    try:
        parsing = needed_parsing(session, request, parser)
    except UnknownOption as error:
        return (Problem("parser", f"{error}"),)
    if parsing is None:
        return ()
    return tuple(
        attrs.evolve(problem, field="person", message=f"for {parser.info.name}, {problem.message}")
        for problem in look(parsing, parser)
        if problem.field != "categories"  # of the request
    )


def find_problems(
    session: Session,
    request: TryOnRequest | ParseRequest,
    unfit: tuple[Problem, ...] = (),
    *,
    parser: Session | None = None,
) -> tuple[Problem, ...]:
    """Return all problems of a request, those of images that could not be made to fit first."""
    of_keep: tuple[Problem, ...] = ()
    is_alone = True
    if isinstance(request, TryOnRequest) and request.keep is not None:
        of_keep = check_keep(request, session.info, (parser or session).info)
        is_alone = session.info.capabilities_for(request).keeps_unnamed_garments
        request = attrs.evolve(request, keep=None)
    ctx = session.context(request=request, http=NoHttp())
    found = session.bound.validate_inputs(request, ctx)
    if not is_alone:  # what is sent is judged by `check_keep`
        found = tuple(problem for problem in found if problem.code != GARMENT_COMBINATION)
    # Fitting has looked at the whole image, validation only at its header.
    known = {problem.field for problem in unfit}
    problems = unfit + tuple(problem for problem in found if problem.field not in known) + of_keep
    problems += unreachable(request, session.info, is_private_allowed=session.reads_private)
    return (
        problems if session.bound.can_publish else problems + undeliverable(request, session.info)
    )


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


def with_remote_fetched(session: Session, request: R, *, fit: bool) -> R:
    """Download the images that the caller gave by URL, when the provider takes uploads only.

    Raises:
        ValidationFailed: names every field whose address cannot be fetched.
    """
    capabilities = session.info.capabilities_for(request)
    if "url" in capabilities.delivery:
        return request
    deadline_s = session.download_deadline_s()

    def fetched(field: str, source: ImageSource) -> ImageSource:
        if not isinstance(source, UrlSource):
            return source
        try:
            download = session.transport.download(
                source.url,
                # What is too large for the provider may be made to fit.
                max_bytes=None if fit else rules_for(field, capabilities).max_bytes,
                deadline_s=deadline_s,
                trust=session.trust,
            )
        except DownloadFailed as error:
            raise UnusableImage(
                error.message,
                field=field,
                code="not_fetched",
                remedy=error.change
                or "Check the address, or download the image and pass the file.",
            ) from error
        return BytesSource(download.data, name=source.url.partition("?")[0].rpartition("/")[2])

    return _map_images(request, fetched)


def fit_images(
    request: R, capabilities: Capabilities, note: Callable[[str], None]
) -> tuple[R, tuple[Problem, ...]]:
    """Make local images fit the provider's limits; `note` is called with what was changed.

    Returns:
        The request, in which an image that cannot be opened or made to fit stays as it is; and the
        problems of such images, to be reported together with everything that validation finds.
    """
    fitted, problems, changes = _fitted(request, lambda field: rules_for(field, capabilities))
    share = base64_share(fitted.images, capabilities)
    if share is not None:  # from the originals again, so that nothing is encoded twice
        fitted, problems, changes = _fitted(
            request, lambda field: rules_for(field, capabilities).narrowed(share)
        )
    for change in changes:
        note(change)
    return fitted, tuple(problems)


def _fitted(
    request: R, rules_of: Callable[[str], ImageRules]
) -> tuple[R, list[Problem], list[str]]:
    problems: list[Problem] = []
    changes: list[str] = []

    def fitted(field: str, source: ImageSource) -> ImageSource:
        if isinstance(source, UrlSource):
            return source
        try:
            answer = fit(source, rules_of(field), field=field)
        except UnusableImage as error:
            problems.append(problem_of(error, field))
            return source
        changes.extend(answer.changes)
        return answer.source

    return _map_images(request, fitted), problems, changes


def scale_between(sent: ImageSource, given: ImageSource) -> tuple[float, float]:
    """Return how much wider and higher the given image is than the one that was sent."""
    if sent == given or isinstance(sent, UrlSource) or isinstance(given, UrlSource):
        return 1.0, 1.0
    small, large = probe(sent, field="image"), probe(given, field="image")
    if not (small.width_px and small.height_px and large.width_px and large.height_px):
        return 1.0, 1.0
    return large.width_px / small.width_px, large.height_px / small.height_px


def publish_local(
    request: R, capabilities: Capabilities, publish: Callable[[ImageSource], UrlSource]
) -> R:
    """Give local images an address, when the provider takes addresses only."""
    if "upload" in capabilities.delivery:
        return request

    def published(field: str, source: ImageSource) -> ImageSource:
        del field
        return source if isinstance(source, UrlSource) else publish(source)

    return _map_images(request, published)


def undeliverable(request: TryOnRequest | ParseRequest, info: ProviderInfo) -> tuple[Problem, ...]:
    """Return a problem for each local image, when nothing can bring it to the provider."""
    if "upload" in info.capabilities_for(request).delivery:
        return ()
    is_one_of_many = "upload" in info.capabilities.delivery
    who = getattr(request.options, "model", "") if is_one_of_many else info.name
    return tuple(
        Problem(
            field,
            f"{who} takes images by address only, and {describe(source)} is local. Put it "
            "where the vendor can read it and pass its https address, or use an extension that "
            "publishes images, such as s3.",
            code=NOT_PUBLISHED,
        )
        for field, source in request.images.items()
        if not isinstance(source, UrlSource)
    )


def unreachable(
    request: TryOnRequest | ParseRequest, info: ProviderInfo, *, is_private_allowed: bool
) -> tuple[Problem, ...]:
    """Return a problem for each address of this machine or of a private network."""
    if is_private_allowed:
        return ()
    is_vendors = "url" in info.capabilities_for(request).delivery
    who = f"{info.name} cannot read it" if is_vendors else "it is not asked for images"
    return tuple(
        Problem(
            field,
            f"the address {strip_query(source.url)} is one of this machine or of a private "
            f"network: {who}. Download the image and pass the file, or pass a public address. "
            "Where that network is yours, allow_private_addresses=True opens it.",
            code="private_address",
        )
        for field, source in request.images.items()
        if isinstance(source, UrlSource) and is_private_url(source.url)
    )


def _map_images(request: R, change: Callable[[str, ImageSource], ImageSource]) -> R:
    changed: dict[str, ImageSource] = {}
    problems: list[Problem] = []
    for field, source in request.images.items():
        try:
            changed[field] = change(field, source)
        except UnusableImage as error:
            problems.append(problem_of(error, field))
    if problems:
        raise ValidationFailed(problems)
    return request.with_images(changed)
