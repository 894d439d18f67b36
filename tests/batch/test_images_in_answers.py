"""Rows of a vendor without jobs: their images outlive the run that paid for them."""

import pytest

from providers import FakeProvider, picture
from tryon_batch import workers
from tryon_core import Artifact, BytesSource, Client, JobResult, hookimpl
from tryon_core.remembered import FOLDER_ENV
from tryon_testing.clocks import FakeClock


class AtOnce(FakeProvider):
    @hookimpl
    def submit(self, request, ctx):
        self.calls.append("submit")
        result = JobResult(images=[Artifact(source=BytesSource(picture()))])
        return ctx.new_job("", result=result)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "data"))
    return tmp_path / "data" / "answers"


def run(provider, out):
    client = Client(provider, clock=FakeClock(), config={})
    tops = [picture(colour=(number, 0, 0)) for number in range(3)]
    requests = {
        f"row-{number}": client.request(picture(), top=top) for number, top in enumerate(tops)
    }
    return list(client.run_batch(requests, out=out))


def test_what_a_run_has_saved_is_not_kept_twice(kept, tmp_path):
    outcomes = run(AtOnce(), tmp_path / "out")
    assert [outcome.paths[0].read_bytes() for outcome in outcomes] == [picture()] * 3
    assert list(kept.iterdir()) == []


def test_a_run_that_died_before_saving_finds_its_images_again(kept, tmp_path, monkeypatch):
    class Died(BaseException):
        """The process is gone."""

    def die(*_):
        raise Died

    provider = AtOnce()
    with monkeypatch.context() as patch:
        patch.setattr(workers.engine, "fetch_result", die)
        with pytest.raises(Died):
            run(provider, tmp_path / "out")
    paid = len(provider.calls)
    assert paid == len(list(kept.iterdir())) > 0
    outcomes = run(provider, tmp_path / "out")
    assert [outcome.paths[0].read_bytes() for outcome in outcomes] == [picture()] * 3
    assert len(provider.calls) == 3, "nothing is bought twice"
    assert list(kept.iterdir()) == []
