"""All that an emulator may touch."""

import hashlib
import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import flask

from tryon_core.clock import Clock
from tryon_core.models import ImageRules
from tryon_testing.emulation.faults import BLANK, DRAW, LAG_KEY, FaultPlan
from tryon_testing.emulation.images import (
    BadImage,
    Form,
    ImageStore,
    Published,
    ReceivedImage,
    SentImage,
    check_image,
    draw_result,
    read_image,
    receive,
    spoilt_result,
)
from tryon_testing.emulation.jobs import EmulatedJob, JobBoard, QuotaMeter
from tryon_testing.emulation.loopback import fetch, is_posted

RESULTS = "/_tryon/results"
_ANY = ImageRules()


def _no_headers(_: bytes) -> Mapping[str, str]:
    return {}


class EmulatorContext:
    """What the toolkit hands to the function that builds an emulator.

    Args:
        clock: the only source of time.
        job_s: seconds that a job takes.
        seed: makes ids repeatable.

    Attributes:
        clock: the only source of time.
        job_s: seconds that a job takes.
        jobs: the vendor's tasks.
        quota: counts requests in moving windows.
        images: what is given away.
        address: where the emulator listens, such as `http://127.0.0.1:8000`; set when it does.
        faults: what goes wrong; set when it listens.
        left: returns what is left on the account, in the unit of the balance; set by the emulator
            of a vendor that has a balance, else None.
    """

    def __init__(self, *, clock: Clock, job_s: float, seed: str) -> None:
        self.clock = clock
        self.job_s = job_s
        self.jobs = JobBoard(
            clock,
            job_s=job_s,
            new_id=self.new_id,
            failure_of_next=self._failure_of_next,
        )
        self.quota = QuotaMeter(clock)
        self.images = ImageStore()
        self.address = ""
        self.faults = FaultPlan()
        self.left: Callable[[], float] | None = None
        self._seed = seed
        self._numbers = itertools.count()
        self._billed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _failure_of_next(self) -> str | None:
        return self.faults.take_failure()  # the plan is another one once the emulator listens

    @property
    def billed(self) -> dict[str, int]:
        """Units charged, by job."""
        with self._lock:
            return dict(self._billed)

    def listed_jobs(self, account: str = "") -> list[EmulatedJob]:
        """Return the tasks of an account that the present request may list or find by other ids.

        In the order in which they were accepted; those that a fault `lag` hides are left out.
        """
        lag_s = flask.request.environ.get(LAG_KEY, 0.0)
        return [job for job in self.jobs.all() if job.account == account and job.age_s >= lag_s]

    def new_id(self) -> str:
        """Return a new id, as a UUID."""
        digest = hashlib.sha256(f"{self._seed} {next(self._numbers)}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def bill(self, job_id: str, units: int = 1) -> None:
        """Charge something."""
        with self._lock:
            self._billed[job_id] += units

    def publish(
        self,
        data: bytes,
        media_type: str = "image/png",
        *,
        name: str = "result.png",
        lifetime_s: float | None = None,
    ) -> str:
        """Give an image away, and return its address.

        Args:
            data: the file.
            media_type: its type.
            name: last part of the address.
            lifetime_s: seconds until the address answers 403, None for never.
        """
        now = self.clock.now()
        expires_at = None if lifetime_s is None else now + timedelta(seconds=lifetime_s)
        image = Published(data=data, media_type=media_type, expires_at=expires_at)
        return f"{self.address}{RESULTS}/{self.images.put(image)}/{name}"

    def publish_result(
        self,
        job: EmulatedJob,
        person: bytes,
        garments: Sequence[bytes] = (),
        *,
        kind: str = "PNG",
        shape: str = "",
        lifetime_s: float | None = None,
    ) -> str:
        """Draw the image of a finished job when it is asked for first, and return its address.

        Args:
            job: whose image it is; its `output` keeps the address.
            person: the photo.
            garments: their images.
            kind: format of the file, in Pillow's words.
            shape: as for `draw_result`.
            lifetime_s: seconds from the end of the job, whenever somebody asks, until the address
                answers 403, None for never.
        """
        with self._lock:
            if job.output is None:
                age_s = (self.clock.now() - job.ended_at).total_seconds()
                left_s = None if lifetime_s is None else lifetime_s - age_s
                drawn = self.draw_result(person, garments, kind=kind, shape=shape)
                suffix = kind.lower()
                job.output = self.publish(
                    drawn, f"image/{suffix}", name=f"result.{suffix}", lifetime_s=left_s
                )
            return str(job.output)

    def fetch(self, url: str) -> bytes:
        """Return the file at an address of this machine.

        Raises:
            FetchRefused: it is of another machine, or there is nothing.
        """
        return fetch(url)[0]

    def receive(self, text: str, *, forms: Collection[Form] = ("url", "data_uri")) -> SentImage:
        """Fetch or decode the image that a JSON field holds; `read_image` looks at it.

        Args:
            text: the value of the field.
            forms: what the vendor takes: an address (`url`), a `data_uri`, bare `base64`.

        Raises:
            FetchRefused: the file at an address cannot be fetched.
            BadImage: the text is in none of these forms, or is no Base64.
        """
        return receive(text, forms=forms)

    def receive_image(
        self,
        text: str,
        *,
        forms: Collection[Form] = ("url", "data_uri"),
        rules: ImageRules = _ANY,
        has_image_type: bool = False,
    ) -> ReceivedImage:
        """Fetch or decode the image that a JSON field holds, and look at it.

        Args:
            text: the value of the field.
            forms: what the vendor takes, as for `receive`.
            rules: the limits that the vendor has for it, if any.
            has_image_type: whether the data URI, or the server at the address, must say that it is
                an image.

        Raises:
            FetchRefused: the file at an address cannot be fetched.
            BadImage: it is in none of these forms, no image, or breaks the rules.
        """
        sent = receive(text, forms=forms)
        if has_image_type and not sent.media_type.startswith("image/"):
            raise BadImage(f"no Content-Type of an image: {sent.media_type or 'none'}")
        return check_image(read_image(sent.data), rules)

    def read_image(self, data: bytes) -> ReceivedImage:
        """Decode an image and return what it is.

        Raises:
            BadImage: it is none, or broken.
        """
        return read_image(data)

    def draw_result(
        self,
        person: bytes,
        garments: Sequence[bytes] = (),
        *,
        kind: str = "PNG",
        note: str = "",
        shape: str = "",
    ) -> bytes:
        """Return an image that shows what was asked: garments laid over the person.

        The faults `draw:blank` and `draw:unchanged` spoil it.

        Args:
            person: the photo.
            garments: their images.
            kind: format of the file, in Pillow's words, such as `JPEG`.
            note: what is written into it, such as the seed.
            shape: what it is cut to, such as `3:4`; empty for the shape of the photo.
        """
        fault = self.faults.take(DRAW)
        if fault is None:
            return draw_result(person, garments, kind=kind, note=note, shape=shape)
        return spoilt_result(person, is_blank=fault.kind == BLANK, kind=kind, shape=shape)

    def call_back(
        self,
        url: str,
        body: Callable[[], bytes],
        *,
        after_s: float,
        pauses_s: Sequence[float] = (),
        headers: Callable[[bytes], Mapping[str, str]] = _no_headers,
    ) -> threading.Thread:
        """Post JSON to a webhook of this machine, later, in a thread; return the thread.

        Called while a request is served, it makes the body within the same application.

        On a clock that only moves when somebody sleeps, `after_s` passes at once.

        Args:
            url: where to; an address of another machine is never called.
            body: makes what is posted, each time.
            after_s: seconds until the first call.
            pauses_s: seconds before each further call; a status of 200 to 299 ends them.
            headers: further headers for a body, such as its signature.
        """
        within: Any = flask.current_app.app_context() if flask.has_app_context() else nullcontext()

        def run() -> None:
            with within:
                for pause_s in (after_s, *pauses_s):
                    self.clock.sleep(pause_s)
                    data = body()
                    if is_posted(url, data, headers(data)):
                        return

        thread = threading.Thread(target=run, name="webhook", daemon=True)
        thread.start()
        return thread
