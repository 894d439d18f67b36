"""The provider of an invented vendor that is declared as data, with two models that differ."""

from datetime import date
from decimal import Decimal
from typing import Literal

import attrs

from tryon_core import (
    BalanceRoute,
    CancelRoute,
    Capabilities,
    DeclaredProvider,
    ErrorTable,
    ImageRules,
    JobState,
    PollRoute,
    Price,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    SubmitRoute,
    codes,
    errors,
)

SOURCE = "https://loom.example/docs"
RULES = ImageRules(
    formats={"JPEG", "PNG"}, max_bytes=5_000_000, min_side_px=256, max_side_px=2048, source=SOURCE
)
TABLE = ErrorTable(
    "Loom",
    [
        *codes(errors.AuthenticationFailed, "", {"bad_key": "The key is wrong."}),
        *codes(errors.CreditsExhausted, "", {"no_credits": "Nothing is left."}),
        *codes(errors.RateLimited, "", {"slow_down": "More than 5 in a second."}),
        *codes(errors.CancelRefused, "", {"too_late": "The run is over."}),
        *codes(
            errors.InputRefused,
            "Give a sharp photo of one person.",
            {"bad_field": "A field is wrong.", "bad_image": "An image cannot be used."},
        ),
        *codes(errors.VendorUnavailable, "", {"broken": "The model failed."}, billed="no"),
        *codes(errors.JobExpired, "", {"gone": "There is no such run, or no longer."}),
    ],
    code=["errors.type"],
    message=["errors.text"],
)
STATES = {
    "waiting": JobState.PENDING,
    "weaving": JobState.RUNNING,
    "over": JobState.SUCCEEDED,
    "broken": JobState.FAILED,
    "stopped": JobState.CANCELLED,
}


@attrs.frozen(kw_only=True)
class Options:
    """Options of Loom.

    Attributes:
        model: `quick` takes one garment, `fine` several.
        seed: repeats a result.
        samples: how many images the quick model makes, 1 to 4.
        max_wait_s: seconds after which the fine model gives up; it is not started then.
    """

    model: Literal["quick", "fine"] = "quick"
    seed: int | None = None
    samples: Literal[1, 2, 3, 4] = 1
    max_wait_s: Literal[60, 600] | None = None


CAN = Capabilities(
    garments=[{"top"}, {"bottom"}, {"dress"}],
    person_rules=RULES,
    garment_rules=RULES,
    outputs=4,
    result_lifetime_s=3600,
    job_lifetime_s=86400,
    quota=Quota(submissions=5, poll_interval_s=2.0, source=SOURCE),
    price=Price(amount=Decimal("0.05"), currency="USD", as_of=date(2026, 1, 2), source=SOURCE),
)
INFO = ProviderInfo(
    id="loom",
    name="Loom",
    options=Options,
    settings=[
        SettingSpec(
            name="api_key",
            secret=True,
            required=True,
            env=["LOOM_API_KEY"],
            help="From loom.example/keys.",
        ),
        SettingSpec(name="base_url", default="https://api.loom.example"),
    ],
    headers={"Authorization": "Bearer {api_key}"},
    capabilities=CAN,
    models={"fine": attrs.evolve(CAN, garments=[{"top"}, {"top", "bottom"}], outputs=1)},
    option_models={"samples": {"quick"}, "max_wait_s": {"fine"}},
    count_outputs=lambda request: request.options.samples,
    errors=TABLE.entries,
    homepage="https://loom.example",
)
QUICK = SubmitRoute(
    path="runs",
    body={
        "model": "{model}",
        "inputs": {"person": "{person}", "garment": "{garment}", "kind": "{category}"},
        "count": "{samples}",
    },
    categories={"top": "upper", "bottom": "lower", "dress": "whole"},
    options_at="inputs",
    job_id="data.run",
)
FINE = SubmitRoute(
    path="models/loom/{model}/runs",
    body={"inputs": [{"role": "person", "image": "{person}"}], "wear": "{garments}"},
    headers={"X-Max-Wait": "{max_wait_s}"},
    options_at="settings",
    job_id="data.run",
    local_images="base64",
    poll_route=PollRoute(
        path="runs/{id}/status",
        named="data.status_url",
        state="data.state",
        states=STATES,
        progress="data.position",
        result_path="runs/{id}/result",
        result_named="data.result_url",
        outputs="data.image.url",
        failure_billed=lambda answer: "yes" if answer.headers.get("x-units", "0") != "0" else "no",
    ),
)


class LoomProvider(DeclaredProvider):
    """Loom weaves."""


provider: Provider = LoomProvider(
    info=INFO,
    table=TABLE,
    submit_route={"quick": QUICK, "fine": FINE},
    poll_route=PollRoute(
        path="runs/{id}",
        state="data.state",
        states=STATES,
        outputs=("data.images[].url", "data.images"),
        usage={"credits": "header:x-units"},
        failure_billed="no",
    ),
    cancel_route=CancelRoute(path="runs/{id}", method="DELETE", state="data.state"),
    balance_route=BalanceRoute(path="account", amount="data.credits", unit="credits"),
)
