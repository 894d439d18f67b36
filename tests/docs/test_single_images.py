"""The pages about single images, errors, costs and quotas do what they say."""

import re
from pathlib import Path

import pytest

from pages import Page, draw_inputs, tryon
from tryon_core import Client, TryOnError, errors, waiting
from tryon_testing import FakeClock
from tryon_testing.emulation import load_emulator, start
from tryon_testing.emulation.faults import parse_fault

ONE, ERRORS = Page("how-to/one-image.md"), Page("how-to/handle-errors.md")
COSTS, QUOTA = Page("how-to/bound-the-costs.md"), Page("how-to/share-a-quota.md")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)


@pytest.fixture
def emulated():
    """An emulator of Pixelcut, and a client for it that never really waits."""
    clock = FakeClock()
    with start(load_emulator("pixelcut"), clock=clock, job_s=5) as running:
        yield running, Client("pixelcut", clock=clock, remember=False, **running.settings)


def test_the_page_of_one_image():
    draw_inputs("anna.jpg")
    for command in ONE.commands:
        tryon(command)
    namespace = {}
    for code in ONE.python:
        ONE.run(code, namespace)
    assert Path("anna-tee.png").is_file()
    assert Path("anna-tee-2.png").is_file()


@pytest.mark.parametrize(
    ("faults", "given", "said"),
    [
        ([], "person.png", "out/"),
        ([], "nobody.png", "person: "),
        (["submit:402"], "person.png", "account: "),
        (["submit:429"], "person.png", "again: in "),
        (["submit:drop"], "person.png", "look at the vendor's dashboard first: "),
        (["poll:page=503"], "person.png", "later: tryon resume tryon1."),
    ],
)
def test_the_page_of_errors_tells_what_to_do(emulated, faults, given, said):
    vendor, client = emulated
    draw_inputs()
    for fault in faults:
        vendor.faults.add(parse_fault(fault))
    dress = ERRORS.run(ERRORS.python[0], {})["dress"]
    assert dress(client, given, "tee.png").startswith(said)


def test_the_classes_of_the_page_of_errors_are_there():
    table = ERRORS.text.partition("## Which class for what")[2].partition("##")[0]
    for name in re.findall(r"`([A-Z]\w+)`", table):
        assert issubclass(getattr(errors, name), TryOnError)


def test_the_page_of_costs(monkeypatch):
    draw_inputs()
    Path("catalogue.csv").write_text("id,person,top\nanna-tee,person.png,tee.png\n")
    with start(load_emulator("dashscope"), job_s=0.1) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_DASHSCOPE_{name.upper()}", value)
        for name in ("price.toml", "policy.toml"):
            Path("tryon.toml").write_text(COSTS.block(name))
            monkeypatch.setenv("TRYON_CONFIG", "tryon.toml")
            tryon("extensions" if name.startswith("policy") else "providers pixelcut")
        for command in COSTS.commands:
            tryon(command + (" --resume" if "--only" in command else ""))
        assert sum(running.ctx.billed.values()) == 1
    assert Path("spent.sqlite").is_file()


def test_the_extension_of_the_page_of_costs_stops_a_client():
    draw_inputs()
    client = COSTS.run(COSTS.python[0], {})["client"]
    for _ in range(2):
        client.submit("person.png", top="tee.png")
    with pytest.raises(errors.AccessDenied, match="used up"):
        client.submit("person.png", top="tee.png")


def test_the_page_of_quotas(emulated):
    vendor, client = emulated
    draw_inputs()
    namespace = {}
    for code in QUOTA.python:
        QUOTA.run(code, namespace)
    tokens = namespace["dress_all"](client, [("person.png", "tee.png")] * 3)
    assert len(set(tokens)) == 3
    local = Client("local")
    assert namespace["run"](local, [("person.png", "tee.png")], "results") == ["saved"]
    assert vendor.log.count("submit") == 3
