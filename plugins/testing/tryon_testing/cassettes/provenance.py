"""Where the answers in a cassette come from."""

from datetime import date
from typing import Literal, TypeAlias

import attrs
from attrs import validators

Kind: TypeAlias = Literal["live", "documented", "emulated"]

MEANINGS: dict[Kind, str] = {
    "live": "The vendor's service gave these answers.",
    "documented": (
        "The JSON of these answers is what the vendor publishes as samples; our client sent the "
        "requests, and pictures are stand-ins. No service was called."
    ),
    "emulated": (
        "Our emulator of the vendor gave these answers, not the vendor. Hosts are the vendor's, "
        "ids are numbered, pictures are stand-ins."
    ),
}
"""What each kind of provenance says, in words that stand at the head of every file."""


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
