"""What one cassette shows, as data: the same for recording it and for playing it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.models import Category, LibraryModel

Action: TypeAlias = Literal["try_on", "submit", "poll", "cancel", "parse", "balance"]


@attrs.frozen
class Picture:
    """Stands for a picture in the options of a case.

    Attributes:
        name: a name that no other picture of the case has.
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
        images: whether pictures are given as files or as addresses.
        options: the provider's options; a `Picture` in it is filled in.
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
        """Whether a vendor's service cannot be brought to behave so."""
        return bool(self.faults or self.knobs or self.samples)
