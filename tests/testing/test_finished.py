"""Each finished answer of documented exchanges is read, and what they do not show is listed."""

import json

import attrs
import pytest

from tryon_core import (
    Capabilities,
    DeclaredProvider,
    ErrorTable,
    ImageRules,
    JobState,
    PollRoute,
    ProviderInfo,
    SettingSpec,
    SubmitRoute,
    codes,
    errors,
    hookimpl,
)
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.checks.smoke import fault_of
from tryon_testing.emulation import Emulator
from tryon_testing.unchecked import take_unchecked

DOCS = "https://two.example/docs"
TABLE = ErrorTable("Two", [*codes(errors.InputRefused, "Use another image.", {400: "Refused."})])


@attrs.frozen(kw_only=True)
class Options:
    """No options."""


INFO = ProviderInfo(
    id="two",
    name="Two",
    options=Options,
    settings=[SettingSpec(name="base_url", default="https://two.example")],
    capabilities=Capabilities(
        garments=[{"top"}],
        person_rules=ImageRules(source=DOCS),
        garment_rules=ImageRules(source=DOCS),
        delivery={"upload"},
    ),
    errors=TABLE.entries,
)
BOTH = ["url", "base64"]


class _Two(DeclaredProvider):
    """A vendor that gives an address, or the image itself."""


class _FirstOnly(_Two):
    """Takes an address that is there for an image, whatever it is."""

    @hookimpl
    def poll(self, job, ctx):
        answer = ctx.http.get(f"runs/{job.id}").json_object()
        place = "url" if "url" in answer else "base64"
        return attrs.evolve(self, poll_route=_poll_route(place)).poll_by_route(job, ctx)

    def poll_by_route(self, job, ctx):
        return super().poll(job, ctx)


def _poll_route(outputs):
    states = {"done": JobState.SUCCEEDED, "failed": JobState.FAILED, "lost": JobState.FAILED}
    return PollRoute(path="runs/{id}", state="status", states=states, outputs=outputs)


def _provider(outputs, kind=_Two):
    route = SubmitRoute(path="runs", body={"person": "{person}", "top": "{top}"})
    return kind(info=INFO, table=TABLE, submit_route=route, poll_route=_poll_route(outputs))


ENTRIES = [
    {
        "operation": "submit",
        "request": {"path": "/runs", "json": {"person": "$person", "top": "$top"}},
        "answer": {"json": {"id": "$id"}},
    },
    {
        "operation": "poll",
        "request": {"path": "/runs/$id"},
        "answer": {"json": {"status": "done", "url": "$image"}},
    },
    {"operation": "poll", "answer": {"json": {"status": "done", "base64": "$image_base64"}}},
    {"operation": "poll", "answer": {"json": {"status": "failed"}}, "fails": True},
]


@pytest.fixture
def contract(tmp_path):
    def contract(provider, entries=ENTRIES):
        path = tmp_path / "exchanges.json"
        path.write_text(json.dumps([{"source": DOCS, **entry} for entry in entries]))
        return type("Contract", (ProviderContract,), {"provider": provider, "exchanges": path})()

    return contract


def test_a_provider_that_reads_all_places_passes(contract):
    contract(_provider(BOTH)).test_each_finished_answer_gives_its_images()
    take_unchecked()


@pytest.mark.parametrize("outputs", ["url", "base64"])
def test_a_place_that_is_not_read_is_found(contract, outputs):
    with pytest.raises(CheckFailed, match="an image stood where the exchanges show it, and it was"):
        contract(_provider(outputs)).test_each_finished_answer_gives_its_images()


def test_an_empty_place_that_hides_the_image_is_found(contract):
    with pytest.raises(CheckFailed, match="beside places with an empty text, and it was not read"):
        contract(_provider(BOTH, _FirstOnly)).test_each_finished_answer_gives_its_images()


def test_a_failed_job_without_a_code_is_checked(contract):
    contract(_provider(BOTH)).test_a_failed_job_ends_as_its_code_says()
    states = {"done": JobState.SUCCEEDED, "failed": JobState.RUNNING}
    mistaken = attrs.evolve(
        _provider(BOTH), poll_route=attrs.evolve(_poll_route(BOTH), states=states)
    )
    with pytest.raises(CheckFailed, match=r"poll\(\) said RUNNING \(failed\)"):
        contract(mistaken).test_a_failed_job_ends_as_its_code_says()


def test_each_answer_of_a_failed_job_without_a_code_is_checked(contract):
    lost = {"operation": "poll", "answer": {"json": {"status": "gone"}}, "fails": True}
    with pytest.raises(CheckFailed, match=r"poll\(\) said UNKNOWN \(gone\)"):
        contract(_provider(BOTH), [*ENTRIES, lost]).test_a_failed_job_ends_as_its_code_says()


def test_states_and_places_that_no_exchange_shows_are_listed(contract):
    take_unchecked()
    contract(_provider([*BOTH, "other.url"])).test_each_finished_answer_gives_its_images()
    assert take_unchecked() == [
        "no poll shows the state 'lost': add one",
        "no answer shows an image at other.url: add one with `$image` there",
    ]


def test_codes_that_no_exchange_shows_are_listed(contract):
    table = ErrorTable("Two", [*codes(errors.InputRefused, "Use another image.", {"x": "Wrong."})])
    info = attrs.evolve(INFO, errors=table.entries)
    take_unchecked()
    refused = {"operation": "submit", "answer": {"status": 400}, "refuses": 400}
    subject = attrs.evolve(_provider(BOTH), info=info, table=table)
    contract(subject, [*ENTRIES, refused]).test_every_documented_error_comes_out_as_declared()
    assert "codes that no answer here has: x" in take_unchecked()[0]


def test_a_text_that_is_shown_as_progress_is_no_state(contract):
    route = attrs.evolve(_poll_route(BOTH), progress="message")
    way = {"json": {"status": "busy", "message": "It is being worked on."}}
    entries = [*ENTRIES[:2], {"operation": "poll", "answer": way}, *ENTRIES[2:]]
    entries[1], entries[2] = {**entries[2], "request": entries[1]["request"]}, entries[1]
    states = {**route.states, "busy": JobState.RUNNING}
    subject = attrs.evolve(_provider(BOTH), poll_route=attrs.evolve(route, states=states))
    contract(subject, entries).test_an_unknown_state_is_unknown()


def test_a_failed_job_may_be_billed_since_exchanges_do_not_say_who_pays(contract):
    route = attrs.evolve(_poll_route(BOTH), failure_billed="yes")
    subject = attrs.evolve(_provider(BOTH), poll_route=route)
    contract(subject).test_a_failed_job_ends_as_its_code_says()


def test_messages_name_the_exchanges_where_there_is_no_emulator(contract):
    said = fault_of(contract(_provider("elsewhere")))
    assert "correct the exchanges" in said
    assert "emulator" not in said


def test_an_emulator_has_no_empty_code_of_a_failed_job():
    with pytest.raises(ValueError, match=r"Give failures=\(\) where failed jobs have no code"):
        Emulator(provider="two", build=lambda *_: None, failures=["no_person", ""])
