"""The values of a comparison: what each vendor gave, and what is said about it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from tryon_batch.costs import Charged, Money
from tryon_batch.items import IN_DOUBT, UNFINISHED, Cost, State
from tryon_batch.output import cost_record
from tryon_core import Category, Notice, Problem
from tryon_core.engine import json_text

if TYPE_CHECKING:
    from PIL import Image

JSON_NAME, SHEET_NAME = "comparison.json", "comparison.jpg"
"""Names of the files that a comparison adds to the folder of its run."""
LeftOut: TypeAlias = Literal["left_out"]
"""The state of a vendor that could not do it, and to which nothing was sent."""
IndicatorKind: TypeAlias = Literal["outside_similarity", "colour_distance"]
MEANING: Mapping[IndicatorKind, str] = {
    "outside_similarity": (
        "How alike the photo and the result are outside the garment: structural similarity (SSIM), "
        "1 for the same pixels. It falls when face, hair, room or the other clothes were "
        "repainted, moved or blurred. It is an indicator: it sees nothing of the garment itself, "
        "and does not say whether the result looks right."
    ),
    "colour_distance": (
        "How far the average colour of the garment is from the average colour of the place where "
        "it is worn in the result: CIEDE2000, 0 for the same colour, about 2 just visible, above "
        "10 plainly another one. It is an indicator: light and folds change it, and it sees no "
        "print, pattern, shape or fit."
    ),
}
"""What each indicator is, and what it is not."""

SECONDS = (
    "Seconds: from the moment before the request was sent until the image was on disk. The upload, "
    "the vendor's queue, the pauses between polls and the download are in them."
)
"""What the seconds of a comparison contain."""


@attrs.frozen(kw_only=True)
class Indicator:
    """A number about a result that was computed on this machine; no judgement.

    Attributes:
        kind: what it measures, see `MEANING`.
        category: the garment that it is about, None for the whole image.
        value: the number, None when there is none.
        reason: why there is none, as a sentence; empty when there is one.
    """

    kind: IndicatorKind
    category: Category | None = None
    value: float | None = None
    reason: str = ""

    @property
    def label(self) -> str:
        """How it is headed, always as an indicator."""
        if self.kind == "outside_similarity":
            return "indicator: similarity outside the garment"
        return f"indicator: colour distance of the {self.category}"

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"label": self.label, **attrs.asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Indicator":
        """Return what `document` gave."""
        return cls(**{name: value for name, value in document.items() if name != "label"})

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        return f"{self.value:.3f}" if self.kind == "outside_similarity" else f"{self.value:.1f}"


@attrs.frozen(kw_only=True)
class Reason:
    """Why a vendor gave no result: the class of the failure, and its answers.

    Attributes:
        kind: name of the error's class, such as `CreditsExhausted`.
        message: what happened.
        remedy: what to do, empty when nothing is known.
        fault: whose fault it is.
        retry: whether the same call may succeed.
        billed: whether money was spent.
    """

    kind: str
    message: str
    remedy: str
    fault: str
    retry: str
    billed: str

    @classmethod
    def of(cls, error: Mapping[str, Any]) -> "Reason":
        """Return what `describe_error` says of an error, or an `Entry` of its last one."""
        names = {"kind": "type"}
        texts = {
            field.name: str(error.get(names.get(field.name, field.name)) or "")
            for field in attrs.fields(cls)
        }
        return cls(**texts)


@attrs.frozen(kw_only=True)
class Compared:
    """What one vendor gave.

    Attributes:
        provider: id of the provider.
        model: the option `model`, empty when it has none.
        state: as `Entry.state` of a run; `left_out` when it could not do it, and nothing was sent.
        images: the files of its result, empty when there is none.
        sha256: of the first of them, in hex digits; empty when there is none.
        reason: why there is no result, None when there is one.
        seconds: from the moment before the request was sent until its images were on disk: the
            upload, the vendor's queue and work, the pauses between polls, and the download; also
            the time between two processes, if the run was stopped and resumed. None without a
            result, and for a copy.
        job_s: the part of it from the vendor's acceptance until it said that the job is finished.
        cost: what it cost, or may have cost; None when nothing can have been charged.
        charged: whether it was charged.
        is_copy: the same work had been done in an earlier run, and nothing was sent.
        notices: remarks about the images.
        verdict: what judges say of them: `passed`, `doubtful`, or empty when nobody judged.
        problems: why.
        indicators: numbers about the first image, computed on this machine.
        first_step: what the first of two requests gave, of a top and a bottom at a vendor that
            takes one garment; None where there was one request. `seconds`, `cost` and the like
            are those of the last request.
    """

    provider: str
    model: str = ""
    state: State | LeftOut
    images: tuple[Path, ...] = ()
    sha256: str = ""
    reason: Reason | None = None
    seconds: float | None = None
    job_s: float | None = None
    cost: Cost | None = None
    charged: Charged = "no"
    is_copy: bool = False
    notices: tuple[Notice, ...] = ()
    verdict: str = ""
    problems: tuple[Problem, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    first_step: "Compared | None" = None

    @property
    def requests(self) -> "tuple[Compared, ...]":
        """What its requests gave: itself, after the first of two."""
        return (self,) if self.first_step is None else (self.first_step, self)

    @property
    def total_s(self) -> float | None:
        """The seconds of all requests together."""
        parts = [one.seconds for one in self.requests if one.seconds is not None]
        return None if self.seconds is None else sum(parts)

    @property
    def image(self) -> Path | None:
        """The file of its first image, None when there is none."""
        return self.images[0] if self.images else None

    @property
    def name(self) -> str:
        """The provider, and its model where it has several."""
        return f"{self.provider} {self.model}".strip()

    @property
    def state_word(self) -> str:
        """Its state for people; with what is `unfinished` a later run goes on."""
        if self.state == "left_out":
            return "left out"
        if self.state in IN_DOUBT:
            return "unknown"
        return "unfinished" if self.state in UNFINISHED else self.state

    def indicator(self, label: str) -> Indicator | None:
        """Return the number that is headed so, None when nothing was computed."""
        return next((one for one in self.indicators if one.label == label), None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its seconds and its indicators, a line each; where there is none, why."""
        seconds = () if self.total_s is None else (f"seconds: {self.total_s:.1f}",)
        lines = (f"{one.label}: {one} {one.reason}".strip() for one in self.indicators)
        return (*seconds, *lines)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of its images: what judges doubt, and notices."""
        words = {"error": "doubtful", "warning": "notice"}
        judged = (f"{words[one.severity]}: {one.message}" for one in self.problems)
        return (*judged, *(f"notice: {notice.message}" for notice in self.notices))

    @property
    def spent(self) -> Money:
        """What was charged for all requests, as far as is known."""
        return self._total("yes")

    @property
    def money(self) -> str:
        """What it cost, for people; says so where it is not known whether it was charged."""
        spent, possible = self.spent, self._total("unknown")
        if not spent and not possible:
            return "nothing (copy)" if self.is_copy else "nothing"
        if not possible and not spent.unpriced and not any(spent.amounts.values()):
            return "free"
        words = [str(spent)] if spent else []
        return " + ".join([*words, f"perhaps {possible}"] if possible else words)

    def _total(self, charged: Charged) -> Money:
        costs = [one.cost for one in self.requests if one.charged == charged]
        return sum((Money.of(one.amount, one.currency) for one in costs if one), Money())


@attrs.frozen(kw_only=True)
class Comparison:
    """One try-on at several vendors.

    Attributes:
        folder: of its run.
        created_at: when it began.
        person: the photo that all got, byte for byte.
        garments: the garments that all got, by category.
        vendors: what each gave, in the order in which they were asked, those left out last.
        no_indicators: why there are none, as a sentence; empty when there are some.
    """

    folder: Path
    created_at: datetime
    person: Path
    garments: Mapping[Category, Path] = attrs.field(hash=False)
    vendors: tuple[Compared, ...]
    no_indicators: str = ""

    def __getitem__(self, provider: str) -> Compared:
        for vendor in self.vendors:
            if vendor.provider == provider:
                return vendor
        raise KeyError(provider)

    @property
    def spent(self) -> Money:
        """What was charged, as far as is known."""
        return sum((vendor.spent for vendor in self.vendors), Money())

    @property
    def labels(self) -> tuple[str, ...]:
        """The headings of all indicators, each once."""
        found = (one.label for vendor in self.vendors for one in vendor.indicators)
        return tuple(dict.fromkeys(found))

    @property
    def footnotes(self) -> tuple[str, ...]:
        """What must be said beside the numbers: what they are, and what they are not."""
        kinds = {one.kind for vendor in self.vendors for one in vendor.indicators}
        named = {kind.replace("_", " "): MEANING[kind] for kind in MEANING if kind in kinds}
        notes = (f"Indicator {name}: {meaning}" for name, meaning in named.items())
        return SECONDS, *filter(None, [self.no_indicators]), *notes

    @property
    def left_out(self) -> tuple[str, ...]:
        """Who could not do it, and why, a line each."""
        return tuple(
            f"left out: {one.name}: {one.reason.kind}: {one.reason.message}"
            for one in self.vendors
            if one.state == "left_out" and one.reason is not None
        )

    @property
    def sheet_path(self) -> Path:
        """The file of the contact sheet."""
        return self.folder / SHEET_NAME

    def sheet(self) -> "Image.Image":
        """Return the contact sheet: person, garments, and each result or why there is none.

        Raises:
            UnusableImage: the person or a garment is gone. Of a result that cannot be opened the
                sheet says so.
        """
        from tryon_report.comparing.showing import draw_sheet  # noqa: PLC0415  (needs Pillow)

        return draw_sheet(self)

    def _repr_html_(self) -> str:
        """Return a table for notebooks, with small images in it."""
        from tryon_report.comparing.showing import table_of  # noqa: PLC0415  (needs Jinja2)

        return table_of(self)

    def to_json(self) -> str:
        """Return it as a JSON document; amounts of money are text, so that no digit is lost."""
        return json_text(self.document(), indent=2)

    def document(self) -> dict[str, Any]:
        """Return it as plain values; paths are relative to its folder."""
        return {
            "created_at": self.created_at.isoformat(),
            "person": self._place(self.person),
            "garments": {name: self._place(path) for name, path in self.garments.items()},
            "vendors": [self._document_of(vendor) for vendor in self.vendors],
            "about_indicators": dict(MEANING),
            "no_indicators": self.no_indicators or None,
        }

    def _document_of(self, vendor: Compared) -> dict[str, Any]:
        return {
            "provider": vendor.provider,
            "model": vendor.model or None,
            "state": vendor.state,
            "images": [self._place(path) for path in vendor.images],
            "sha256": vendor.sha256 or None,
            "seconds": vendor.seconds,
            "job_s": vendor.job_s,
            "cost": None if vendor.cost is None else cost_record(vendor.cost),
            "charged": vendor.charged,
            "is_copy": vendor.is_copy,
            "reason": None if vendor.reason is None else attrs.asdict(vendor.reason),
            "notices": [attrs.asdict(notice) for notice in vendor.notices],
            "verdict": vendor.verdict or None,
            "problems": [attrs.asdict(problem) for problem in vendor.problems],
            "indicators": [one.document() for one in vendor.indicators],
            "first_step": vendor.first_step and self._document_of(vendor.first_step),
        }

    def _place(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()
