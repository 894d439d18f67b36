"""What a run would send: the real calls, over a network that notes each request and sends none."""

import hashlib
import io
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeAlias

import attrs
import requests
import urllib3

from tryon_core import (
    BytesSource,
    CallContext,
    Clock,
    ImageSource,
    Job,
    ParseRequest,
    Problem,
    SubmitPolicy,
    TransportPolicy,
    TryOnRequest,
    UrlSource,
    hookimpl,
    upload_name,
)
from tryon_core.dispatch import BoundProvider
from tryon_core.engine import (
    BASE_URL,
    Prepared,
    Session,
    needed_parsing,
    on_first_image,
    outfit_steps,
    prepare_outfit,
    prepare_submission,
    submit_prepared,
)
from tryon_core.images import digest
from tryon_core.preparing import deliver, digests_of, prepare, published
from tryon_core.registry import LoadedProvider
from tryon_core.settings import missing_settings
from tryon_core.transport import Transport
from tryon_core.transport.connections import CURRENT
from tryon_core.transport.exchange import Exchanger
from tryon_core.transport.streaming import OpenFile, StreamedBody

Step: TypeAlias = Literal["fetch", "publish", "parse", "submit", "poll"]
"""What a request is for: `fetch` an image that was given by address, `publish` a local one."""
JOB_ID = "JOB-ID"
"""Stands for the id that the vendor will give."""
_SIDE_PX = 1024


class NothingSent(BaseException):
    """Ends a call at a request whose answer is not known; no `except Exception` may stop it."""


@attrs.frozen(kw_only=True)
class PlannedRequest:
    """A request as it would be handed to the connection.

    Attributes:
        step: what it is for.
        method: such as `POST`.
        url: the whole address.
        headers: all but `Host`, which the connection adds.
        body: its bytes, with `<image sha256 …>` in place of each image.
        is_sent_once: it is never repeated: the paid ones.
        proxy: the proxy that it would take, None for none.
    """

    step: Step
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    is_sent_once: bool
    proxy: str | None


@attrs.frozen(kw_only=True)
class Upload:
    """An image that would be published.

    Attributes:
        digest: of its content.
        by: the plugin that publishes it.
        lifetime_s: seconds until its address dies, None when that is not known.
    """

    digest: str
    by: str
    lifetime_s: float | None


class Recorder(Transport):
    """A network that notes requests. Images that were given by address get a stand-in.

    Attributes:
        requests: what would be sent.
        uploads: what would be published.
        step: what the next request is for.
        samples: answers to the next requests; without one, the call ends there.
        is_cut: some requests depend on an answer that is not known.
    """

    def __init__(self, policy: TransportPolicy, clock: Clock) -> None:
        super().__init__(policy, clock=clock)
        self.requests: list[PlannedRequest] = []
        self.uploads: list[Upload] = []
        self.step: Step = "submit"
        self.samples: Iterator[Any] = iter(())
        self.is_cut = False
        self._noting = Exchanger(policy, clock, _NotingAdapter(self))

    def exchanger(self) -> Exchanger:
        """Return what notes requests."""
        return self._noting

    @contextmanager
    def during(self, step: Step) -> Iterator[None]:
        """Note what the block sends under a step; it ends at an answer that is not known."""
        before, self.step = self.step, step
        try:
            yield
        except NothingSent:
            pass
        finally:
            self.step = before


class _NotingAdapter(requests.adapters.BaseAdapter):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        exchange, recorder = CURRENT.get(), self._recorder
        is_image = exchange.trust is not None
        body = exchange.body
        recorder.requests.append(
            PlannedRequest(
                step="fetch" if is_image else recorder.step,
                method=exchange.method,
                url=str(request.url),
                headers=dict(request.headers),
                body=body.outline(_mark) if isinstance(body, StreamedBody) else body or b"",
                is_sent_once=not exchange.is_repeatable,
                proxy=exchange.proxy.address if exchange.proxy else None,
            )
        )
        if is_image:
            return _answer(stand_in().data, "image/jpeg")
        for sample in recorder.samples:
            return _answer(b"" if sample == "" else json.dumps(sample).encode(), "application/json")
        recorder.is_cut = recorder.is_cut or (exchange.is_repeatable and recorder.step != "poll")
        raise NothingSent


def _mark(file: OpenFile) -> bytes:
    found = hashlib.sha256()
    for block in file.blocks():
        found.update(block)
    return f"<image sha256 {found.hexdigest()}, {file.size:,} bytes>".encode()


def _answer(data: bytes, kind: str) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    headers = {"Content-Type": kind, "Content-Length": str(len(data))}
    response.raw = urllib3.HTTPResponse(io.BytesIO(data), headers, 200, preload_content=False)
    return response


def stand_in() -> BytesSource:
    """Return the image that stands for one that is not there: noise, so as not to be too small."""
    from PIL import Image  # noqa: PLC0415  (slow)

    buffer = io.BytesIO()
    Image.effect_noise((_SIDE_PX, _SIDE_PX), 64).convert("RGB").save(buffer, "JPEG")
    return BytesSource(buffer.getvalue(), name="stand-in.jpg")


@attrs.frozen(eq=False)
class _InPlace:
    """Bound beside the provider in place of the extensions, which might send something."""

    recorder: Recorder
    real: BoundProvider

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        return self.real.validate_inputs(request, ctx)

    def note(self, image: ImageSource, lifetime_s: float | None) -> None:
        by = self.real.publisher or ""
        upload = Upload(digest=digest(image), by=by, lifetime_s=lifetime_s)
        self.recorder.uploads.append(upload)


class _ByProvider(_InPlace):
    @hookimpl(wrapper=True)
    def publish_image(
        self, image: ImageSource, ctx: CallContext
    ) -> Generator[None, UrlSource, UrlSource]:
        address, recorder = _unknown_address(image), self.recorder
        recorder.samples = iter(ctx.info.publish_samples)
        with recorder.during("publish"):
            address = yield
        recorder.samples = iter(())
        until = address.expires_at
        left = None if until is None else round((until - ctx.clock.now()).total_seconds())
        self.note(image, left)
        return address


class _ByExtension(_InPlace):
    @hookimpl
    def publish_image(self, image: ImageSource) -> UrlSource:
        self.note(image, None)
        return _unknown_address(image)


def _unknown_address(image: ImageSource) -> UrlSource:
    return UrlSource(f"https://published.example/{upload_name(image)}")


def recording_session(session: Session, loaded: LoadedProvider, recorder: Recorder) -> Session:
    """Return a session that sends nothing: `<api_key>` stands for a key that is missing.

    Args:
        session: the one of the client, with its extensions.
        loaded: its provider.
        recorder: notes the requests.
    """
    values = dict(session.settings.values_by_name)
    for spec in missing_settings(session.info, session.settings):
        values[spec.name] = f"<{spec.name}>"
    is_own = session.bound.publisher in {None, loaded.label}
    in_place = (_ByProvider if is_own else _ByExtension)(recorder, session.bound)
    return attrs.evolve(
        session,
        bound=BoundProvider(loaded, [in_place], info=session.info),
        settings=attrs.evolve(session.settings, values_by_name=values),
        transport=recorder,
    )


def record_run(
    session: Session,
    recorder: Recorder,
    request: TryOnRequest,
    *,
    fit: bool,
    chain: bool,
    parser: Session | None = None,
) -> tuple[Prepared, ...]:
    """Go the way of `tryon run` up to its paid request, and one poll.

    Args:
        session: a recording one.
        recorder: its network.
        request: what is asked for.
        fit: make local images fit.
        chain: put on an outfit in two steps where it must be; the second is noted with a stand-in.
        parser: a recording session of the provider that finds what is to be kept.

    Returns:
        What each step sends.

    Raises:
        ValidationFailed: every problem found.
        TryOnError: all else for which a run would end before it sends something.
    """
    steps = outfit_steps(session.info, request) if chain else (request,)
    if len(steps) > 1:
        first, second = prepare_outfit(session, *steps, fit=fit)
        sent = [published(session, first)]
        _submit(session, recorder, sent[0])
        second = on_first_image(session, second, stand_in())
        sent.append(prepare_submission(session, second, fit=fit))
    else:
        prepared = prepare_submission(session, request, fit=fit, parser=parser)
        kept = _parsed(session, recorder, request, parser or session, fit=fit)
        sent = [attrs.evolve(prepared, request=prepared.request.with_images(kept), keep=None)]
    _submit(session, recorder, sent[-1])
    if BASE_URL in session.settings:
        _poll(session, recorder, getattr(request.options, "model", ""))
    return tuple(sent)


def _submit(session: Session, recorder: Recorder, prepared: Prepared) -> None:
    if BASE_URL in session.settings:  # else it does the work itself, without a request
        with recorder.during("submit"):
            submit_prepared(session, prepared, policy=SubmitPolicy(attempts=1, is_paced=False))


def _poll(session: Session, recorder: Recorder, model: str) -> None:
    now, data = session.clock.now(), {"model": model} if model else {}
    job = Job(provider=session.info.id, id=JOB_ID, submitted_at=now, data=data)
    # What a plugin has read from the answer to its submission is not there.
    with recorder.during("poll"), suppress(Exception):
        session.bound.poll(job, session.context())


def _parsed(
    session: Session, recorder: Recorder, request: TryOnRequest, parser: Session, *, fit: bool
) -> Mapping[str, ImageSource]:
    """Note the parsing that `--keep` needs; return what stands for the crop that it gives."""
    parsing = needed_parsing(session, request, parser)
    if parsing is None:
        return {}
    with recorder.during("parse"):
        ready = prepare(parser, parsing, fit=fit)
        ctx = parser.context(request=ready, digests=digests_of(ready))
        parser.bound.parse_garment(deliver(parser, ready, ctx), ctx)
    takes_url = "url" in session.info.capabilities_for(request).delivery
    crop = UrlSource("https://crop.example/of-the-parsing.png") if takes_url else stand_in()
    return {str(request.keep): crop}
