"""The code of the page runs as it is there, and its lists are those of the toolkit."""

import re
from pathlib import Path
from typing import get_args

import attrs
import pytest

from tryon_core import BytesSource, Client, errors
from tryon_core.images import read_bytes
from tryon_testing import FakeClock
from tryon_testing.emulation import NoKnobs, Stage, parse_fault, start
from tryon_testing.emulation.faults import BLANK, KINDS, UNCHANGED
from tryon_testing.samples import sample_image

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to/write-an-emulator.md").read_text(encoding="utf-8")
PROVIDER = (DOCS / "how-to/write-a-provider.md").read_text(encoding="utf-8")
COMMANDS = (DOCS / "reference/cli.md").read_text(encoding="utf-8")


def _code(name, page=PAGE):
    return re.search(rf"<!-- {name} -->\s+```python\n(.*?)```", page, re.DOTALL)[1]


@pytest.fixture(scope="module")
def acme():
    namespace = {"__name__": "acme"}
    for code in (_code("acme.py", PROVIDER), *map(_code, ("emulator.py", "faults.py", "knobs.py"))):
        exec(compile(code, "write-an-emulator.md", "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


@pytest.fixture
def images(acme):
    rules = acme["RULES"]
    return [read_bytes(sample_image(role, rules), field=role) for role in ("person", "top")]


def test_faults_are_had_while_it_runs(acme, images):
    result, submissions, billed = acme["polled_twice_in_vain"](
        acme["provider"], acme["emulator"], *images
    )
    assert (len(result.images), submissions, list(billed.values())) == (1, 1, [1])


def test_a_job_with_a_failure_is_over_and_failed(acme, images):
    clock = FakeClock()
    with start(acme["emulator"], clock=clock, faults=["poll:job=no_person"]) as running:
        client = Client(acme["provider"], clock=clock, **running.settings)
        person, top = map(BytesSource, images)
        job = client.submit(person, top=top)
        with pytest.raises(errors.JobFailed) as caught:
            client.wait(job)
    assert (caught.value.vendor_code, caught.value.billed) == ("no_person", "no")
    assert running.ctx.billed == {}


def test_knobs_are_set_by_their_names(acme):
    emulator = attrs.evolve(acme["emulator"], knobs=acme["Knobs"])
    assert acme["emulator"].knobs is NoKnobs
    with start(emulator, knobs={"waiting_word": "pending"}):
        pass
    with pytest.raises(errors.InputError, match="waiting_word"):
        start(emulator, knobs={"waiting_word": "perhaps"}).__enter__()


def test_the_stages_are_those_of_a_job():
    rows = re.findall(r"^\| `(\w+)` \| ", PAGE.partition("## Failing jobs")[0], re.MULTILINE)
    assert rows == list(get_args(Stage))


def test_the_table_of_faults_has_each_kind_and_no_other():
    table = COMMANDS.partition("### Faults")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`([^`]+)`", " ".join(cells))) == sorted([*KINDS, BLANK, UNCHANGED])


def test_the_faults_that_the_page_names_exist():
    named = re.findall(r"`([a-z*]+:[a-z0-9=*-]+)`", PAGE)
    kinds = {parse_fault(spec).kind for spec in named}
    assert kinds <= {kind.partition("=")[0] for kind in KINDS} | {
        "429", "403", "no_credits", BLANK, UNCHANGED
    }  # fmt: skip
    assert "lag=SECONDS" in KINDS


def test_the_page_names_what_the_toolkit_has():
    from tryon_testing import emulation

    context = re.findall(r"`ctx\.(\w+)", PAGE)
    assert [name for name in context if not hasattr(emulation.EmulatorContext, name)] == [
        name for name in context if name in {"jobs", "quota", "left"}  # attributes of the object
    ]  # fmt: skip
