"""The declared plugin of the how-to runs as it stands there, against a server on loopback."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

from servers import answer, json_answer, serving
from tryon_core import BalanceRoute, CancelRoute, Client, JobState, PollRoute, SubmitRoute
from tryon_testing import FakeClock

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "declare-a-vendor.md"
TEXT = PAGE.read_text(encoding="utf-8")
PERSON, TOP = "https://shop.example/person.jpg", "https://shop.example/top.jpg"
ACCEPTED = json_answer({"data": {"run_id": "r1"}})


def _code(name):
    return re.search(rf"<!-- {name} -->\s+```python\n(.*?)```", TEXT, re.DOTALL)[1]


@pytest.fixture(scope="module")
def weaver():
    namespace = {"__name__": "weaver"}
    for name in ("weaver.py", "weaver_odd.py"):
        exec(compile(_code(name), str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


@pytest.fixture
def vendor():
    """Return a function that plays answers; gives a client of a provider, and the server."""
    with ExitStack() as opened:

        def play(provider, *steps):
            server = opened.enter_context(serving(*steps))
            made = Client(
                provider, clock=FakeClock(), api_key="sk_obviously_fake", base_url=server.url("")
            )
            return opened.enter_context(made), server

        yield play


def _state(word, **more):
    return json_answer({"data": {"run_id": "r1", "state": word, **more}}, X_Credits="2")


def test_each_model_gets_its_own_fields(weaver, vendor):
    client, server = vendor(weaver["provider"], ACCEPTED, ACCEPTED)
    client.submit(PERSON, top=TOP, options={"seed": 7})
    client.submit(PERSON, top=TOP, options={"model": "pro", "size": "2k", "seed": 7})
    lite, pro = (json.loads(request.body) for request in server.requests)
    inputs = {"person_image": PERSON, "garment_image": TOP, "kind": "upper", "seed": 7}
    assert lite == {"model": "lite", "input": inputs}
    inputs = {"images": [PERSON, TOP], "resolution": "2k", "seed": 7}
    assert pro == {"model": "pro", "input": inputs}
    assert server.requests[0].headers["authorization"] == "Bearer sk_obviously_fake"


def test_a_run_is_polled_until_its_image_is_there(weaver, vendor):
    image = "https://cdn.example/1.png"
    client, _ = vendor(
        weaver["provider"],
        ACCEPTED,
        _state("working", percent=40),
        answer(502, "<html>oops"),
        _state("done", images=[{"url": image}]),
        json_answer({"data": {"credits": 12}}),
    )
    job = client.submit(PERSON, top=TOP)
    assert client.poll(job).vendor_status == "working (percent 40)"
    update = client.poll(job)
    assert [entry.source.url for entry in update.result.images] == [image]
    assert update.result.usage == {"credits": "2"}
    assert client.read_balance().amount == 12


def test_the_odd_hook_takes_over(weaver, vendor):
    odd = weaver["OddWeaverProvider"](**attrs.asdict(weaver["provider"], recurse=False))
    lost = {"data": {"run_id": "r1", "state": "failed"}, "error": {"text": "run not found"}}
    client, _ = vendor(odd, ACCEPTED, json_answer(lost))
    assert client.poll(client.submit(PERSON, top=TOP)).state is JobState.NOT_FOUND


@pytest.mark.parametrize("route", [SubmitRoute, PollRoute, CancelRoute, BalanceRoute])
def test_the_page_names_every_attribute(route):
    (table,) = re.findall(rf"^\| `{route.__name__}` \|.*?(?=\n\n)", TEXT, re.DOTALL | re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in table.splitlines()[2:]))
    assert sorted(named) == sorted(field.name for field in attrs.fields(route))
