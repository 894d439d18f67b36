"""Vendors that bill, and tell what for; they live faster than this machine."""

import contextlib
import http.client
import io
import random
import threading
from collections import Counter
from urllib.parse import urlsplit

import attrs
from flask import request
from PIL import Image

from flash_emulator import emulator as flash
from quota_world import FastClock
from tryon_ailab.emulator import emulator as ailab
from tryon_pixelcut.emulator import emulator as pixelcut
from tryon_testing.emulation import start

FACTOR = 100.0
"""How much faster the vendor and the batch live than this machine."""
_PATIENCE_S = 20.0


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of vendor.

    Attributes:
        emulator: what stands in for it.
        part: the name that a submission gives to the garment's picture.
        suffix: of the pictures that it makes.
        draw: makes the same picture again, from what the emulator works with, person and garment.
        settings: of the provider.
        knobs: of the emulator; nothing expires, since the clock runs fast.
        credits: what it bills for one try-on.
    """

    emulator: object
    part: str
    suffix: str
    draw: object
    settings: dict = attrs.field(factory=dict)
    knobs: dict = attrs.field(factory=dict)
    credits: int = 1


_AILAB = Kind(
    emulator=ailab,
    part="clothes_image",
    suffix=".png",
    draw=lambda ctx, person, garment: ctx.draw_result(person, [garment]),
    knobs={"task_lifetime_s": 1e9, "result_lifetime_s": 1e9, "credit_count": 1e9},
    credits=10,
)
_PIXELCUT = Kind(
    emulator=pixelcut,
    part="garment_image",
    suffix=".jpg",
    draw=lambda ctx, person, garment: ctx.draw_result(person, [garment], kind="JPEG"),
    knobs={
        "job_lifetime_s": 1e8,
        "result_lifetime_s": 1e8,
        "credits": 10**9,
        "requests_per_s": 10**6,
    },
)
FLASH = Kind(
    emulator=flash,
    part="garment",
    suffix=".png",
    draw=lambda ctx, person, garment: ctx.draw_result(person, [garment]),
)
"""Its answer is the image; its provider is a sample of `single_job` alone."""
KINDS = {
    "job and questions": _AILAB,
    "job and questions, slowly": _PIXELCUT,
    "result in the answer": attrs.evolve(_PIXELCUT, settings={"wait_for_result": "true"}),
}


def make_pictures(folder, count, *, is_detailed=False, side_px=256):
    """Write a person and some garments; return their paths, the person first.

    Pictures are of one colour, or so full of detail that each is some 200 kB.
    """
    paths = []
    for number in range(count + 1):
        if is_detailed:
            pixels = random.Random(number).randbytes(3 * side_px**2)  # noqa: S311  (a picture)
        else:
            pixels = bytes((number % 256, number // 256, 200)) * side_px**2
        buffer = io.BytesIO()
        Image.frombytes("RGB", (side_px, side_px), pixels).save(buffer, "PNG")
        paths.append(folder / f"picture-{number}.png")
        paths[-1].write_bytes(buffer.getvalue())
    return paths


class Vendor:
    """A running emulator, and what it knows of each garment.

    Attributes:
        watch: told of every request, `before` it is worked on and `after`, with its operation.
    """

    def __init__(self, kind, *, job_s=3.0, faults=(), clock=None):
        self.kind = kind
        self.clock = clock or FastClock(FACTOR)
        self.watch = None
        self._stack = contextlib.ExitStack()
        watched = attrs.evolve(kind.emulator, build=self._build)
        self.running = self._stack.enter_context(
            start(watched, clock=self.clock, job_s=job_s, faults=faults, knobs=kind.knobs)
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.settle()
        self._stack.close()

    @property
    def settings(self):
        return {**self.running.settings, **self.kind.settings}

    def _build(self, ctx, knobs):
        app = self.kind.emulator.build(ctx, knobs)
        app.before_request_funcs.setdefault(None, []).insert(0, self._before)
        app.after_request(self._after)
        return app

    def _before(self):
        if self.watch:
            self.watch("before", request.endpoint)

    def _after(self, answer):
        if self.watch:
            self.watch("after", request.endpoint)
        return answer

    def billed(self):
        """Return how often each garment was taken, by digest; all of that was billed."""
        taken = Counter()
        for entry in list(self.running.log):
            is_taken = entry.status in {200, 202} or entry.fault in {"drop", "cut", "truncated"}
            if entry.operation == "submit" and is_taken:
                sent = dict(entry.fields) or entry.json
                part = sent[self.kind.part]
                taken[part["sha256"] if isinstance(part, dict) else part] += 1
        assert taken.total() * self.kind.credits == sum(self.running.ctx.billed.values())
        return taken

    def settle(self):
        """Wait until nothing is left that a dead client has sent."""
        # Connections are accepted in their order, so that ours comes after all others.
        address = urlsplit(self.running.base_url)
        probe = http.client.HTTPConnection(address.hostname, address.port, timeout=_PATIENCE_S)
        probe.request("GET", "/_tryon/nothing", headers={"Connection": "close"})
        probe.getresponse().read()
        probe.close()
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(_PATIENCE_S)
                assert not thread.is_alive(), "the emulator is still busy"
