"""Check that a job can be taken up in a process that knows nothing but its token."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

from tryon_core.errors import TryOnError
from tryon_testing import fresh
from tryon_testing.bench import JOB_S, SHORT_PAUSE_S, Bench, vendor_bench
from tryon_testing.breach import refuse_bug, require
from tryon_testing.members import ContractMembers, module_of
from tryon_testing.versions import since

_TIMEOUT_S = 120.0
_ADVICE = (
    "Tokens outlive versions: read `Job.data` with a default, and raise an InputError for what "
    "cannot be used."
)


class ResumeChecks(ContractMembers):
    """The token is all that a job needs."""

    @since("0.1")
    def test_a_job_is_resumed_in_a_fresh_process(self) -> None:
        """Another Python process finishes what this one has submitted and paid."""
        with vendor_bench(self) as at:
            job = at.client().submit(at.request())
            at.pass_time(10 * JOB_S)
            asked = _asked(at, job.to_token())
            answer = _run(asked)
        require(
            not answer.get("error"),
            f"in a fresh process, resume() of the job {job.id!r} ended in {answer.get('error')}. "
            "Keep nothing in the provider object between submit() and poll(): what poll() needs "
            "beside the id belongs into `ctx.new_job(data={...})`.",
        )
        require(answer.get("images"), "in a fresh process, resume() gave no images.")

    @since("0.1")
    def test_a_token_of_another_version_is_no_bug(self) -> None:
        """`Job.data` may lack what this version of the plugin writes, or hold something else."""
        with vendor_bench(self) as at:
            job = at.finished_job()
            for data in _other_data(job.data):
                situation = f"poll() of a job with the data {data}"
                try:
                    at.client(pause_s=SHORT_PAUSE_S).poll(attrs.evolve(job, data=data, result=None))
                except TryOnError as error:
                    refuse_bug(error, situation, _ADVICE)


def _other_data(data: Mapping[str, str]) -> Iterator[dict[str, str]]:
    yield {}
    yield {**data, "tryon_kit": "of a newer version"}
    for name in data:
        yield {**data, name: ""}
        yield {**data, name: "tryon kit"}


def _asked(at: Bench, token: str) -> dict[str, Any]:
    members = at.members
    module = module_of(members)
    place = members.provider if isinstance(members.provider, str) else _place(members, module)
    if place is None:
        pytest.skip("the provider is no global of a module, so that no other process can import it")
    return {
        "provider": place,
        "path": [entry for entry in sys.path if entry],
        "token": token,
        "settings": at.settings,
        "now": at.clock.now().isoformat(),
    }


def _place(members: ContractMembers, module: str | None) -> str | None:
    """Return `module:name` of a provider object."""
    for name, value in vars(sys.modules[module]).items() if module else ():
        if value is members.provider:
            return f"{module}:{name}"
    return None


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    answer = subprocess.run(  # noqa: S603  (our own module, in this Python)
        [sys.executable, "-m", fresh.__name__],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(asked["path"])},
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        return {"error": last}
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found
