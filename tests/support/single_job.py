"""One try-on as a process of its own does it, by itself and not as a row of a run."""

import os
from pathlib import Path
from types import SimpleNamespace

import attrs

from batch_job import TRANSPORT
from flash import provider as flash
from quota_world import FastClock
from tryon_core import client
from tryon_core.dispatch import BoundProvider
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore


@attrs.frozen(kw_only=True)
class SingleJob:
    """What a process is told to do; plain values only, so that it can be sent as JSON.

    Attributes:
        provider: id of the provider.
        settings: its settings.
        clock: what `FastClock` is made of.
        person: path of the photo.
        garment: path of the garment.
        out: file for the image.
        data: folder of what the user's jobs are.
    """

    provider: str
    settings: dict
    clock: list
    person: str
    garment: str
    out: str
    data: str

    moments = (
        (JobStore, "begin"),
        (JobStore, "accepted"),
        (JobStore, "_rename"),
        (JobStore, "note"),
        (BoundProvider, "submit"),
        (BoundProvider, "poll"),
        (client, "fetch_result"),
        (os, "fsync"),
        (os, "link"),
        (os, "unlink"),
        (os, "replace"),
    )

    def open(self):
        """Return a client that remembers its jobs in the folder."""
        os.environ[FOLDER_ENV], os.environ[REMEMBER_ENV] = self.data, "1"
        return client.Client(
            flash if self.provider == "flash" else self.provider,
            clock=FastClock(*self.clock),
            config={},
            transport=TRANSPORT,
            **self.settings,
        )

    def run(self):
        """Do it, and say that it is saved."""
        with self.open() as opened:
            result = opened.try_on(Path(self.person), top=Path(self.garment), timeout_s=None)
            result.save(self.out)
            yield SimpleNamespace(item=SimpleNamespace(id="single"), state="saved")
