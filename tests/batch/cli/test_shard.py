"""A catalogue that several machines share: each row is of one of them, and stays so."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tryon_batch import Shard, read_manifest
from tryon_batch.cli.source import _part
from tryon_batch.ids import id_problem
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.errors import AuthenticationFailed

BAD_KEY = AuthenticationFailed("the key is wrong.")
RESUME = ("batch", "--resume", "--out", "run")
IDS = [f"i{number}" for number in range(1, 9)]

ids = st.text(min_size=1, max_size=40).filter(lambda text: id_problem(text) is None)


@pytest.fixture
def write(folder):
    def make(ids=IDS, name="cat.csv"):
        with (folder / name).open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "person", "top", "option.seed"])
            rows.writerows([name, "person.png", "tee.png", place] for place, name in enumerate(ids))

    return make


@pytest.fixture
def batch(tryon):
    def run(*more, out="run", catalogue="cat.csv"):
        return tryon("batch", catalogue, "-p", "fake", "--out", out, *more)

    return run


@pytest.fixture
def begun(offer, batch, write):
    """Begin a run that stops since the key is wrong; gives the provider, whose key is right now."""

    def run(*options):
        provider = offer(on_submit=BAD_KEY)
        write()
        assert batch(*options).code == 3
        provider.on_submit = None
        return provider

    return run


def _ids(name="run"):
    with JournalReader(Path(name) / JOURNAL_NAME) as journal:
        return {entry.id for entry in journal.entries()}


@given(item_id=ids, of=st.integers(1, 300))
def test_a_row_is_of_exactly_one_shard(item_id, of):
    owners = [k for k in range(1, of + 1) if Shard(k, of).owns(item_id)]
    assert len(owners) == 1


@given(data=st.data(), rows=st.lists(ids, min_size=1, max_size=30), of=st.integers(1, 9))
def test_whose_a_row_is_follows_from_its_id_alone(data, rows, of):
    shards = [Shard(k, of) for k in range(1, of + 1)]
    owners = {row: [shard for shard in shards if shard.owns(row)] for row in rows}
    for row in data.draw(st.permutations(rows)):
        assert [shard for shard in shards if shard.owns(row)] == owners[row]
        if row.swapcase().casefold() == row.casefold():
            assert [shard for shard in shards if shard.owns(row.swapcase())] == owners[row]


@pytest.mark.parametrize(
    ("item_id", "owner"), [("anna-tee", 2), ("Anna-TEE", 2), ("é", 7), ("e\u0301", 7), ("照片", 6)]
)
def test_the_owner_of_a_row_never_changes_with_a_version(item_id, owner):
    assert [k for k in range(1, 8) if Shard(k, 7).owns(item_id)] == [owner]


@given(names=st.lists(ids, min_size=1, max_size=12, unique_by=str.casefold), of=st.integers(1, 5))
def test_the_shards_of_a_manifest_are_the_manifest(tmp_path_factory, names, of):
    path = tmp_path_factory.getbasetemp() / "shards.jsonl"
    lines = [{"id": name, "person": "person.png", "top": "tee.png"} for name in names]
    path.write_text("\n".join(map(json.dumps, lines)))
    whole = read_manifest(path, provider="fake", options={})
    parts = [_part(whole, Shard(k, of)).rows for k in range(1, of + 1)]
    found = [row.number for part in parts for row in part]
    assert sorted(found) == [row.number for row in whole.rows]


@pytest.mark.parametrize(
    "text", ["0/4", "5/4", "1/0", "2", "2/", "/4", "a/b", "-1/4", "1/4/2", "٢/٤", ""]
)
def test_a_shard_that_is_none_is_refused_in_the_words_of_the_command_line(batch, write, text):
    write()
    ended = batch("--shard", text)
    assert ended.code == 2
    assert "Invalid value for '--shard'" in ended.err


def test_all_shards_together_do_each_row_once(fake, folder, batch, write, tryon):
    write()
    for k in (1, 2, 3):
        ended = batch("--shard", f"{k}/3", out=f"run{k}")
        part = _ids(f"run{k}")
        assert ended.code == 0
        assert f"shard {k}/3 has {len(part)} of 8 rows." in ended.err
    parts = [_ids(f"run{k}") for k in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(IDS)
    assert sorted(request.options.seed for request in fake.requests) == list(range(8))
    tryon("costs", "run1", "run2", "run3", "--lists", "all")
    table = (folder / "all/manifest.out.csv").read_text("utf-8-sig").splitlines()
    assert [row["id"] for row in csv.DictReader(table)] == IDS  # in the order of the manifest


def test_the_estimate_of_a_shard_is_its_own(fake, batch, write):
    write()
    documents = [batch("--shard", f"{k}/2", "--estimate", "--json").json for k in (1, 2)]
    assert sum(document["items"] for document in documents) == 8
    assert all(document["items"] < 8 for document in documents)
    assert not fake.requests


@pytest.mark.usefixtures("fake")
def test_images_of_other_shards_need_not_be_here(folder, batch, write):
    write()
    table = (folder / "cat.csv").read_text().replace("tee.png,0", "elsewhere.png,0")
    (folder / "cat.csv").write_text(table)
    codes = [batch("--shard", f"{k}/2", out=f"run{k}").code for k in (1, 2)]
    assert sorted(codes) == [0, 2]


@pytest.mark.usefixtures("fake")
def test_a_shard_without_rows_is_done_at_once(tryon, batch, write):
    write(["a"])
    empty = next(k for k in (1, 2) if not Shard(k, 2).owns("a"))
    for ended in (batch("--shard", f"{empty}/2"), tryon(*RESUME)):
        assert ended.code == 0
        assert f"note: shard {empty}/2 has " in ended.err
        assert ended.err.splitlines()[-1] == "nothing to do"
        assert ended.out == "run/manifest.out.csv\nrun/results.jsonl\n"
    assert not _ids()


def test_a_run_that_goes_on_keeps_its_shard(tryon, begun):
    provider = begun("--shard", "1/2")
    sent = len(provider.requests)
    for command in (RESUME, ("batch", "cat.csv", *RESUME[1:]), (*RESUME, "--shard", "1/2")):
        assert tryon(*command).code == 0
    assert _ids() == {name for name in IDS if Shard(1, 2).owns(name)}
    assert len(provider.requests) - sent == len(_ids())


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (("--shard", "1/4"), ("--shard", "2/4")),
        (("--shard", "1/4"), ("--shard", "1/2")),
        (("--shard", "1/4"), ()),
        ((), ("--shard", "1/4")),
    ],
)
@pytest.mark.parametrize("how", [(), ("--resume",), ("--estimate",)])
def test_another_division_of_a_run_is_refused_with_the_reason(begun, batch, before, now, how):
    provider = begun(*before)
    known, sent = _ids(), len(provider.requests)
    ended = batch(*now, *how)
    if not now and how == ("--resume",):
        assert ended.code == 0  # it keeps its shard
        return
    assert ended.code == 2
    assert "would be done on two machines and paid twice, others on none" in ended.err
    assert f"{'shard 1/4' if before else 'all rows'}, and this call is about" in ended.err
    assert (_ids(), len(provider.requests)) == (known, sent)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("option", ["--only", "--redo"])
def test_a_row_of_another_machine_is_told_where_it_is(tryon, batch, write, option):
    write()
    batch("--shard", "1/2")
    other = next(name for name in IDS if not Shard(1, 2).owns(name))
    ended = tryon(*RESUME, option, other)
    assert ended.code == 2
    assert f"no item {other!r} in this run, which is shard 1/2" in ended.err
    assert "a row of that id is of shard 2/2" in ended.err


@pytest.mark.usefixtures("fake")
def test_a_finished_run_is_not_divided_otherwise_either(batch, write):
    write()
    assert batch("--shard", "1/2").code == 0
    assert batch("--shard", "2/2").code == 2
    assert batch().code == 2


@pytest.mark.usefixtures("fake")
def test_the_list_of_runs_says_which_shard_a_run_is(tryon, batch, write):
    write()
    batch("--shard", "1/2")
    batch(out="all")
    ended = tryon("jobs")
    assert "shard 1/2: " in ended.out
    assert ended.out.count("shard") == 1
    assert [run["shard"] for run in tryon("jobs", "--json").json["runs"]] == [None, "1/2"]
