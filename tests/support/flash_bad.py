"""Providers of a vendor without jobs that are each wrong in one way, for the kit to find out."""

import base64

from flash import TABLE, FlashProvider
from tryon_core import (
    Artifact,
    BytesSource,
    JobResult,
    JobState,
    JobUpdate,
    as_artifact,
    errors,
    hookimpl,
    image_in_json,
)


class Asking(FlashProvider):
    def ask(self, request, ctx):
        ((category, garment),) = request.garments.items()
        person = image_in_json(request.images["person"], data_uri=False)
        sent = {"kind": category, "garment": image_in_json(garment), "person": person}
        answer = ctx.http.post("images", json=sent)
        if answer.status >= 400:
            raise TABLE.refusal(answer)
        return answer


class TakesPagesForImages(Asking):
    @hookimpl
    def submit(self, request, ctx):
        image = Artifact(source=BytesSource(self.ask(request, ctx).body))
        return ctx.new_job("", result=JobResult(images=[image]))


class KeepsImagesInTokens(Asking):
    @hookimpl
    def submit(self, request, ctx):
        image = base64.b64encode(self.ask(request, ctx).body).decode()
        return ctx.new_job("1", data={"image": image})

    @hookimpl
    def poll(self, job, ctx):
        result = JobResult(images=[as_artifact(job.data["image"], place="image")])
        return JobUpdate(state=JobState.SUCCEEDED, result=result)


class CallsOddAnswersFree(Asking):
    @hookimpl
    def submit(self, request, ctx):
        try:
            image = as_artifact(self.ask(request, ctx).body, place="body")
        except errors.UnexpectedResponse as error:
            raise errors.InputRefused("no image came.", vendor_code="no_image") from error
        return ctx.new_job("", result=JobResult(images=[image]))
