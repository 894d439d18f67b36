"""An outfit of two steps as a process of its own puts it on: by one call, or as a row of a run."""

import os
from pathlib import Path
from types import SimpleNamespace

import attrs

from batch_job import TRANSPORT, BatchJob
from flash import provider as flash
from quota_world import FastClock
from single_job import SingleJob
from tryon_batch.items import BatchPolicy
from tryon_core.client import Client
from tryon_core.kept_answers import KeptAnswers
from tryon_core.remembered import FOLDER_ENV, REMEMBER_ENV, JobStore


@attrs.frozen(kw_only=True)
class OutfitJob:
    """What a process is told to do; plain values only, so that it can be sent as JSON.

    Attributes:
        provider: id of the provider.
        settings: its settings.
        clock: what `FastClock` is made of.
        person: path of the photo.
        top: path of the garment.
        bottom: path of the other one.
        out: file for the image, or folder of the run.
        data: folder of what the user's jobs and runs are.
        is_run: whether it is a row of a run.
        others: further rows of the run, with the paths of top and bottom.
    """

    provider: str
    settings: dict
    clock: list
    person: str
    top: str
    bottom: str
    out: str
    data: str
    is_run: bool = False
    others: dict = attrs.field(factory=dict)

    @property
    def moments(self):
        """What is watched."""
        single = (*SingleJob.moments, (JobStore, "followed"), (KeptAnswers, "keep_first_image"))
        return BatchJob.moments if self.is_run else single

    def open(self):
        """Return a client that remembers its jobs in the folder."""
        os.environ[FOLDER_ENV], os.environ[REMEMBER_ENV] = self.data, "1"
        return Client(
            flash if self.provider == "flash" else self.provider,
            clock=FastClock(*self.clock),
            config={},
            transport=TRANSPORT,
            **self.settings,
        )

    @property
    def rows(self):
        """Paths of top and bottom by the name of the row."""
        return {"row": [self.top, self.bottom], **self.others}

    def run(self):
        """Do it, and say that it is saved."""
        images = {"top": Path(self.top), "bottom": Path(self.bottom)}
        with self.open() as client:
            if self.is_run:
                yield from self.run_rows(client)
                return
            result = client.try_on(Path(self.person), **images, chain=True, timeout_s=None)
            result.save(self.out)
            yield SimpleNamespace(item=SimpleNamespace(id="row"), state="saved")

    def run_rows(self, client, **policy):
        """Yield what became of the rows of the run."""
        rows = {
            name: client.request(Path(self.person), top=Path(top), bottom=Path(bottom))
            for name, (top, bottom) in self.rows.items()
        }
        how = BatchPolicy(chain=True, job_timeout_s=1e9, stop_after=1000, **policy)
        yield from client.run_batch(rows, out=self.out, policy=how)
