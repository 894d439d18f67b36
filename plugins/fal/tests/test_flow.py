"""The whole way against the emulator, whichever of the vendor's pages is right."""

import pytest

from tryon_core import Client, JobState, errors
from tryon_fal.emulator import emulator
from tryon_testing.emulation import start

LEFFA = "fal-ai/leffa/virtual-tryon"
APPS = "fal-ai/image-apps-v2/virtual-try-on"


@pytest.mark.parametrize("addresses", ["app", "full", "suffix", "suffix_405", "foreign", "none"])
def test_a_job_is_found_however_its_addresses_are_written(emulate, image, addresses):
    client, running = emulate(addresses=addresses)
    result = client.try_on(image(), top=image(kind="PNG"))
    assert [one.format for one in result.images] == ["PNG"]
    assert len(running.ctx.jobs.all()) == 1


def test_several_images_are_paid_for_one_by_one(emulate, image):
    client, running = emulate(balance=1.0)
    job = client.submit(image(), top=image(), options={"num_samples": 3})
    result = client.wait(job)
    assert len(result.images) == 3
    assert result.usage == {"billable_units": "3"}
    assert sum(running.ctx.billed.values()) == 3
    assert str(client.read_balance().amount) == "0.775"


def test_files_are_uploaded_and_deleted_after_a_day(emulate, image, clock):
    client, running = emulate()
    client.try_on(image(), dress=image(kind="PNG"), options={"model": APPS})
    stored = [entry for entry in running.log if entry.operation == "store"]
    assert len(stored) == 2
    assert all("authorization" not in entry.headers for entry in stored)
    clock.advance(24 * 3600)
    client.try_on(image(), dress=image(kind="PNG"), options={"model": APPS, "preserve_pose": True})
    assert sum(entry.operation == "store" for entry in running.log) == 4


def test_the_place_in_the_queue_is_told_while_two_jobs_run(emulate, image, clock):
    client, _ = emulate()
    jobs = [client.submit(image(), top=image()) for _ in range(4)]
    clock.advance(5)
    shown = [client.poll(job).vendor_status for job in jobs]
    queued = "IN_QUEUE (queue_position"
    assert shown == ["IN_PROGRESS", "IN_PROGRESS", f"{queued} 0)", f"{queued} 1)"]


@pytest.mark.parametrize(("knob", "error"), [("finishes", None), ("stops", errors.JobCancelled)])
def test_a_job_that_was_asked_to_stop_is_followed_to_its_end(emulate, image, clock, knob, error):
    client, _ = emulate(cancelled_running=knob)
    job = client.submit(image(), top=image())
    clock.advance(5)
    assert client.cancel(job).state is JobState.RUNNING
    if error is None:
        assert client.wait(job).images
        return
    with pytest.raises(error) as caught:
        client.wait(job)
    assert caught.value.billed == "no"


@pytest.mark.parametrize(("units", "billed"), [("0", "no"), ("1", "yes"), ("untold", "unknown")])
@pytest.mark.parametrize("told", [True, False])
def test_a_failed_job_tells_in_its_result_alone(emulate, image, units, billed, told):
    knobs = {"job_failure": "content_policy_violation", "failed_units": units}
    client, _ = emulate(failure_told=told, **knobs)
    job = client.submit(image(), top=image())
    with pytest.raises(errors.JobFailed, match="content_policy_violation") as caught:
        client.wait(job)
    assert (caught.value.billed, caught.value.fault) == (billed, "input")


def test_a_garment_that_is_no_image_costs_nothing(emulate, host, image):
    client, running = emulate()
    with pytest.raises(errors.JobFailed, match="image_load_error"):
        client.try_on(host(image()), top=host(b"no image"), options={"model": LEFFA})
    assert sum(running.ctx.billed.values()) == 0


def test_a_job_of_another_model_is_resumed_in_another_client(emulate, image, clock):
    client, running = emulate()
    token = client.submit(image(), dress=image(), options={"model": LEFFA}).to_token()
    with Client("fal", clock=clock, **running.settings) as other:
        assert other.resume(token).images


def test_a_refused_submission_is_sent_again_only_for_its_rate(clock, image):
    with start(emulator, clock=clock, job_s=1, faults=["submit:429*2"]) as running:
        with Client("fal", clock=clock, **running.settings) as client:
            assert client.try_on(image(), top=image()).images
        assert sum(entry.operation == "submit" for entry in running.log) == 3
        assert len(running.ctx.jobs.all()) == 1
