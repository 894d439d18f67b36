import bisect
import json
import math
import random
import stat
import sys
import threading

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tryon_core.duration_store import DurationStore
from tryon_core.durations import DurationModel, Durations

PRIOR = DurationModel(typical_s=20)
seconds = st.floats(1e-3, 1e7)


def _after(*jobs, prior=PRIOR):
    model = prior
    for seconds in jobs:
        model = model.observed(seconds, at_least_s=seconds)
    return model


def _log_normal(median_s, sigma, count, seed=0):
    generator = random.Random(seed)  # noqa: S311  (a sample, not a secret)
    return [generator.lognormvariate(math.log(median_s), sigma) for _ in range(count)]


def test_before_any_job_the_declared_time_counts_and_little_is_certain():
    assert PRIOR.median_s == pytest.approx(20)
    assert PRIOR.sigma > 0.5


@pytest.mark.parametrize("typical_s", [0, -5, math.nan, 1e-9, 1e12, math.inf])
def test_a_declared_time_that_no_job_takes_is_brought_within_reason(typical_s):
    model = DurationModel(typical_s=typical_s)
    assert 0 < model.median_s < math.inf


@pytest.mark.parametrize("median_s", [2, 20, 200])
@pytest.mark.parametrize("sigma", [0.15, 0.6])
def test_thirty_jobs_outweigh_the_declared_time(median_s, sigma):
    model = _after(*_log_normal(median_s, sigma, 30))
    assert model.median_s == pytest.approx(median_s, rel=0.25)
    assert 0.6 * sigma < model.sigma < 1.5 * sigma + 0.3


def test_one_job_moves_the_expectation_without_replacing_it():
    assert 20 < _after(60).median_s < 60


def test_a_job_that_hung_changes_little():
    usual = _log_normal(20, 0.2, 30)
    model, spoiled = _after(*usual), _after(*usual[:15], 3000, *usual[15:])
    assert spoiled.median_s == pytest.approx(model.median_s, rel=0.05)
    assert spoiled.sigma < 1.4 * model.sigma


def test_a_vendor_that_became_slower_is_followed():
    model = _after(*_log_normal(20, 0.2, 200), *_log_normal(60, 0.2, 64))
    assert model.median_s == pytest.approx(60, rel=0.1)
    assert model.sigma < 0.3
    assert len(model.seen) == 64


def test_observing_makes_another_model():
    assert _after(5) is not PRIOR
    assert PRIOR.seen == ()


def test_a_time_beyond_reason_is_brought_within_it():
    model = DurationModel(typical_s=1).observed(1e-12)
    assert model.seen == ((1e-3, 0.0),)


@given(at_least_s=st.floats(0.01, 100), width_s=st.floats(0.001, 100))
def test_a_job_is_put_between_the_two_questions(at_least_s, width_s):
    high_s = at_least_s + width_s
    model = PRIOR.observed(high_s, at_least_s=at_least_s)
    assert all(at_least_s <= job_s <= high_s for job_s, _ in model.seen)
    assert model.seen or width_s > at_least_s


def test_a_job_found_by_the_first_question_is_put_near_it_and_not_halfway():
    known = _after(*_log_normal(20, 0.1, 40))
    (*_, (job_s, variance)) = known.observed(19).seen
    assert 15 < job_s < 19
    assert variance > 0


def test_an_answer_after_a_long_night_teaches_nothing():
    known = _after(*_log_normal(20, 0.2, 40))
    assert known.observed(30_000) is known
    assert known.observed(30_000, at_least_s=1) is known


@pytest.mark.parametrize("silly", [0.0, -3.0, math.nan, math.inf, -math.inf])
def test_a_time_that_is_none_teaches_nothing(silly):
    assert PRIOR.observed(silly) is PRIOR


@given(
    jobs=st.lists(st.tuples(st.floats(), st.floats()), max_size=12),
    typical_s=st.floats(),
)
@settings(deadline=None, max_examples=300)
def test_whatever_is_observed_the_model_stays_usable(jobs, typical_s):
    model = DurationModel(typical_s=typical_s)
    for found_s, at_least_s in jobs:
        model = model.observed(found_s, at_least_s=at_least_s)
    assert 0 < model.median_s < math.inf
    assert 0 < model.sigma < math.inf
    assert DurationModel.from_dict(model.to_dict(), typical_s=model.typical_s) is not None


def test_few_questions_do_not_make_the_spread_look_smaller():
    model, asked_s = PRIOR, [0, 12, 20, 30, 100]
    for job_s in _log_normal(20, 0.5, 400):
        high = bisect.bisect(asked_s, min(job_s, 99))
        model = model.observed(asked_s[high], at_least_s=asked_s[high - 1])
    assert model.median_s == pytest.approx(20, rel=0.2)
    assert 0.4 < model.sigma < 0.65


def test_the_order_of_jobs_does_not_matter():
    jobs = _log_normal(20, 0.3, 20)
    one, other = (
        DurationModel(typical_s=20, seen=[(job_s, 0.0) for job_s in some])
        for some in (jobs, jobs[::-1])
    )
    assert (one.median_s, one.sigma) == pytest.approx((other.median_s, other.sigma))


@given(st.lists(st.tuples(seconds, st.floats(0, 10)), max_size=64))
def test_a_model_survives_json(seen):
    model = DurationModel(typical_s=20, seen=seen)
    values = json.loads(json.dumps(model.to_dict()))
    copy = DurationModel.from_dict(values, typical_s=20)
    assert copy.median_s == pytest.approx(model.median_s, rel=0.1)
    assert copy.sigma == pytest.approx(model.sigma, rel=0.1)


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"seen": 5},
        {"seen": ["20"]},
        {"seen": [20.0]},
        {"seen": [[20.0]]},
        {"seen": [[20.0, True]]},
        {"seen": [[math.nan, 0.0]]},
        {"seen": [[20.0, math.nan]]},
        {"seen": [[-1, 0]]},
        {"seen": [[1e300, 0]]},
        {"seen": [[20, -1]]},
    ],
    ids=repr,
)
def test_anything_else_is_not_taken_for_a_model(values):
    with pytest.raises(ValueError, match="durations of jobs"):
        DurationModel.from_dict(values, typical_s=20)


def test_threads_lose_no_job():
    durations = Durations(PRIOR)

    def work():
        for _ in range(16):
            durations.observe(10, at_least_s=9)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(durations.model.seen) == 64


@pytest.fixture
def store(tmp_path):
    return DurationStore.of_user({"TRYON_CACHE_DIR": str(tmp_path / "cache")})


def test_what_is_kept_is_found_again_by_provider_and_model(store):
    one, other = _after(5, 6, 7), _after(50, 60)
    assert store.save({("acme", ""): one, ("acme", "plus"): other})
    assert store.load("acme", typical_s=20) == one
    assert store.load("acme", "plus", typical_s=20) == other
    assert store.load("emca", typical_s=20) == PRIOR


def test_what_is_declared_now_counts_for_what_was_kept(store):
    store.save({("acme", ""): _after(5)})
    assert store.load("acme", typical_s=90).typical_s == 90


def test_models_of_others_stay_in_the_file(store):
    store.save({("acme", ""): _after(5)})
    store.save({("emca", ""): _after(6)})
    assert store.load("acme", typical_s=20) == _after(5)
    assert store.load("emca", typical_s=20) == _after(6)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"models": {"acme/": {"seen": [[5.0, 0.0]]}}}',
        b'{"format": "tryon durations 1", "models": 7}',
        b'{"format": "tryon durations 1", "models": {"acme/": {"seen": "all"}}}',
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:40]),
)
def test_a_broken_or_foreign_file_is_ignored_and_replaced(store, content):
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    assert store.load("acme", typical_s=20) == PRIOR
    assert store.save({("acme", ""): _after(5)})
    assert store.load("acme", typical_s=20) == _after(5)


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    store = DurationStore(tmp_path / "file" / "durations.json")
    assert store.load("acme", typical_s=20) == PRIOR
    assert not store.save({("acme", ""): _after(5)})


def test_a_folder_in_the_place_of_the_file_is_no_error(tmp_path):
    store = DurationStore(tmp_path)
    assert store.load("acme", typical_s=20) == PRIOR
    assert not store.save({("acme", ""): _after(5)})


def test_nothing_is_left_beside_the_file(store):
    store.save({("acme", ""): _after(5)})
    assert [path.name for path in store.path.parent.iterdir()] == ["durations.json"]
    assert stat.S_ISREG(store.path.stat().st_mode)


def test_without_platformdirs_nothing_is_kept(monkeypatch):
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    store = DurationStore.of_user({})
    assert store.path is None
    assert not store.save({("acme", ""): _after(5)})
    assert store.load("acme", typical_s=20) == PRIOR


def test_the_user_s_cache_folder_is_used_where_none_is_named():
    pytest.importorskip("platformdirs")
    path = DurationStore.of_user({}).path
    assert path.name == "durations.json"
    assert "tryon" in path.parts


def test_a_model_is_a_value():
    assert _after(5) == _after(5)
    assert attrs.evolve(_after(5), typical_s=20) == _after(5)
    assert hash(_after(5)) == hash(_after(5))
