"""What a new provider is written from: the facts of a vendor, guessed where nothing is known."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from tryon_core.models import Category

Meanings: TypeAlias = Mapping[str | int, str]
"""What codes and statuses mean, as sentences."""
_CHANGE_IT = "Use another image, or other options."


@attrs.frozen(kw_only=True)
class OptionFact:
    """An option of the vendor.

    Attributes:
        name: our name of it.
        kind: its type as Python writes it.
        default: its default as Python writes it.
        words: the vendor's word for each of our values, empty where they are the same.
        models: the models that take it, empty for all.
        meaning: what it does, as a sentence.
    """

    name: str
    kind: str = "str | None"
    default: str = "None"
    words: Mapping[Any, Any] = attrs.field(factory=dict)
    models: Sequence[str] = ()
    meaning: str = "CHANGE: what it does."


@attrs.frozen(kw_only=True)
class SubmitFact:
    """How to submit to one model, or to all of them.

    Attributes:
        path: where, without the first slash.
        body: what is sent, with the holes of a `SubmitRoute`.
        is_form: whether it is a form, not JSON.
    """

    path: str
    body: Mapping[str, Any]
    is_form: bool = False


@attrs.frozen(kw_only=True)
class ErrorFact:
    """Codes of the vendor that are one error.

    Attributes:
        error: name of the class of `tryon_core.errors`.
        meanings: what each code means; a number is a status alone.
        remedy: what to do, empty for what the class says.
    """

    error: str
    meanings: Meanings
    remedy: str = ""


USUAL_STATUSES = (
    ErrorFact(error="AuthenticationFailed", meanings={401: "The key is not accepted."}),
    ErrorFact(error="CreditsExhausted", meanings={402: "Nothing is left on the account."}),
    ErrorFact(error="AccessDenied", meanings={403: "The account may not do this."}),
    ErrorFact(
        error="InputRefused",
        remedy=_CHANGE_IT,
        meanings={
            400: "A field is missing or wrong.",
            413: "The images are too large.",
            422: "An image or an option cannot be used.",
        },
    ),
    ErrorFact(error="RateLimited", meanings={429: "Too many requests in a time."}),
)
"""What statuses mean with most vendors, for answers without a code that is known."""


USUAL_CODES = (
    ErrorFact(error="AuthenticationFailed", meanings={"invalid_key": "The key is not valid."}),
    ErrorFact(error="CreditsExhausted", meanings={"no_credits": "The credits are used up."}),
    ErrorFact(error="RateLimited", meanings={"rate_limited": "Too many calls in a time."}),
    ErrorFact(
        error="InputRefused",
        remedy=_CHANGE_IT,
        meanings={
            "invalid_request": "A field is missing or has a wrong value.",
            "invalid_image": "An image cannot be read.",
            "no_person": "Nobody is seen in the photo.",
        },
    ),
    ErrorFact(error="JobExpired", meanings={"not_found": "There is no such job, or no longer."}),
    ErrorFact(error="VendorUnavailable", meanings={"model_failed": "The model failed."}),
)
"""The codes of the invented vendor."""
SEED = OptionFact(name="seed", kind="int | None", meaning="repeats a result.")
_USUAL = SubmitFact(
    path="v1/try-on",
    body={
        "person_image": "{person}",
        "garment_image": "{garment}",
        "category": "{category}",
        "seed": "{seed}",
    },
)
_USUAL_STATES = {
    "queued": "PENDING",
    "processing": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
}
_USUAL_WORDS: dict[Category, str] = {"top": "tops", "bottom": "bottoms", "dress": "dresses"}


@attrs.frozen(kw_only=True)
class Facts:
    """All that the templates need to know of a vendor.

    The defaults are those of an invented vendor, which is as most are; the emulator of the
    templates is that vendor.

    Attributes:
        id: the provider's id.
        docs: the page that is named as the source of limits.
        base_url: the vendor's address.
        headers: headers that are sent, with settings as `{name}`.
        secrets: the settings that are keys.
        rows: how to submit, by model; under an empty name where there is one way.
        garments: the combinations of garments.
        categories: the vendor's word for each category, empty where it is not told.
        options: the vendor's options.
        count_option: the option that says how many images are made, empty when there is none.
        delivery: how images reach the vendor.
        is_bare_base64: whether local images are bare base64, not data URIs.
        job_id: place of the id in the answer to a submission; empty where the image comes at once.
        poll_method: how a job is asked for.
        poll_path: where to ask, with `{id}` for the id.
        poll_params: the query of it.
        state: place of the state.
        states: what each word means, by the name of the `JobState`.
        outputs: places of the images; none where the whole answer is the image.
        has_inline_images: whether the images themselves are in answers to polls.
        result_path: where the images are, when they are in an answer of their own.
        code: places of an error's code.
        message: places of its text.
        errors: what the codes mean.
        balance: path and place of the balance, None when it cannot be asked.
        cancel: path and method that stop a job, None when there is no such call.
    """

    id: str
    docs: str
    base_url: str
    headers: Mapping[str, str] = attrs.field(factory=lambda: {"Authorization": "Bearer {api_key}"})
    secrets: Sequence[str] = ("api_key",)
    rows: Mapping[str, SubmitFact] = attrs.field(factory=lambda: {"": _USUAL})
    garments: Sequence[Sequence[Category]] = (("top",), ("bottom",), ("dress",))
    categories: Mapping[Category, str] = attrs.field(factory=_USUAL_WORDS.copy)
    options: Sequence[OptionFact] = (SEED,)
    count_option: str = ""
    delivery: Sequence[str] = ("upload", "url")
    is_bare_base64: bool = False
    job_id: str = "id"
    poll_method: str = "GET"
    poll_path: str = "v1/try-on/{id}"
    poll_params: Mapping[str, str] = attrs.field(factory=dict)
    state: str = "status"
    states: Mapping[str, str] = attrs.field(factory=_USUAL_STATES.copy)
    outputs: Sequence[str] = ("images",)
    has_inline_images: bool = False
    result_path: str = ""
    code: Sequence[str] = ("error.code",)
    message: Sequence[str] = ("error.message",)
    errors: Sequence[ErrorFact] = USUAL_CODES
    balance: tuple[str, str] | None = None
    cancel: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        """The name that people read."""
        return self.id.replace("_", " ").title()

    @property
    def class_name(self) -> str:
        """The beginning of the names of classes."""
        return re.sub(r"(^|_)([a-z0-9])", lambda found: found[2].upper(), self.id)

    @property
    def package(self) -> str:
        """The name of the package."""
        return f"tryon_{self.id}"

    @property
    def distribution(self) -> str:
        """The name of the distribution."""
        return self.package.replace("_", "-")

    @property
    def variable(self) -> str:
        """The beginning of the names of environment variables."""
        return self.id.upper()


def usual_facts(provider_id: str) -> Facts:
    """Return the facts of the invented vendor, under an id."""
    host = f"{provider_id.replace('_', '-')}.example"
    return Facts(id=provider_id, docs=f"https://{host}/docs", base_url=f"https://api.{host}")
