import hashlib
import importlib.util
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from batch_runs import PERSON, TOP, client_of, requests_of, run, states
from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from processes import unmeasured
from providers import FakeProvider, fake_info
from tryon_batch.items import BatchItem, BatchPolicy
from tryon_batch.journal import Journal
from tryon_batch.output import OutputFolder
from tryon_batch.run import run_batch
from tryon_core import Client
from tryon_core.errors import InputError

SIZE = (192, 256)
TWO = {"item-1", "item-2"}
SCRIPT = Path(__file__).parents[1] / "scripts" / "dask_run.py"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Write a person and two tops; give their paths."""
    pytest.importorskip("tryon_local")
    folder = tmp_path_factory.mktemp("pictures")
    tops = [style for style in GARMENT_STYLES.values() if style.category == "top"][:2]
    drawn = [draw_person(next(iter(PERSON_STYLES.values())), SIZE)]
    drawn += [draw_garment(style, SIZE) for style in tops]
    paths = [folder / f"{number}.png" for number in range(len(drawn))]
    for path, one in zip(paths, drawn, strict=True):
        one.image.convert("RGB").save(path)
    return paths


def dressed(pictures, out, executor):
    """Run two items of the local provider; return the outcomes and what its threads would save."""
    person, *tops = pictures
    with Client("local") as client:
        requests = {
            f"item-{number}": client.request(person, top=top) for number, top in enumerate(tops, 1)
        }
        outcomes = run(client, requests, out=out, executor=executor)
        (image,) = client.try_on(requests["item-1"]).images
    return outcomes, image.sha256


def assert_done(outcomes, expected):
    assert states(outcomes) == dict.fromkeys(TWO, "saved")
    (path,) = outcomes["item-1"].paths
    assert hashlib.sha256(path.read_bytes()).hexdigest() == expected
    assert not any(outcome.is_earlier for outcome in outcomes.values())


def test_other_processes_do_the_work_of_the_local_provider(pictures, tmp_path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        outcomes, expected = dressed(pictures, tmp_path / "out", executor)
        assert_done(outcomes, expected)
        assert executor.submit(int, "7").result() == 7  # it is ours to close


_FIRST_STEP = """
import sys
from concurrent.futures import ThreadPoolExecutor
from tryon_core import Client

class Watching(ThreadPoolExecutor):
    def submit(self, *args, **kwargs):
        print("requests.adapters" in sys.modules)
        return super().submit(*args, **kwargs)

person, top, out = sys.argv[1:]
with Client("local") as client, Watching(1) as executor:
    print("requests.adapters" in sys.modules)
    for outcome in client.run_batch([client.request(person, top=top)], out=out, executor=executor):
        print(outcome.state)
"""


def test_the_network_is_loaded_before_threads_begin(pictures, tmp_path):
    # Loaded within a thread, while another one opens a picture, it warned of missing libraries.
    command = [sys.executable, "-c", _FIRST_STEP, *map(str, pictures[:2]), str(tmp_path / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=unmeasured(os.environ)
    )
    told = done.stdout.split()
    assert told[0] == "False"
    assert set(told[1:-1]) == {"True"}
    assert told[-1] == "saved"


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="distributed is not installed"
)
def test_a_dask_cluster_does_the_work_of_the_local_provider(pictures, tmp_path):
    person, top, _ = pictures
    command = [sys.executable, str(SCRIPT), str(tmp_path), *map(str, pictures)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=unmeasured(os.environ),
    )
    assert done.returncode == 0, done.stderr
    told = {name: (state, path) for name, state, path in map(str.split, done.stdout.splitlines())}
    assert {name: state for name, (state, _) in told.items()} == dict.fromkeys(TWO, "saved")
    with Client("local") as client:
        (image,) = client.try_on(person, top=top).images
    assert Path(told["item-1"][1]).read_bytes() == image.data


def test_the_threads_of_a_pool_of_ones_own_are_used_and_left_open():
    seen = set()
    provider = FakeProvider()
    provider.before_submit = lambda: seen.add(threading.current_thread().name)
    client = client_of(provider)
    with ThreadPoolExecutor(2, thread_name_prefix="mine") as executor:
        outcomes = run(client, requests_of(client, 4), executor=executor)
        assert executor.submit(int, "7").result() == 7
    assert set(states(outcomes).values()) == {"saved"}
    assert seen
    assert all(name.startswith("mine") for name in seen)


class AtOnce(Executor):
    """Works when it is asked to, in the thread that asks; may stand for anything."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_a_provider_that_other_processes_cannot_open_is_refused_before_anything_is_done():
    provider = FakeProvider()
    client = client_of(provider)
    with pytest.raises(InputError, match="AtOnce may work in other processes") as caught:
        list(client.run_batch(requests_of(client, 1), executor=AtOnce()))
    assert "Name installed ones" in str(caught.value)
    assert provider.requests == []


def test_an_executor_that_may_do_a_call_twice_gets_no_work_that_costs(tmp_path):
    provider = FakeProvider()
    client = client_of(provider)
    item = BatchItem(id="a", provider="fake", request=client.request(PERSON, top=TOP))
    how = {"executor": AtOnce(), "output": OutputFolder(tmp_path)}
    with Journal(None, clock=client.session.clock) as journal:
        with pytest.raises(
            InputError, match=r"test_executors\.AtOnce may do a call twice"
        ) as caught:
            list(run_batch([item], {"fake": client.session}, journal=journal, **how))
        assert "BatchPolicy.executor_runs_once" in caught.value.remedy
        assert not list(journal.entries())
        assert provider.requests == []
        vouched = BatchPolicy(executor_runs_once=True)
        (outcome,) = run_batch(
            [item], {"fake": client.session}, journal=journal, policy=vouched, **how
        )
    assert outcome.state == "saved"


def test_any_executor_may_do_work_that_is_free():
    free = attrs.evolve(fake_info().capabilities.price, amount=Decimal(0))
    client = client_of(FakeProvider(info=fake_info(price=free)))
    item = BatchItem(id="a", provider="fake", request=client.request(PERSON, top=TOP))
    with Journal(None, clock=client.session.clock) as journal:
        (outcome,) = run_batch([item], {"fake": client.session}, journal=journal, executor=AtOnce())
    assert outcome.state == "saved"


def test_any_executor_will_do_for_an_installed_provider(pictures, tmp_path):
    outcomes, expected = dressed(pictures, tmp_path / "out", AtOnce())
    assert_done(outcomes, expected)
