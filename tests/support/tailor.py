"""A provider of one garment at a time, whose images say what was put on what."""

import io

import attrs
from PIL import Image

from providers import FakeProvider, fake_info, picture
from tryon_core import (
    Artifact,
    BytesSource,
    Failure,
    JobResult,
    JobState,
    JobUpdate,
    errors,
    hookimpl,
)
from tryon_core.images.files import read_bytes

PERSON = picture(colour=(1, 1, 1))
ONE_GARMENT = [{"top"}, {"bottom"}]
REFUSED, FAILED, LOST = "refused", "failed", "lost"


def bottom(number):
    return picture(colour=(100, number, 0))


def top(number):
    return picture(colour=(200, number, 0))


def colour(data):
    return Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0))


@attrs.define(kw_only=True, eq=False)
class Tailor(FakeProvider):
    """Paints what was put on into the image: its colour says person and garment.

    Attributes:
        fates: how the next requests for a garment end, by its colour.
        bought: the colours of person and garment of each request.
        slow: garments whose jobs do not end.
        made: images that are given instead, by garment.
        jobs: the colours of images by job, or how it ends instead.
    """

    info: object = attrs.field(factory=lambda: fake_info(garments=ONE_GARMENT))
    fates: dict = attrs.field(factory=dict)
    bought: list = attrs.field(factory=list)
    slow: set = attrs.field(factory=set)
    made: dict = attrs.field(factory=dict)
    _garments: dict = attrs.field(factory=dict)
    jobs: dict = attrs.field(factory=dict)

    @hookimpl
    def submit(self, request, ctx):
        """Accept it, or not."""
        ((category, garment),) = request.garments.items()
        person = colour(read_bytes(request.person, field="person"))
        put_on = colour(read_bytes(garment, field=category))
        self.bought.append((person, put_on))
        fates = self.fates.get(put_on, [])
        fate = fates.pop(0) if fates else None
        if fate == REFUSED:
            raise errors.InputRefused("the garment is not liked.")
        if fate == LOST:
            raise errors.OutcomeUnknown("no answer came.")
        job = f"job-{len(self.bought)}"
        self._garments[job] = put_on
        self.jobs[job] = fate or worn(person, put_on)
        return ctx.new_job(job)

    @hookimpl
    def poll(self, job, ctx):
        """Give the image of a job."""
        found, garment = self.jobs[job.id], self._garments.get(job.id)
        if garment in self.slow:
            return JobUpdate(state=JobState.RUNNING)
        if found == FAILED:
            failure = Failure(code="E1", message="no body was found", billed="no")
            return JobUpdate(state=JobState.FAILED, failure=failure)
        image = Artifact(source=BytesSource(self.made.get(garment) or picture(colour=found)))
        return JobUpdate(state=JobState.SUCCEEDED, result=JobResult(images=[image]))


def worn(person, put_on):
    """Return the colour of the image of a garment on a person; another one for each pair."""
    return (put_on[1] + 10, (person[0] * 7 + person[1] + put_on[0]) % 256, person[1])


def worn_colour(top_number, bottom_number):
    first = worn((1, 1, 1), (100, bottom_number, 0))
    return worn(first, (200, top_number, 0))
