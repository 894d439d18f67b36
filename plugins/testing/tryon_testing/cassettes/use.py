"""Play a cassette instead of asking a service, or record one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import vcr  # type: ignore[import-untyped]  # it has no types
from vcr.cassette import Cassette  # type: ignore[import-untyped]  # it has no types
from vcr.request import Request  # type: ignore[import-untyped]  # it has no types

from tryon_testing.cassettes.exchange import MATCHERS, request_filter, response_filter
from tryon_testing.cassettes.finishing import Finisher
from tryon_testing.cassettes.masking import Masker
from tryon_testing.cassettes.provenance import Provenance
from tryon_testing.cassettes.store import Store


def _recorder(store: Store, masker: Masker) -> vcr.VCR:
    recorder = vcr.VCR(
        before_record_request=request_filter(masker),
        before_record_response=response_filter(masker),
        match_on=[matcher.__name__ for matcher in MATCHERS],
    )
    for matcher in MATCHERS:
        recorder.register_matcher(matcher.__name__, matcher)
    recorder.register_persister(store)
    return recorder


@contextmanager
def use_cassette(path: Path | str, *, secrets: Sequence[str] = ()) -> Iterator[Cassette]:
    """Answer every request of this process from a cassette; nothing is sent.

    Requests must be the recorded ones, whatever their order, but for boundaries of multipart
    forms, times and signatures; each answer is given once.

    Args:
        path: the cassette.
        secrets: values that were masked when it was recorded.

    Raises:
        FileNotFoundError: there is no such cassette.
        ValueError: it does not say where its answers come from.
        AssertionError: at the end, when answers are left over.
        vcr.errors.CannotOverwriteExistingCassetteException: the request was not recorded.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no cassette {path}. Record it first.")
    recorder = _recorder(Store(), Masker(secrets=secrets))
    with recorder.use_cassette(str(path), record_mode="none") as cassette:
        yield cassette
    left = [
        f"{request.method} {request.uri}"
        for number, request in enumerate(cassette.requests)
        if not cassette.play_counts[number]
    ]
    if left:
        raise AssertionError(f"{path}: nobody asked for {', '.join(left)}")


def _unless(
    unrecorded: str, store: Callable[[Request], Request]
) -> Callable[[Request], Request | None]:
    return lambda request: None if request.uri.startswith(unrecorded) else store(request)


@contextmanager
def record_cassette(
    path: Path | str,
    provenance: Provenance,
    *,
    secrets: Sequence[str] = (),
    swaps: Mapping[str, str] | None = None,
    asked: Mapping[str, str] | None = None,
    unrecorded: str = "",
) -> Iterator[Cassette]:
    """Send every request of this process, and write a cassette of what was asked and answered.

    Keys, signatures, account ids, boundaries and pictures are left out. When something is raised
    inside, nothing is written.

    Args:
        path: the cassette; replaced when what it says has changed.
        provenance: where the answers come from.
        secrets: values to mask wherever they stand, such as the key.
        swaps: what to write in place of a text, such as the vendor's address by the emulator's;
            the longest text that fits counts. Ids are numbered too, unless the answers are
            documented ones.
        asked: the same for addresses of requests alone, where the client asks for another address
            than an answer names, such as https instead of http.
        unrecorded: beginning of the addresses that are none of the service's, such as those from
            which an emulator in this process fetches pictures.
    """
    masker = Masker(secrets=secrets)
    numbered = provenance.kind != "documented"
    finish = Finisher(masker=masker, swaps=swaps or {}, asked=asked or {}, numbered=numbered)
    recorder = _recorder(Store(provenance=provenance, finish=finish), masker)
    if unrecorded:
        recorder.before_record_request = _unless(unrecorded, recorder.before_record_request)
    with recorder.use_cassette(str(path), record_mode="all", record_on_exception=False) as cassette:
        yield cassette
