"""The provider: predictions as data, the store of files, and predictions whose answer was lost."""

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

import tryon_core as core
from tryon_core import JobState, errors, hookimpl
from tryon_replicate.declaration import IDM_VTON, INFO, P_IMAGE, PINNED, USD_PER_S
from tryon_replicate.error_codes import TABLE

_MOST_PAGES = 50


class ReplicateProvider(core.DeclaredProvider):
    """Virtual try-on models on Replicate, each with inputs, a licence and a price of its own."""

    @hookimpl
    def publish_image(self, image: core.ImageSource, ctx: core.CallContext) -> core.UrlSource:
        """Put a file into the vendor's store, for one submission: its address tells that apart."""
        name = f"image{PurePath(core.upload_name(image)).suffix}"
        form = [("content", core.FilePart(image, filename=name))]
        answer = ctx.http.post("v1/files", multipart=form, idempotent=True)
        if not answer.is_success:
            raise TABLE.refusal(answer)
        return core.UrlSource(TABLE.read(answer, core.WebAddress, at="urls.get"))

    @hookimpl
    def find_submission(
        self, attempt: core.Attempt, ctx: core.CallContext
    ) -> core.Found | core.NotAccepted | core.Undecided:
        """Look in the list for the prediction that has the files of this submission alone.

        One that shows other files of the store is another's. Without any, its inputs were removed
        or are shown otherwise, so that it leaves open whose it is.
        """
        model, store = attempt.options.get("model", P_IMAGE), f"{attempt.base_url}/v1/files/"
        own = {url for url in attempt.images.values() if url.startswith(store)}
        is_pinned = attempt.options.get("version") is not None
        mine, strangers = list[str](), list[str]()
        for made in _made_during(attempt, ctx):
            name, text = str(made.get("id", "")), json.dumps(made.get("input"))
            files = set(re.findall(re.escape(store) + r'[^"\\]+', text))
            is_another = (made.get("model") or model) != model and not is_pinned
            is_others = is_another or made.get("source") == "web" or name in ctx.known_jobs
            if own and own <= files:
                mine.append(name)
            elif own & files or not (files or is_others):
                strangers.append(name)
        if len(mine) == 1:
            return core.Found(ctx.new_job(mine[0], data={"model": model}))
        if own and not mine and not strangers:
            return core.NotAccepted()
        reason = "Replicate's list does not tell the submission from others."
        return core.Undecided(reason=reason, candidates=(*mine, *strangers))


def _made_during(attempt: core.Attempt, ctx: core.CallContext) -> Iterator[dict[str, Any]]:
    """Yield the account's predictions of the time of a submission."""
    times = {"created_after": attempt.earliest, "created_before": attempt.latest}
    params = {name: time.isoformat() for name, time in times.items()}
    for _ in range(_MOST_PAGES):
        answer = ctx.http.get("v1/predictions", params=params)
        yield from TABLE.read(answer, list[dict[str, Any]], at="results")
        if not answer.text_at("next"):
            return
        params |= parse_qsl(urlsplit(answer.text_at("next")).query)
    raise errors.UnexpectedResponse("Replicate: the list of predictions does not end.")


def _version(request: core.TryOnRequest, _: core.CallContext) -> str:
    model: str = request.options.model
    return request.options.version or PINNED.get(model, model)


def _images(answer: core.HttpResponse) -> list[Any]:
    body = answer.json_object()
    output = body.get("output")
    if output is None and body.get("data_removed") is True:
        raise errors.JobExpired(
            "Replicate deleted the result, an hour after its end.", billed="yes"
        )
    return output if isinstance(output, list) else [output]


def _usd(answer: core.HttpResponse) -> str | None:
    """Return what a prediction cost that is charged by the time it took."""
    seconds = answer.text_at("metrics.predict_time", or_number=True)
    is_by_time = answer.text_at("model") == IDM_VTON and seconds.replace(".", "", 1).isdecimal()
    return f"{float(seconds) * USD_PER_S:.6f}" if is_by_time else None


_P_IMAGE_ROUTE = core.SubmitRoute(
    path="v1/predictions",
    body={
        "version": _version,
        "input": {"person_image": "{person}", "garment_images": "{garments}"},
    },
    headers={"Cancel-After": "{cancel_after_minutes}m"},
    options_at="input",
    unsent=("version",),
)
_IDM_VTON_INPUT = {
    "human_img": "{person}",
    "garm_img": "{garment}",
    "category": "{category}",
    "garment_des": "{garment_description}",
}
_IDM_VTON_ROUTE = attrs.evolve(
    _P_IMAGE_ROUTE,
    body={"version": _version, "input": _IDM_VTON_INPUT},
    categories={"top": "upper_body", "bottom": "lower_body", "dress": "dresses"},
)
provider: core.Provider = ReplicateProvider(
    info=INFO,
    table=TABLE,
    submit_route={P_IMAGE: _P_IMAGE_ROUTE, IDM_VTON: _IDM_VTON_ROUTE},
    poll_route=core.PollRoute(
        path="v1/predictions/{id}",
        state="status",
        states={
            "starting": JobState.PENDING,
            "processing": JobState.RUNNING,
            "succeeded": JobState.SUCCEEDED,
            "failed": JobState.FAILED,
            "canceled": JobState.CANCELLED,
            "aborted": JobState.FAILED,  # its deadline passed before it began
        },
        outputs=_images,
        usage={"predict_time_s": "metrics.predict_time", "USD": _usd},
        failure_billed=lambda it: "no" if it.text_at("status") == "aborted" else "unknown",
    ),
    cancel_route=core.CancelRoute(path="v1/predictions/{id}/cancel", state="status"),
)
