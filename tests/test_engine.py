"""The engine API: its page names every name, and the runner on it works as it stands there."""

import inspect
import re
from pathlib import Path

import attrs
import pytest

from providers import FakeProvider, fake_info, picture
from tryon_core import Client, Job, Quota, engine, errors
from tryon_testing.clocks import FakeClock

PAGE = (Path(__file__).parents[1] / "docs/reference/engine.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    namespace = {"__name__": "runner"}
    exec(compile(code, "engine.md", "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace["run"]


def _rows(client, *names):
    return {name: client.request(picture(), top=picture()) for name in names}


def test_every_name_stands_on_the_page_and_no_other_one():
    tables = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    named = re.findall(r"`(\w+)", " ".join(tables))
    assert sorted(named) == sorted(engine.__all__)


def test_the_names_are_listed_once_and_in_order_and_are_documented():
    assert len(set(engine.__all__)) == len(engine.__all__)
    for name in engine.__all__:
        value = getattr(engine, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value)


def test_the_runner_saves_every_row_and_keeps_the_tokens(run, tmp_path):
    info = fake_info(typical_job_s=10, quota=Quota(poll_interval_s=3))
    provider = FakeProvider(info=info, polls=2)
    with Client(provider, clock=FakeClock()) as client:
        outcomes = run(client.session, _rows(client, "a", "b"), tmp_path)
        tokens = [Job.from_token((tmp_path / f"{name}.token").read_text()) for name in outcomes]
    assert {Path(path).read_bytes() for path in outcomes.values()} == {*provider.images}
    assert len({job.id for job in tokens}) == provider.calls.count("submit") == 2
    assert provider.calls.count("poll") == 6


def test_the_runner_submits_no_row_again_whose_outcome_is_unknown(run, tmp_path):
    provider = FakeProvider(on_submit=errors.OutcomeUnknown("the answer was lost."))
    with Client(provider, clock=FakeClock()) as client:
        outcomes = run(client.session, _rows(client, "a"), tmp_path)
    assert "the answer was lost" in outcomes["a"]
    assert provider.calls == ["submit"]


def test_the_runner_tells_a_failed_row_from_the_others(run, tmp_path):
    provider = FakeProvider(polls=1)
    with Client(provider, clock=FakeClock()) as client:
        good, bad = _rows(client, "good", "bad").values()
        bad = attrs.evolve(bad, top=attrs.evolve(bad.top, data=b"no image"))
        outcomes = run(client.session, {"good": good, "bad": bad}, tmp_path)
    assert Path(outcomes["good"]).read_bytes() == provider.images[0]
    assert "top" in outcomes["bad"]
