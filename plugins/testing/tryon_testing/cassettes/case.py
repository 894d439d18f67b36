"""What one cassette shows and where it comes from, as data."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypeAlias

import attrs
from attrs import validators

from tryon_core.models import Category, LibraryModel

Action: TypeAlias = Literal["try_on", "submit", "poll", "cancel", "parse", "balance"]


@attrs.frozen
class SampleImage:
    """An image in the options of a case.

    Attributes:
        name: a name that no other image of the case has.
    """

    name: str


@attrs.frozen(kw_only=True)
class Sample:
    """An answer that the vendor publishes, word for word.

    Attributes:
        body: the JSON of the sample as text.
        source: address of the page.
        status: HTTP status that belongs to it.
        headers: headers that belong to it, beside the content type.
    """

    body: str
    source: str
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Case:
    """One thing that a provider does, and what must come of it.

    Attributes:
        name: name of the cassette.
        expect: what must be found, any of: `images`; `regions`; `state`, `vendor_status`, `urls`
            `failure` and `billed`; `job_id`; `amount` and `unit`; `error`, `vendor_code`,
            `http_status`, `fault`, `retry`, `billed` and `request_id`.
        action: `try_on` fetches the result; `submit` does not; `poll` asks once; `cancel` takes
            back; `parse` finds garments; `balance` asks what is left.
        categories: the garments worn or looked for.
        person: instead of a photo.
        images: whether images are given as files or as addresses.
        options: the provider's options; a `SampleImage` in it is filled in.
        settings: the provider's settings, beside its keys.
        job_id: asked for or taken back by `poll` and `cancel` without submitting anything.
        wait_s: seconds between submitting and what follows, for `poll` and `cancel`.
        faults: what the emulator does wrong.
        knobs: how the emulator behaves.
        samples: the vendor's published answers, in order, instead of the emulator.
    """

    name: str
    expect: Mapping[str, Any]
    action: Action = "try_on"
    categories: Sequence[Category] = ("top",)
    person: LibraryModel | None = None
    images: Literal["file", "url"] = "file"
    options: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, str] = attrs.field(factory=dict)
    job_id: str = ""
    wait_s: float = 0.0
    faults: Sequence[str] = ()
    knobs: Mapping[str, Any] = attrs.field(factory=dict)
    samples: Sequence[Sample] = ()

    @property
    def needs_an_emulator(self) -> bool:
        """Whether the vendor's service cannot be made to behave so."""
        return bool(self.faults or self.knobs or self.samples)


Kind: TypeAlias = Literal["live", "documented", "emulated"]

MEANINGS: dict[Kind, str] = {
    "live": "The vendor's service gave these answers.",
    "documented": (
        "The JSON of these answers is what the vendor publishes as samples; our client sent the "
        "requests, and images are stand-ins. No service was called."
    ),
    "emulated": (
        "Our emulator of the vendor gave these answers, not the vendor. Hosts are the vendor's, "
        "ids are numbered, images are stand-ins."
    ),
}
"""What each kind of provenance says, in the words at the head of every file."""


@attrs.frozen(kw_only=True)
class Provenance:
    """Where the answers in a cassette come from; never call one kind another.

    Attributes:
        kind: `live` from the vendor's service, `documented` from samples that the vendor
            publishes, `emulated` from an emulator.
        made_on: day of the recording, by UTC.
        made_by: what recorded it, with versions.
        sources: pages with the samples; required when documented.
    """

    kind: Kind = attrs.field(validator=validators.in_(MEANINGS))
    made_on: date
    made_by: str
    sources: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.kind == "documented" and not self.sources:
            raise ValueError("a documented cassette needs `sources`: the pages with the samples")
