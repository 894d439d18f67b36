"""An outfit of two steps costs two requests at most, one after the other, whatever happens."""

import json
from contextlib import closing
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from batch_runs import client_of, one_at_a_time, run, states
from providers import FakeProvider, fake_info, picture
from tailor import (
    FAILED,
    LOST,
    ONE_GARMENT,
    PERSON,
    REFUSED,
    Tailor,
    bottom,
    colour,
    top,
    worn,
    worn_colour,
)
from tryon_batch.costs import summarise
from tryon_batch.estimate import estimate
from tryon_batch.ids import file_name, first_step_id, id_problem, is_first_step, row_id_problem
from tryon_batch.items import BatchItem, BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_batch.outfits import with_first_step
from tryon_batch.output import LINES, TABLE
from tryon_core import (
    Artifact,
    BytesSource,
    JobResult,
    JobState,
    JobUpdate,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_core.remembered import FOLDER_ENV

CHAIN = BatchPolicy(chain=True)


def outfits(client, *pairs):
    return {
        f"row-{number}": client.request(PERSON, top=top(one), bottom=bottom(other))
        for number, (one, other) in enumerate(pairs, 1)
    }


def journal_of(folder):
    with JournalReader(folder / JOURNAL_NAME) as journal:
        return {entry.id: entry for entry in journal.entries()}


def test_the_top_is_put_on_the_image_of_the_bottom(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    (outcome,) = run(client, outfits(client, (1, 2)), out=tmp_path, policy=CHAIN).values()
    assert (outcome.item.id, outcome.state) == ("row-1", "saved")
    (path,) = outcome.paths
    assert path == tmp_path / "row-1.png"
    assert colour(path.read_bytes()) == worn_colour(1, 2)
    assert [put_on for _, put_on in provider.bought] == [(100, 2, 0), (200, 1, 0)]
    assert [path.name for path in (tmp_path / "first-steps").iterdir()] == ["row-1~bottom.png"]
    assert journal_of(tmp_path)["row-1"].after == "row-1~bottom"


def test_in_memory_it_is_the_same():
    provider = Tailor()
    client = client_of(provider)
    outcomes = run(client, outfits(client, (1, 2), (3, 2)), policy=CHAIN)
    assert {name: colour(one.result.images[0].data) for name, one in outcomes.items()} == {
        "row-1": worn_colour(1, 2),
        "row-2": worn_colour(3, 2),
    }
    assert len(provider.bought) == 3


def test_a_vendor_that_takes_the_pair_gets_one_request(tmp_path):
    provider = FakeProvider()
    client = client_of(provider)
    outcomes = run(client, outfits(client, (1, 2)), out=tmp_path, policy=CHAIN)
    assert states(outcomes) == {"row-1": "saved"}
    assert [set(request.garments) for request in provider.requests] == [{"top", "bottom"}]
    assert set(journal_of(tmp_path)) == {"row-1"}


def test_unasked_an_outfit_is_not_bought_in_two_steps(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    (outcome,) = run(client, outfits(client, (1, 2)), out=tmp_path).values()
    assert outcome.state == "refused"
    assert "chain=True does it in two steps, which cost twice" in str(outcome.error)
    assert provider.bought == []
    (outcome,) = run(
        client, outfits(client, (1, 2)), out=tmp_path, policy=attrs.evolve(CHAIN, retry_failed=True)
    ).values()
    assert colour(outcome.paths[0].read_bytes()) == worn_colour(1, 2)


def test_a_row_is_done_before_many_others_are_begun(tmp_path):
    provider = Tailor(info=one_at_a_time(garments=ONE_GARMENT))
    client = client_of(provider)
    rows = outfits(client, *((number, number) for number in range(9)))
    run(client, rows, out=tmp_path, policy=attrs.evolve(CHAIN, max_in_flight=1))
    order = [put_on[:2] for _, put_on in provider.bought]
    assert order.index((200, 0)) < order.index((100, 4))


def test_fifty_tops_on_the_same_trousers_pay_the_trousers_once(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    rows = outfits(client, *((number, 2) for number in range(50)))
    assert set(states(run(client, rows, out=tmp_path, policy=CHAIN)).values()) == {"saved"}
    assert len(provider.bought) == 51
    with JournalReader(tmp_path / JOURNAL_NAME) as journal:
        ledger = summarise(journal.entries())
        assert journal.counts == {"saved": 50}
    assert {line.what: (line.items, line.amount) for line in ledger.lines} == {
        "first_step": (1, Decimal("0.10")),
        "try_on": (50, Decimal("5.00")),
    }
    assert ledger.free == 0


def test_the_same_outfit_in_two_rows_shares_both_steps(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    run(client, outfits(client, (1, 2), (1, 2)), out=tmp_path / "one", policy=CHAIN)
    assert len(provider.bought) == 2
    other = run(client, outfits(client, (1, 2)), out=tmp_path / "two", policy=CHAIN)
    assert states(other) == {"row-1": "saved"}
    assert len(provider.bought) == 2, "another run has both"


@pytest.mark.parametrize(("fate", "state"), [(REFUSED, "refused"), (FAILED, "failed")])
def test_when_the_first_step_gives_no_image_the_second_is_not_sent(tmp_path, fate, state):
    provider = Tailor(fates={(100, 2, 0): [fate]})
    client = client_of(provider)
    rows = outfits(client, (1, 2), (3, 2), (1, 4))
    outcomes = run(client, rows, out=tmp_path, policy=CHAIN)
    assert states(outcomes) == {"row-1": state, "row-2": state, "row-3": "saved"}
    assert "since its first step row-1~bottom gave no image: " in str(outcomes["row-1"].error)
    assert outcomes["row-1"].error.billed == "no"
    again = run(client, rows, out=tmp_path, policy=CHAIN)
    assert states(again) == states(outcomes)
    assert len(provider.bought) == 3
    policy = attrs.evolve(CHAIN, retry_failed=True)
    assert set(states(run(client, rows, out=tmp_path, policy=policy)).values()) == {"saved"}
    assert len(provider.bought) == 6


def test_when_the_second_step_failed_only_that_is_sent_again(tmp_path):
    provider = Tailor(fates={(200, 1, 0): [FAILED]})
    client = client_of(provider)
    rows = outfits(client, (1, 2))
    assert states(run(client, rows, out=tmp_path, policy=CHAIN)) == {"row-1": "failed"}
    policy = attrs.evolve(CHAIN, retry_failed=True)
    assert states(run(client, rows, out=tmp_path, policy=policy)) == {"row-1": "saved"}
    assert [put_on[0] for _, put_on in provider.bought] == [100, 200, 200]


def test_an_unknown_first_step_is_settled_by_the_id_of_its_row(tmp_path):
    provider = Tailor(fates={(100, 2, 0): [LOST]})
    client = client_of(provider)
    rows = outfits(client, (1, 2))
    (outcome,) = run(client, rows, out=tmp_path, policy=CHAIN).values()
    assert outcome.state == "planned"
    assert isinstance(outcome.error, errors.OutcomeUnknown)
    assert "its first step row-1~bottom gave no image: no answer came." in str(outcome.error)
    (outcome,) = run(client, rows, out=tmp_path, policy=CHAIN).values()
    assert (outcome.state, len(provider.bought)) == ("planned", 1)
    provider.jobs["job-7"] = worn((1, 1, 1), (100, 2, 0))
    policy = attrs.evolve(CHAIN, settle={"row-1": "job-7"})
    (outcome,) = run(client, rows, out=tmp_path, policy=policy).values()
    assert colour(outcome.paths[0].read_bytes()) == worn_colour(1, 2)
    assert len(provider.bought) == 2


def test_an_unknown_second_step_is_settled_by_the_id_of_its_row_too(tmp_path):
    provider = Tailor(fates={(200, 1, 0): [LOST]})
    client = client_of(provider)
    rows = outfits(client, (1, 2))
    assert states(run(client, rows, out=tmp_path, policy=CHAIN)) == {"row-1": "outcome_unknown"}
    policy = attrs.evolve(CHAIN, settle={"row-1": "not-charged"})
    assert states(run(client, rows, out=tmp_path, policy=policy)) == {"row-1": "saved"}
    assert [put_on[0] for _, put_on in provider.bought] == [100, 200, 200]


def test_redo_buys_both_steps_and_replaces_both_images(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    rows = outfits(client, (1, 2), (3, 4))
    run(client, rows, out=tmp_path, policy=CHAIN)
    for named in ("row-1", "row-1~bottom"):
        provider.bought.clear()
        policy = attrs.evolve(CHAIN, redo=named)
        outcomes = run(client, rows, out=tmp_path, policy=policy)
        assert set(states(outcomes).values()) == {"saved"}
        assert [put_on for _, put_on in provider.bought] == [(100, 2, 0), (200, 1, 0)]


def test_the_images_of_first_steps_may_be_deleted_afterwards(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    rows = outfits(client, (1, 2))
    run(client, rows, out=tmp_path, policy=CHAIN)
    path = tmp_path / "first-steps/row-1~bottom.png"
    path.unlink()
    assert states(run(client, rows, out=tmp_path, policy=CHAIN)) == {"row-1": "saved"}
    assert not path.exists()


def test_a_first_image_that_is_gone_before_its_second_step_is_fetched_again(tmp_path):
    provider = Tailor(fates={(200, 1, 0): [FAILED]})
    client = client_of(provider)
    rows = outfits(client, (1, 2))
    run(client, rows, out=tmp_path, policy=CHAIN)
    (tmp_path / "first-steps/row-1~bottom.png").unlink()
    policy = attrs.evolve(CHAIN, retry_failed=True)
    run(client, rows, out=tmp_path, policy=policy)  # it is not known yet that it is needed
    outcomes = run(client, rows, out=tmp_path, policy=policy)
    assert states(outcomes) == {"row-1": "saved"}
    assert [put_on[0] for _, put_on in provider.bought] == [100, 200, 200]


def test_a_run_that_ends_between_the_steps_goes_on_with_the_second(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    rows = outfits(client, (1, 2), (3, 4))
    seen = 0
    while True:
        with closing(client.run_batch(rows, out=tmp_path, policy=CHAIN)) as outcomes:
            ended = [outcome for outcome in outcomes if not outcome.is_earlier][:1]
        seen += 1
        if not ended:
            break
    assert states(run(client, rows, out=tmp_path, policy=CHAIN)) == {
        "row-1": "saved",
        "row-2": "saved",
    }
    assert len(provider.bought) == 4


def test_what_is_wrong_with_the_second_step_is_found_before_the_first_is_paid(tmp_path):
    provider = Tailor()
    client = client_of(provider)
    request = client.request(PERSON, bottom=bottom(1), top=picture(size=(8, 8)))
    (outcome,) = run(client, {"a": request}, out=tmp_path, policy=CHAIN).values()
    assert (outcome.state, provider.bought) == ("refused", [])
    assert "8x8" in str(outcome.error) or "8 x 8" in str(outcome.error), outcome.error


def test_the_image_of_the_first_step_is_made_to_fit_without_being_asked(tmp_path):
    class Large(Tailor):
        @hookimpl
        def poll(self, job, ctx):
            del ctx
            image = picture(size=(400, 600), colour=self.jobs[job.id])
            result = JobResult(images=[Artifact(source=BytesSource(image))])
            return JobUpdate(state=JobState.SUCCEEDED, result=result)

    client = client_of(Large())
    assert client.info.capabilities.person_rules.max_side_px == 256
    (outcome,) = run(client, outfits(client, (1, 2)), out=tmp_path, policy=CHAIN).values()
    assert (outcome.state, outcome.error) == ("saved", None)


def test_a_vendor_that_cannot_be_given_the_first_image_is_refused_before(tmp_path):
    provider = Tailor(info=fake_info(garments=ONE_GARMENT, delivery={"url"}))
    client = client_of(provider)
    person, one, other = (UrlSource(f"https://shop.example/{name}.png") for name in "abc")
    request = client.request(person, top=one, bottom=other)
    (outcome,) = run(client, {"a": request}, out=tmp_path, policy=CHAIN).values()
    assert outcome.state == "refused"
    assert "the image of the first step' is local" in str(outcome.error)


def test_the_lists_have_a_line_for_each_row_with_its_first_step(tmp_path):
    client = client_of(Tailor(fates={(100, 4, 0): [REFUSED]}))
    run(client, outfits(client, (1, 2), (3, 4)), out=tmp_path, policy=CHAIN)
    saved, refused = map(json.loads, (tmp_path / LINES).read_text("utf-8").splitlines())
    assert (saved["id"], saved["first_step"]["id"]) == ("row-1", "row-1~bottom")
    assert saved["first_step"]["cost"]["amount"] == "0.10"
    assert (refused["state"], refused["first_step"]["state"]) == ("refused", "refused")
    heads, one, other = (tmp_path / TABLE).read_text("utf-8-sig").splitlines()
    assert heads.endswith(",first_step,first_step_files,first_step_amount")
    assert one.endswith(",saved,first-steps/row-1~bottom.png,0.10")
    assert other.endswith(",refused,,")


def test_the_estimate_shows_both_steps():
    client = client_of(Tailor(info=fake_info(garments=ONE_GARMENT, delivery={"upload"})))
    request = client.request(PERSON, top=top(1), bottom=bottom(2))
    row = BatchItem(id="a", provider="fake", request=request)
    found = estimate(with_first_step(row, client.info), {"fake": client.info})
    assert [(line.what, line.requests, line.amount, line.uploads) for line in found.lines] == [
        ("first_step", 1, Decimal("0.10"), 2),
        ("try_on", 1, Decimal("0.10"), 2),
    ]
    assert str(found.lines[0]) == "fake: 1 first step x 0.10 USD = 0.10 USD"


@given(st.text(min_size=1, max_size=110))
def test_the_id_of_a_first_step_can_be_had_by_no_row(row_id):
    if row_id_problem(row_id) is not None:
        return
    first = first_step_id(row_id)
    assert id_problem(first) is None
    assert row_id_problem(first) is not None
    assert is_first_step(first)
    assert not is_first_step(row_id)
    assert file_name(first).endswith("~bottom")


def test_a_row_may_not_be_called_like_a_first_step(tmp_path):
    client = client_of(Tailor())
    request = client.request(PERSON, top=top(1))
    with pytest.raises(errors.InputError, match="kept for first steps of outfits"):
        run(client, {"row-1~bottom": request}, out=tmp_path)


FATES = st.lists(st.sampled_from([REFUSED, FAILED, LOST]), max_size=2)
NUMBERS = st.integers(0, 2)


@settings(max_examples=12)
@given(
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5),
    bottoms=st.dictionaries(NUMBERS, FATES),
    tops=st.dictionaries(NUMBERS, FATES),
    taken=st.lists(st.integers(0, 4), max_size=4),
)
def test_however_steps_end_and_runs_are_left_no_step_goes_before_its_first_or_is_paid_twice(
    tmp_path_factory, pairs, bottoms, tops, taken
):
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_ENV, str(tmp_path_factory.mktemp("data")))
        _live_through(out, pairs, bottoms, tops, taken)


def _live_through(out, pairs, bottoms, tops, taken):
    fates = {(100, number, 0): list(ends) for number, ends in bottoms.items()}
    fates |= {(200, number, 0): list(ends) for number, ends in tops.items()}
    most = sum(map(len, fates.values())) + len(set(pairs)) + len({one for _, one in pairs})
    provider = Tailor(fates=fates)
    client = client_of(provider, remember=False)
    rows = outfits(client, *pairs)
    policy = attrs.evolve(CHAIN, stop_after=1000)
    for count in taken:  # calls that end early
        with closing(client.run_batch(rows, out=out, policy=policy)) as outcomes:
            for _, _ in zip(range(count), outcomes, strict=False):
                pass
    usual = run(client, rows, out=out, policy=policy)
    _check(out, provider, pairs)
    assert set(usual) == set(rows)
    again = attrs.evolve(policy, retry_failed=True, retry_unknown=True)
    for _ in range(most):
        ended = run(client, rows, out=out, policy=again)
        _check(out, provider, pairs)
        if set(states(ended).values()) == {"saved"}:
            break
    assert set(states(ended).values()) == {"saved"}
    assert len(provider.bought) <= most


def _check(out, provider, pairs):
    """Whatever is saved is the image that was asked for, and nothing went before its first step."""
    entries = journal_of(out)
    for number, (one, other) in enumerate(pairs, 1):
        entry, first = entries[f"row-{number}"], entries[f"row-{number}~bottom"]
        if entry.state == "saved":
            assert colour((out / entry.files[0].path).read_bytes()) == worn_colour(one, other)
        if entry.attempts:
            assert first.state == "saved" or first.earlier or first.times.get("saved")
        assert (first.state in {"refused", "failed"}) <= (entry.state == first.state)
    made = {worn(person, put_on) for person, put_on in provider.bought}
    assert all(person == (1, 1, 1) or person in made for person, _ in provider.bought)
