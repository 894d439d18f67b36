"""The provider: predictions as data, and the vendor's store of files."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

import attrs

import tryon_core as core
from tryon_core import JobState, errors, hookimpl
from tryon_replicate.declaration import IDM_VTON, INFO, KEPT_S, OOTD, P_IMAGE, PINNED, USD_PER_S
from tryon_replicate.error_codes import TABLE

_CONVERTER = core.make_converter()


@attrs.frozen
class _Ended:
    output: Any = None
    completed_at: datetime | None = None
    data_removed: bool = False


class ReplicateProvider(core.DeclaredProvider):
    """Virtual try-on models on Replicate, each with inputs, a licence and a price of its own."""

    @hookimpl
    def publish_image(self, image: core.ImageSource, ctx: core.CallContext) -> core.UrlSource:
        """Put a file into the vendor's store, which keeps it for a day."""
        name = f"image{PurePath(core.upload_name(image)).suffix}"
        form = [("content", core.FilePart(image, filename=name))]
        answer = ctx.http.post("v1/files", multipart=form, idempotent=True)
        if answer.status not in range(200, 300):
            raise TABLE.refusal(answer)
        url = core.decode(_CONVERTER, answer.json(), core.WebAddress, at="urls.get")
        return core.UrlSource(url)


def _version(request: core.TryOnRequest, _: core.CallContext) -> str:
    model: str = request.options.model
    return request.options.version or PINNED.get(model, model)


def _images(answer: core.HttpResponse) -> list[core.Artifact]:
    ended = core.decode(_CONVERTER, answer.json(), _Ended)
    if ended.data_removed and ended.output is None:
        raise errors.JobExpired(
            "Replicate deleted the result, an hour after its end.", billed="yes"
        )
    texts = ended.output if isinstance(ended.output, list) else [ended.output]
    until = ended.completed_at and ended.completed_at + timedelta(seconds=KEPT_S)
    return [core.as_artifact(text, place="output", expires_at=until) for text in texts]


def _usd(answer: core.HttpResponse) -> str | None:
    """Return what a prediction cost that is charged by the time it took."""
    seconds = answer.text_at("metrics.predict_time", or_number=True)
    rate = USD_PER_S.get(answer.text_at("model"))
    is_known = rate is not None and seconds.replace(".", "", 1).isdecimal()
    return f"{float(seconds) * rate:.6f}" if rate and is_known else None


def _row(inputs: Mapping[str, str], *words: str) -> core.SubmitRoute:
    """Return how a model is asked; the words are its own for a top, a bottom and a dress."""
    return core.SubmitRoute(
        path="v1/predictions",
        body={"version": _version, "input": inputs},
        headers={"Cancel-After": "{cancel_after_minutes}m"},
        categories=dict(zip(_CATEGORIES, words, strict=False)),
        options_at="input",
        unsent=("version",),
    )


_CATEGORIES: tuple[core.Category, ...] = ("top", "bottom", "dress")
_ONE = {"garm_img": "{garment}", "category": "{category}"}
_DESCRIBED = {**_ONE, "garment_des": "{garment_description}"}
provider: core.Provider = ReplicateProvider(
    info=INFO,
    table=TABLE,
    submit_route={
        P_IMAGE: _row({"person_image": "{person}", "garment_images": "{garments}"}),
        IDM_VTON: _row(
            {"human_img": "{person}", **_DESCRIBED}, "upper_body", "lower_body", "dresses"
        ),
        OOTD: _row(
            {"vton_img": "{person}", **_ONE, "n_steps": "{steps}"},
            "upperbody",
            "lowerbody",
            "dress",
        ),
    },
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
    ),
    cancel_route=core.CancelRoute(path="v1/predictions/{id}/cancel", state="status"),
)
