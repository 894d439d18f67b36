"""The provider: fal's queue as data, and the hooks in which it is odd."""

from datetime import timedelta
from functools import partial

import tryon_core as core
from tryon_core import JobState, SettingSpec, hookimpl
from tryon_core.images import digest
from tryon_fal import models
from tryon_fal.error_codes import TABLE, billed_by

_KEYS = "Make one at https://fal.ai/dashboard/keys; only the scope Admin reads the balance."
_LIFE = "Seconds until fal deletes an upload, which is public to all who have its address."
INFO = core.ProviderInfo(
    id="fal",
    name="fal",
    homepage="https://fal.ai",
    options=models.Options,
    settings=[
        SettingSpec(name="api_key", env=["FAL_KEY"], secret=True, required=True, help=_KEYS),
        SettingSpec(name="base_url", default="https://queue.fal.run", help="The queue."),
        SettingSpec(name="storage_url", default="https://rest.fal.ai", help="For uploads."),
        SettingSpec(name="account_url", default="https://api.fal.ai/v1", help="For the balance."),
        SettingSpec(name="upload_lifetime_s", kind=int, above=0, default="86400", help=_LIFE),
    ],
    headers={"Authorization": "Key {api_key}"},
    recorded_headers=models.RECORDED,
    capabilities=models.BY_MODEL[models.FASHN],
    models=models.BY_MODEL,
    option_models=models.OPTION_MODELS,
    required_options={model: ["prompt"] for model in models.OPTION_MODELS["prompt"]},
    count_outputs=lambda request: request.options.num_samples or request.options.num_images or 1,
    size_of=lambda ctx: ctx.request.options.aspect_ratio,
    publish_samples=[dict.fromkeys(["upload_url", "file_url"], models.SAMPLE_URL), ""],
    errors=TABLE.entries,
)


def _at(suffix: str, job: core.Job) -> str:
    """Return where a job is: such addresses have the owner and the app of its model alone."""
    model = job.data.get("model", "")
    owner, app, *_ = (model if model in models.SUBMIT else models.FASHN).split("/")
    return f"{owner}/{app}/requests/{{id}}{suffix}"


class FalProvider(core.DeclaredProvider):
    """The try-on models that fal hosts; nobody has tried this plugin with a live key yet."""

    @hookimpl
    def read_balance(self, ctx: core.CallContext) -> core.Balance:
        """Ask for the balance, which only a key of the scope Admin may read."""
        url = f"{ctx.settings.text('account_url')}/account/billing"
        answer = ctx.http.get(url, headers=ctx.headers, params={"expand": "credits"})
        left = TABLE.read(answer, core.Amount, at="credits.current_balance")
        return core.Balance(amount=left, unit="USD", as_of=ctx.clock.now())

    @hookimpl
    def publish_image(self, image: core.ImageSource, ctx: core.CallContext) -> core.UrlSource:
        """Announce a file, and put it where fal says, without the key; both may be repeated."""
        now, storage = ctx.clock.now(), ctx.settings.text("storage_url")
        life_s = int(ctx.settings.text("upload_lifetime_s"))
        suffix = core.upload_name(image).rpartition(".")[2].lower()
        kind = "image/png" if suffix == "png" else "image/jpeg"
        answer = ctx.http.post(
            f"{storage}/storage/upload/initiate?storage_type=fal-cdn-v3",
            json={"content_type": kind, "file_name": f"{digest(image)[:32]}.{suffix}"},
            headers={**ctx.headers, "X-Fal-Object-Lifecycle": models.LIFE.format(life_s)},
            idempotent=True,
        )
        where = TABLE.read(answer, core.WebAddress, at="upload_url")
        file_url = TABLE.read(answer, core.WebAddress, at="file_url")
        if storage.startswith("https:") and not where.startswith("https:"):
            raise TABLE.broken(answer, "expected an https address @ response.upload_url")
        stored = ctx.http.put(where, file=core.FilePart(image, media_type=kind))
        if not stored.is_success:
            raise TABLE.poll_refusal(stored)
        return core.UrlSource(file_url, expires_at=now + timedelta(seconds=life_s))


provider: core.Provider = FalProvider(
    info=INFO,
    table=TABLE,
    submit_route=models.SUBMIT,
    poll_route=core.PollRoute(
        path=partial(_at, "/status"),
        named="status_url",
        state="status",
        states={
            "IN_QUEUE": JobState.PENDING,
            "IN_PROGRESS": JobState.RUNNING,
            "COMPLETED": JobState.SUCCEEDED,  # over; the result says how
            "FAILED": JobState.FAILED,  # in no page of the vendor's
        },
        progress="queue_position",
        result_path=partial(_at, ""),
        result_named="response_url",
        outputs=("images[].url", "image.url"),
        usage={
            "billable_units": "header:x-fal-billable-units",
            "has_nsfw_concepts": lambda answer: answer.json_object().get("has_nsfw_concepts") or "",
        },
        failure_billed=billed_by,
    ),
    cancel_route=core.CancelRoute(
        path=partial(_at, "/cancel"),
        method="PUT",
        named="cancel_url",
        state=lambda answer: answer.text_at("status") or "OK",
        states={"CANCELLATION_REQUESTED": JobState.RUNNING, "OK": JobState.RUNNING},
    ),
)
