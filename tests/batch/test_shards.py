"""Several processes do the shards of one catalogue, with the quota in a real Redis server."""

from collections import Counter

from shard_runs import code_of, machines, next_event, start
from tryon_batch import read_runs, same_ids


def _entries(folder, names):
    runs = read_runs([folder / name for name in names])
    assert not same_ids(runs)
    return [entry for run in runs for entry in run.entries()]


def test_four_processes_share_a_catalogue_and_the_quota_and_one_of_them_is_killed(tmp_path):
    quota = {"submissions": 6, "window_s": 0.5, "running_jobs": 3, "queries_per_s": 50}
    with machines(tmp_path, quota=quota, count=32, job_s=0.1) as (world, vendor):
        killed = world.begin("1/4", "--json")
        others = [world.begin(f"{k}/4") for k in (2, 3, 4)]
        start(killed, *others)
        next_event(killed, "saved")
        killed.kill()
        # It takes what it held with it, until its folder goes on.
        again = world.begin("1/4", "--resume")
        start(again)
        codes = [code_of(process) for process in (again, *others)]
    assert (vendor.judge.refused, vendor.judge.over) == (0, 0)
    entries = _entries(tmp_path, [f"{k}-of-4" for k in (1, 2, 3, 4)])
    assert sorted(entry.id for entry in entries) == sorted(world.rows)
    states = Counter(entry.state for entry in entries)
    # What was being sent when it was killed is unknown, and is not sent again.
    assert set(states) <= {"saved", "outcome_unknown"}
    assert states["saved"] <= len(vendor.judge.arrivals) <= len(world.rows)
    assert codes == [4 if states["outcome_unknown"] else 0, 0, 0, 0]
