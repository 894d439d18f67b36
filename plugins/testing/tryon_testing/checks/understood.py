"""Checks that the vendor takes a submission for what was asked."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from tryon_core.codec import OptionSpec, option_specs
from tryon_core.errors import TryOnError
from tryon_core.images import read_bytes
from tryon_core.models import SOURCES, ImageSource, Job, LibraryModel, TryOnRequest, UrlSource
from tryon_testing.checks.base import (
    ProviderUnderTest,
    fail,
    for_subject,
    require,
    require_no_bug,
    since,
)
from tryon_testing.emulation import EmulatedJob, Understood
from tryon_testing.harness import JOB_S, Harness, vendor_harness
from tryon_testing.pages import SHOWN
from tryon_testing.unchecked import skip_unchecked
from tryon_testing.variants import variant

T = TypeVar("T")
_LEAST_VARIANTS = 2
_LARGE, _SMALL = -1, -2
_MOST_POLLS = 5
_EITHER = "|"
_SILENT = (
    "the emulator does not say what it understood. Give `ctx.jobs.create()` the argument "
    f"`understood=Understood(...)`; {SHOWN}."
)


class UnderstoodChecks(ProviderUnderTest):
    """The vendor makes what the caller asked for, and no less."""

    @since("0.1")
    def test_the_vendor_understands_what_was_asked(self) -> None:
        """Model, person, garments, options and number of images are those of the request."""
        with vendor_harness(self) as at:
            for request in _requests(at):
                before, served = len(emulated_jobs(at)), _Served(at=at, request=request)
                job = served.submit()
                made, images = emulated_jobs(at)[before:], served.images(job)
                require_understood(at, request, understood(made), images)

    @since("0.1")
    def test_every_option_that_is_not_sent_changes_what_is(self) -> None:
        """An option that the vendor is never told changes an image, their number, or the answer."""
        with vendor_harness(self) as at:
            unsent = at.running.emulator.unsent_options if at.running else ()
            for name in unsent:
                _require_used(at, name)


def emulated_jobs(at: Harness) -> Sequence[EmulatedJob]:
    """Return the jobs that the emulator accepted so far."""
    return at.running.ctx.jobs.all() if at.running else ()


def understood(made: Sequence[EmulatedJob]) -> Understood:
    """Return what the emulator took one submission for.

    Args:
        made: the jobs that it made of it.

    Raises:
        Skipped: it does not say.
    """
    said = [job.understood for job in made if job.understood is not None]
    if not said:
        skip_unchecked(_SILENT)
    require(len(made) == 1, f"one submission made {len(made)} jobs at the emulator.")
    return said[0]


def require_understood(at: Harness, request: TryOnRequest, said: Understood, images: int) -> None:
    """Fail the check unless the emulator took a submission for what was asked.

    Args:
        at: what the check works with.
        request: what was asked.
        said: what it was taken for.
        images: how many came.
    """
    faults = list(_Comparison(at=at, request=request, said=said).faults(images))
    require(
        not faults,
        f"garments {', '.join(request.garments)}; options {request.options}: " + "\n".join(faults),
    )


def _requests(at: Harness) -> Iterator[TryOnRequest]:
    """Yield the sample requests with other options, and each model with numbers at their limits."""
    samples, numbers = list[TryOnRequest](), Counter[str]()
    for request in at.subject.requests():
        samples += [] if request in samples else [request]
    of_models = Counter(map(_model, samples))
    few = [one for one in samples if of_models[_model(one)] < _LEAST_VARIANTS]
    for request in (*samples, *few):
        yield variant(at, request, numbers[_model(request)])
        numbers[_model(request)] += 1
    for request in {_model(one): one for one in samples}.values():
        yield variant(at, request, _LARGE)
        yield variant(at, request, _SMALL)


def _require_used(at: Harness, name: str) -> None:
    is_tried = False
    for request in at.subject.requests():
        other = getattr(variant(at, request, 0).options, name)
        changed = attrs.evolve(request, options=attrs.evolve(request.options, **{name: other}))
        if changed != request:
            is_tried = True
            if _shown(at, changed) != _shown(at, request):
                return
    require(
        not is_tried,
        f"another value of the option {name} changes nothing: neither the images that are sent, "
        "nor other fields, nor whether the request is taken. Use it, or remove it.",
    )


def _shown(at: Harness, request: TryOnRequest) -> object:
    """Return what comes of a request: what the emulator takes it for, or the refusal."""
    before = len(emulated_jobs(at))
    try:
        at.client().submit(at.deliverable(request))
    except TryOnError as error:
        require_no_bug(error, f"a request with the options {request.options}")
        return str(error)
    said = understood(emulated_jobs(at)[before:])
    named = {spec.name: said.options.get(spec.name) for spec in option_specs(type(request.options))}
    return attrs.evolve(said, options=named)


def _model(request: TryOnRequest) -> str:
    return str(getattr(request.options, "model", ""))


@attrs.frozen(kw_only=True)
class _Served:
    """One request, from its submission to its images."""

    at: Harness
    request: TryOnRequest

    def submit(self) -> Job:
        """Submit it."""
        sent, client = self.at.deliverable(self.request), self.at.client()
        return self._asked(lambda: client.submit(sent))

    def images(self, job: Job) -> int:  # noqa: RET503  (it fails or returns)
        """Return how many images come of it."""
        client = self.at.client(pause_s=10 * JOB_S)
        for _ in range(_MOST_POLLS):
            update = self._asked(lambda: client.poll(job))
            if update.result is not None:
                return len(update.result.images)
            self.at.pass_time(JOB_S)
        reason = update.failure.shown if update.failure else "without a result"
        fail(
            f"a finished job is {update.state.name} ({update.vendor_status}): {reason} (options "
            f"{self.request.options}). Send what the vendor documents, and refuse what it does "
            "not take."
        )

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except TryOnError as error:
            require_no_bug(error, f"a request with the options {self.request.options}")
            fail(
                f"a valid request was not served: {type(error).__name__}: {error} (garments "
                f"{', '.join(self.request.garments)}; options {self.request.options}). "
                + for_subject(self.at.subject, "Correct the plugin or the emulator; ")
                + "refuse in validate_inputs() what the vendor refuses."
            )


@attrs.frozen(kw_only=True)
class _Comparison:
    """One request, and what the emulator took it for."""

    at: Harness
    request: TryOnRequest
    said: Understood

    def faults(self, images: int) -> Iterator[str]:
        """Yield what differs.

        Args:
            images: how many came.
        """
        model = _model(self.request)
        if hasattr(self.request.options, "model") and self.said.model != model:
            yield f"the model {model!r} was understood as {self.said.model!r}."
        yield from self._person()
        yield from self._garments()
        for spec in option_specs(type(self.request.options)):
            yield from self._option(spec)
        yield from self._outputs(images)

    def _person(self) -> Iterator[str]:
        told, sent = self.said.person, self._bytes("person")
        if isinstance(self.request.person, LibraryModel):
            traits = told if isinstance(told, Mapping) else {}
            for name, asked in attrs.asdict(self.request.person).items():
                if asked is not None and traits.get(name) != asked:
                    came = traits.get(name)
                    yield f"the model with {name}={asked!r} was understood to have {came!r}."
        if sent is None or sent == told:
            return
        role = self._role(told if isinstance(told, bytes) else None)
        yield (
            f"the image of the person was understood to be {role}. Send each image in the field "
            "of its role, with its bytes as they are."
        )

    def _garments(self) -> Iterator[str]:
        told = self.said.garments
        asked = {name: self._bytes(name) for name in self.request.garments}
        if None in asked.values():
            return
        pairs = list(told.items()) if isinstance(told, Mapping) else [("", data) for data in told]
        is_joined = len(pairs) == 1 < len(asked) and pairs[0][1] not in self._images().values()
        if is_joined:
            return
        for name, data in asked.items():
            fitting = [kinds for kinds, image in pairs if image == data]
            if not fitting:
                roles = ", ".join(self._role(image) for _, image in pairs) or "none"
                yield f"the image of the {name} did not come as a garment; there came {roles}."
            elif not any(name in (kinds or name).split(_EITHER) for kinds in fitting):
                yield (
                    f"the {name} was understood as {fitting[0]!r}. Send the vendor's word for its "
                    "category."
                )
        if len(pairs) > len(asked):
            yield f"{len(pairs)} garments were understood instead of {len(asked)}."

    def _option(self, spec: OptionSpec) -> Iterator[str]:
        asked = getattr(self.request.options, spec.name)
        unsent = self.at.running.emulator.unsent_options if self.at.running else ()
        if spec.name == "model" or spec.name in unsent or asked is None:
            return
        told = self.said.options.get(spec.name)
        if told is None and asked != spec.made_default:
            came = ", ".join(name for name, one in self.said.options.items() if one is not None)
            yield (
                f"the option {spec.name}={asked!r} did not come (there came: {came or 'none'}). "
                "Send it; or let the emulator report it in `Understood(options=...)`, or name it "
                f"in `unsent_options`; {SHOWN}."
            )
        elif told is not None and not self._is_same(told, asked):
            shown = f"{len(told)} bytes" if isinstance(told, bytes) else repr(told)
            yield f"the option {spec.name}={asked!r} was understood as {shown}."

    def _is_same(self, told: Any, asked: Any) -> bool:
        if isinstance(asked, SOURCES):
            data = self._read(asked)
            return data is None or told == data
        if isinstance(asked, (tuple, list)) and isinstance(told, (tuple, list)):
            pairs = list(zip(told, asked, strict=False))
            return len(told) == len(asked) and all(self._is_same(*pair) for pair in pairs)
        try:
            return float(told) == float(asked)
        except (TypeError, ValueError):
            return str(told).lower() == str(asked).lower()

    def _outputs(self, images: int) -> Iterator[str]:
        expected, made = self.at.subject.info.count_outputs(self.request), self.said.outputs
        if expected != made:
            yield (
                f"`count_outputs` says {expected} images, and the vendor makes {made}. Correct "
                "`ProviderInfo.count_outputs`, by which costs are estimated."
            )
        if images != made:
            yield f"{images} images came, and the vendor made {made}. Return all that are paid for."

    def _role(self, data: bytes | None) -> str:
        if data is None:
            return "none"
        roles = [name for name, image in self._images().items() if image == data]
        return f"that of the {roles[0]}" if roles else f"another one ({len(data)} bytes)"

    def _images(self) -> dict[str, bytes | None]:
        return {name: self._bytes(name) for name in self.request.images}

    def _bytes(self, role: str) -> bytes | None:
        source = self.request.images.get(role)
        return None if source is None else self._read(source)

    def _read(self, source: ImageSource) -> bytes | None:
        """Return the bytes of an image, None for one that lies elsewhere."""
        if isinstance(source, UrlSource):
            return self.at.other_origin.images.get(urlsplit(source.url).path)
        return read_bytes(source, field="image")
