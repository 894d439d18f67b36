import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers import KEY, picture
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_core import Client, Price
from tryon_core.clock import SystemClock
from tryon_core.errors import (
    AuthenticationFailed,
    CreditsExhausted,
    InputRefused,
    NotSent,
    OutcomeUnknown,
    VendorError,
)
from tryon_core.models import Failure, Notice
from tryon_core.remembered import data_folder

BATCH = ("batch", "cat.csv", "-p", "fake", "--out", "run")
RESUME = ("batch", "--resume", "--out", "run")
LOST = OutcomeUnknown("no answer came.")
BAD_KEY = AuthenticationFailed("the key is wrong.")


@pytest.fixture
def write(folder):
    """Write a manifest of so many different try-ons."""

    def make(count, name="cat.csv", head=("id", "person", "top")):
        with (folder / name).open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(head)
            for number in range(1, count + 1):
                garment = f"top{number}.png"
                (folder / garment).write_bytes(picture((80, 80), (number, 90, 160)))
                rows.writerow([f"i{number}", "person.png", garment])

    return make


def _states(folder):
    with JournalReader(folder / "run" / JOURNAL_NAME) as journal:
        return {entry.id: entry.state for entry in journal.entries()}


def _events(ended):
    return [json.loads(line) for line in ended.out.splitlines()]


def test_every_row_becomes_a_picture_and_the_lists_say_so(tryon, fake, folder, write):
    write(3)
    ended = tryon(*BATCH)
    assert (ended.code, ended.out) == (0, "run/manifest.out.csv\nrun/results.jsonl\n")
    assert ended.err.splitlines()[-1] == "3 saved; spent 0.30 USD"
    for number in (1, 2, 3):
        assert (folder / f"run/i{number}.png").read_bytes() == fake.images[0]
    lines = (folder / "run/results.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines] == [2, 3, 4]
    assert fake.calls.count("submit") == 3


def test_images_with_notices_are_counted_and_named(tryon, offer, folder, write):
    write(2)
    provider = offer()
    provider.notices = [Notice("sleeve_uncertain", "The sleeve may be wrong.")]
    ended = tryon(*BATCH)
    assert "2 of 2 have notices" in ended.err.splitlines()[-1]
    assert "The sleeve may be wrong." in (folder / "run/manifest.out.csv").read_text("utf-8-sig")
    events = _events(tryon(*BATCH[:-1], "other", "--again", "--json"))
    saved = [event for event in events if event["event"] == "saved"]
    assert [event["notices"][0]["code"] for event in saved] == ["sleeve_uncertain"] * 2
    assert events[-1]["noticed"] == 2


def test_a_table_of_german_excel_is_run_and_answered_in_kind(tryon, fake, folder):
    rows = (
        "ID;Person;Top;Preis\r\nArt 2;person.png;tee.png;12,50\r\nMüller/1;tee.png;tee.png;=1+1\r\n"
    )
    (folder / "cat.csv").write_bytes(rows.encode("utf-8-sig"))
    assert tryon(*BATCH).code == 0
    assert fake.calls.count("submit") == 2
    assert (folder / "run/Art 2.png").is_file()
    assert (folder / "run/Müller%2F1.png").is_file()
    with (folder / "run/manifest.out.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file, delimiter=";")
    assert (first["id"], first["person"], first["top"], first["Preis"], first["amount"]) == (
        "Art 2", "person.png", "tee.png", "12,50", "0,10"
    )  # fmt: skip
    assert second["Preis"] == "'=1+1"


def test_what_it_may_cost_is_told_before_anything_is_sent(tryon, fake, write):
    write(2)
    assert "\n2 of 2 items are to be sent, for at most 0.20 USD\n" in tryon(*BATCH).err
    write(3)
    assert "\n1 of 3 items is to be sent, for at most 0.10 USD\n" in tryon(*BATCH).err
    assert "to be sent" not in tryon(*RESUME).err
    write(4)
    assert "to be sent" not in tryon(*BATCH, "--quiet").err
    assert fake.calls.count("submit") == 4


def test_two_folders_are_every_garment_on_every_person(tryon, fake, folder):
    for part, names in {"people": ("ann", "bo"), "clothes": ("x", "y", "z")}.items():
        (folder / part).mkdir()
        for number, name in enumerate(names):
            data = picture((64, 96), (40 * number, 9, len(part)))
            (folder / part / f"{name}.png").write_bytes(data)
    pairs = ("--persons", "people", "--garments", "clothes", "--category", "top")
    assert tryon("batch", *pairs, "-p", "fake", "--out", "run").code == 0
    assert fake.calls.count("submit") == len(_states(folder)) == 6
    assert tryon(*RESUME).code == 0


def test_a_finished_run_costs_nothing_a_second_time(tryon, fake, write):
    write(2)
    for command in (BATCH, BATCH, RESUME):
        assert tryon(*command).code == 0
    elsewhere = tryon(*BATCH[:-1], "other")
    assert "2 saved; 2 of them cost nothing, as they had been done before" in elsewhere.err
    assert fake.calls.count("submit") == 2
    assert tryon(*BATCH[:-1], "third", "--again").code == 0
    assert fake.calls.count("submit") == 4


def test_new_rows_are_done_in_the_same_folder(tryon, fake, folder, write):
    write(1)
    tryon(*BATCH)
    write(3)
    assert tryon(*BATCH).code == 0
    assert set(_states(folder)) == {"i1", "i2", "i3"}
    # What was asked last is what goes on.
    write(4, "more.csv")
    tryon("batch", "more.csv", *BATCH[2:])
    (folder / "cat.csv").unlink()
    assert tryon(*RESUME).code == 0
    assert fake.calls.count("submit") == 4


@pytest.mark.parametrize(("error", "code"), [(BAD_KEY, 3), (CreditsExhausted("no credits."), 1)])
def test_what_would_meet_every_item_ends_the_run_and_can_be_mended(
    tryon, offer, write, error, code
):
    provider = offer(on_submit=error)
    write(9)
    ended = tryon(*BATCH, "--stop-after", "2")
    assert ended.code == code
    assert f"error: the run stopped: {error.message} {error.remedy}" in ended.err
    assert ended.err.endswith("resume with:\n  tryon batch --resume --out run\n")
    assert Path("run/results.jsonl").is_file()
    assert len(provider.requests) < 9
    refused = tryon(*BATCH)
    assert refused.code == 2
    assert "was left unfinished at" in refused.err
    assert "(9 planned)" in refused.err
    assert refused.err.endswith("  tryon batch --resume --out run\n")
    provider.on_submit = None
    assert tryon(*RESUME).code == 0
    assert set(_states(Path()).values()) == {"saved"}


def test_few_items_that_are_left_end_the_command_as_their_error_would(tryon, offer, write):
    offer(on_submit=BAD_KEY)
    write(2)
    ended = tryon(*BATCH)
    assert ended.code == 3
    assert "left: i1 (row 2): the key is wrong." in ended.err
    assert "2 items are unfinished. Check that the key is whole" in ended.err


def test_the_first_reason_is_said_at_once_and_each_kind_once(tryon, offer, write):
    provider = offer()
    write(3)
    errors = [NotSent("POST /try-on: connection refused.", retry_after_s=0) for _ in range(4)]

    def refuse():
        provider.on_submit = errors.pop() if errors else None

    provider.before_submit = refuse
    ended = tryon(*BATCH, "--concurrency", "1")
    assert ended.code == 0
    said = [line for line in ended.err.splitlines() if "connection refused" in line]
    assert said == ["note: i1: POST /try-on: connection refused. It is tried again."]


@pytest.mark.parametrize(
    ("error", "told"),
    [(BAD_KEY, "\n1 item is unfinished. "), (LOST, "\n1 item may have been charged, and nobody ")],
)
def test_one_item_is_told_as_one(tryon, offer, write, error, told):
    offer(on_submit=error)
    write(1)
    assert told in tryon(*BATCH).err


def test_unknown_outcomes_are_named_and_sent_again_only_when_asked(tryon, offer, folder, write):
    provider = offer(on_submit=LOST)
    write(2)
    ended = tryon(*BATCH)
    assert ended.code == 4
    assert "unknown: i1 (row 2): no answer came." in ended.err
    assert ended.err.endswith("tryon batch --resume --out run --retry-unknown\n")
    provider.on_submit = None
    assert tryon(*RESUME).code == 4
    assert len(provider.requests) == 2
    assert tryon(*RESUME, "--retry-unknown").code == 0
    assert len(provider.requests) == 4
    assert set(_states(folder).values()) == {"saved"}


@pytest.mark.parametrize(
    ("knobs", "state"),
    [
        ({"on_submit": InputRefused("nobody there.")}, "refused"),
        ({"failure": Failure(code="E", message="no", fault="input")}, "failed"),
    ],
)
def test_failures_end_with_1_and_are_sent_again_only_when_asked(tryon, offer, write, knobs, state):
    provider = offer(**knobs)
    write(2)
    ended = tryon(*BATCH)
    assert ended.code == 1
    assert f"{state}: i1 (row 2): " in ended.err
    assert ended.err.endswith("tryon batch cat.csv --resume --out run --retry-failed\n")
    provider.on_submit = provider.failure = None
    assert tryon(*RESUME).code == 1
    assert tryon(*RESUME, "--retry-failed").code == 0
    assert set(_states(Path()).values()) == {"saved"}


def test_everything_wrong_with_a_manifest_is_told_at_once(tryon, fake, folder, write):
    write(2, head=("id", "person", "topp"))
    ended = tryon(*BATCH)
    assert ended.code == 2
    assert "row 1: unknown column 'topp'. Did you mean 'top'?" in ended.err
    assert "rows 2 and 3, top/bottom/dress: no garment was given" in ended.err
    assert fake.calls == []
    assert not (folder / "run").exists()
    (event,) = _events(tryon(*BATCH, "--json"))
    assert event["event"] == "stopped"
    assert event["error"]["problems"][1] == {
        "row": 2,
        "column": "top/bottom/dress",
        "message": event["error"]["problems"][1]["message"],
        "remedy": "",
    }


def test_a_missing_key_is_told_before_anything_is_made(tryon, offer, folder, write):
    offer(settings=[KEY])
    write(1)
    assert tryon(*BATCH, "--estimate").code == 0
    ended = tryon(*BATCH)
    assert ended.code == 3
    assert "FAKE_API_KEY" in ended.err
    assert not (folder / "run").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("batch",), "Missing option '--out'"),
        (("batch", "--out", "run"), "Missing argument 'MANIFEST'"),
        (("batch", "--estimate"), "Missing argument 'MANIFEST'"),
        (("batch", "x.csv", "--persons", "d", "--out", "run"), "give a manifest, or --persons"),
        (("batch", "--persons", "d", "--out", "run"), "belong together"),
        (RESUME, "there is no run in 'run'"),
        ((*BATCH, "--resume"), "there is no run in 'run'"),
        ((*BATCH, "--max-cost", "25"), "'25' is no limit of cost"),
        (("batch", "none.csv", "-p", "fake", "--out", "run"), "the file cannot be read"),
        ((*BATCH[:-1], "person.png"), "person.png"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_what_makes_no_sense_is_refused(tryon, write, folder, args, words):
    write(1)
    ended = tryon(*args)
    assert ended.code == 2
    assert words in " ".join(ended.err.split())
    assert not (folder / "run").exists()


def test_files_of_others_are_not_replaced(tryon, fake, folder, write):
    write(1)
    (folder / "run").mkdir()
    (folder / "run/results.jsonl").write_text("mine")
    ended = tryon(*BATCH)
    assert ended.code == 2
    assert "tryon did not write it" in ended.err
    assert fake.calls == []


def test_a_run_that_a_program_began_needs_its_manifest(tryon, fake, folder, write):
    write(1)
    (folder / "run").mkdir()
    Journal(folder / "run" / JOURNAL_NAME, clock=SystemClock()).close()
    ended = tryon(*RESUME)
    assert ended.code == 2
    assert "Name its manifest too" in ended.err
    assert tryon(*BATCH, "--resume").code == 0
    assert fake.calls.count("submit") == 1


def test_a_resumed_run_keeps_its_options_in_any_folder(tryon, offer, folder, monkeypatch, write):
    provider = offer(on_submit=BAD_KEY)
    write(1)
    tryon(*BATCH, "-o", "seed=7", "-o", "quality=high")
    provider.on_submit = None
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    monkeypatch.setenv("TRYON_PROVIDER", "nobody")
    assert tryon("batch", "--resume", "--out", "../run", "--concurrency", "1").code == 0
    options = provider.requests[-1].options
    assert (options.seed, options.quality) == (7, "high")


def test_an_estimate_sends_nothing_and_counts_what_is_done(tryon, fake, write):
    write(2)
    tryon(*BATCH)
    sent = list(fake.calls)
    write(5)
    ended = tryon("batch", "cat.csv", "-p", "fake", "--estimate")
    assert ended.out.splitlines() == [
        "fake: 5 images x 0.10 USD = 0.50 USD",
        "  list price of 2026-01-02: invented",
        "  5 paid requests, 10 uploads (free)",
        "total: 0.50 USD",
    ]
    ended = tryon(*BATCH, "--estimate", "--quiet")
    assert ended.out.splitlines()[0] == "fake: 3 images x 0.10 USD = 0.30 USD"
    assert ended.out.splitlines()[-2:] == [
        "2 of 5 items cost nothing more: 2 saved",
        "spent so far, or in doubt: 0.20 USD",
    ]
    document = tryon(*BATCH, "--estimate", "--json").json
    assert (document["to_send"], document["totals"]) == (3, {"USD": "0.30"})
    assert fake.calls == sent


def test_a_price_of_ones_own_is_what_a_run_goes_by(tryon, offer, folder, write):
    offer(price=None)
    write(2)
    (folder / "tryon.toml").write_text('[fake]\nprice = "0.07 USD"\n')
    own = ("--config", "tryon.toml")
    assert tryon(*BATCH, "--estimate", *own).out.splitlines()[:2] == [
        "fake: 2 images x 0.07 USD = 0.14 USD",
        "  a price of your own",
    ]
    assert tryon(*BATCH, "--max-cost", "0.13USD", *own).code == 2
    assert tryon(*BATCH, "--max-cost", "0.14USD", *own).code == 0
    assert "spent: 0.14 USD" in tryon("costs", "run").out


def test_an_unknown_price_is_said_and_never_nothing(tryon, offer, write):
    offer(price=None)
    write(2)
    ended = tryon(*BATCH, "--estimate")
    assert ended.out.splitlines()[0] == "fake: 2 images, price unknown"
    assert ended.out.splitlines()[-1] == "total: 2 images at unknown price"
    assert tryon(*BATCH).err.splitlines()[-1] == "2 saved; spent 2 requests at unknown price"


def test_a_run_over_its_limit_is_refused_before_anything_is_sent(tryon, fake, folder, write):
    write(3)
    for more in ((), ("--estimate",), ("--json",), ("--estimate", "--json")):
        ended = tryon(*BATCH, "--max-cost", "0.29USD", *more)
        assert ended.code == 2
        assert "the estimate is 0.30 USD, and the limit is 0.29 USD" in ended.err
    assert fake.calls == []
    assert not (folder / "run").exists()
    assert tryon(*BATCH, "--max-cost", "0.30USD").code == 0


def test_what_was_spent_counts_against_the_limit_of_a_resumed_run(tryon, offer, write):
    offer()
    write(2)
    tryon(*BATCH, "--max-cost", "0.20USD")
    write(3)
    ended = tryon(*BATCH, "--max-cost", "0.20USD")
    assert ended.code == 2
    assert "0.10 USD on top of 0.20 USD spent" in ended.err


def test_an_unpriced_vendor_needs_leave_beside_a_limit(tryon, offer, write):
    offer(price=None)
    write(1)
    assert tryon(*BATCH, "--max-cost", "1USD").code == 2
    assert tryon(*BATCH, "--max-cost", "1USD", "--allow-unpriced").code == 0


def test_several_currencies_stay_apart(tryon, offer, folder):
    offer()
    yuan = Price(amount=Decimal("0.5"), currency="CNY", as_of=date(2026, 1, 2), source="invented")
    offer("other", price=yuan)
    rows = ["id,person,top,provider", "a,person.png,tee.png,fake", "b,person.png,tee.png,other"]
    (folder / "cat.csv").write_text("\n".join(rows))
    ended = tryon("batch", "cat.csv", "--out", "run")
    assert ended.err.splitlines()[-1] == "2 saved; spent 0.5 CNY + 0.10 USD"


def test_the_events_tell_each_item(tryon, offer, write):
    provider = offer(on_submit=LOST)
    write(1)
    tryon(*BATCH, "--json")
    provider.on_submit = None
    write(2)
    events = _events(tryon(*BATCH, "--json", "--retry-unknown"))
    assert events[0]["event"] == "planned"
    assert events[0]["counts"]["outcome_unknown"] == 1
    assert events[0]["resume"] == "tryon batch --resume --out run"
    by_item = [(event["event"], event.get("id")) for event in events[1:-1]]
    assert sorted(by_item) == [
        ("saved", "i1"), ("saved", "i2"), ("submitted", "i1"), ("submitted", "i2")
    ]  # fmt: skip
    assert events[-1]["event"] == "summary"
    assert events[-1]["spent"] == {"USD": "0.20"}


def test_an_event_says_why_an_item_is_left(tryon, offer, write):
    offer(on_submit=BAD_KEY)
    write(1)
    (planned, left, summary) = _events(tryon(*BATCH, "--json"))
    assert (planned["event"], left["event"], summary["event"]) == ("planned", "left", "summary")
    assert left["error"]["message"] == "the key is wrong."


def test_a_note_about_a_picture_that_rows_share_is_printed_once(tryon, fake, folder, write):
    write(4)
    (folder / "person.png").write_bytes(picture((300, 300)))
    ended = tryon(*BATCH)
    assert (ended.code, fake.calls.count("submit")) == (0, 4)
    notes = [line for line in ended.err.splitlines() if line.startswith("note: ")]
    assert len(set(notes)) == len(notes)
    assert notes[-1] == f"note: {3 * (len(notes) - 1)} further notes of this kind left out."


@pytest.mark.parametrize("more", [(), ("--estimate",)])
def test_a_limit_that_cannot_be_read_is_told_before_rows_are_checked(tryon, fake, write, more):
    write(1, head=("id", "person", "colour"))
    ended = tryon(*BATCH, "--max-cost", "25", *more)
    assert (ended.code, fake.calls) == (2, [])
    assert ended.err.startswith("error: '25' is no limit of cost.")


def test_notes_about_pictures_are_few(tryon, fake, folder, write):
    write(9)
    for number in range(1, 10):
        data = picture((300 + number, 300), (number, 1, 1))
        (folder / f"top{number}.png").write_bytes(data)
    ended = tryon(*BATCH)
    assert ended.code == 0
    notes = [line for line in ended.err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 6
    assert notes[-1].endswith("further notes of this kind left out.")
    assert tryon(*BATCH[:-1], "other", "--no-fit").code == 2
    assert fake.calls.count("submit") == 9


def test_a_run_goes_on_without_an_index(tryon, fake, write):
    data_folder().parent.mkdir(parents=True)
    data_folder().write_text("no folder")
    write(1)
    ended = tryon(*BATCH)
    assert ended.code == 0
    assert "Work of other runs is not found." in ended.err
    assert fake.calls.count("submit") == 1


def test_items_that_left_the_manifest_are_not_forgotten_silently(tryon, offer, write):
    provider = offer(on_submit=BAD_KEY)
    write(3)
    tryon(*BATCH)
    provider.on_submit = None
    write(1)
    ended = tryon(*BATCH, "--resume")
    assert ended.code == 0
    assert "not in the manifest any more: 2 unfinished items of the journal" in ended.err


def test_a_vendor_fault_of_one_item_leaves_the_others_alone(tryon, offer, write):
    provider = offer()
    write(3)
    calls = []

    def once():
        calls.append(1)
        provider.on_submit = VendorError("broken.", billed="no") if len(calls) == 1 else None

    provider.before_submit = once
    ended = tryon(*BATCH, "--concurrency", "1")
    assert "2 saved" in ended.err
    assert ended.code == 1


def test_a_run_of_a_program_is_seen_by_the_commands(tryon, fake, folder):
    client = Client("fake")
    request = client.request(folder / "person.png", top=folder / "tee.png")
    assert [o.state for o in client.run_batch({"a": request}, out=folder / "run")] == ["saved"]
    assert "1 saved" in tryon("jobs", "run").err
    (listed,) = tryon("jobs", "--json").json["runs"]
    assert tryon("costs", listed["id"]).out.splitlines()[-1] == "spent: 0.10 USD"
    assert fake.calls.count("submit") == 1


def test_an_image_that_is_not_sound_is_written_and_the_row_says_so(tryon, offer, folder):
    unsound = picture()[:-40]
    provider = offer(images=[unsound])
    (folder / "cat.csv").write_text("id,person,top\na,person.png,tee.png")
    ended = tryon("batch", "cat.csv", "-p", "fake", "--out", "out", "--json")
    assert ended.code == 6
    assert "a: look at the files that end in .unchecked" in ended.err
    events = [json.loads(line) for line in ended.out.splitlines()]
    (saved,) = [event for event in events if event["event"] == "saved"]
    assert [file["path"] for file in saved["files"]] == ["a.png.unchecked"]
    assert [notice["code"] for notice in saved["notices"]] == ["image_unchecked"]
    assert (folder / "out" / "a.png.unchecked").read_bytes() == unsound
    # It is no work that another run would take for its own.
    provider.images = [picture()]
    again = tryon("batch", "cat.csv", "-p", "fake", "--out", "other")
    assert again.code == 0
    assert (folder / "other" / "a.png").read_bytes() == picture()
