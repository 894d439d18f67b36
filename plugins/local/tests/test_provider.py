import io
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image, ImageDraw

from drawings import draw_nobody, draw_two_people
from tryon_core import Client, Job, JobState, errors
from tryon_core.clock import SystemClock


class LaterClock(SystemClock):
    """The system's clock, days later."""

    def now(self):
        return datetime.now(timezone.utc) + timedelta(days=2)


def test_a_drawn_person_is_dressed_and_the_image_says_what_it_is(client, person, top, as_png):
    result = client.try_on(as_png(person.image), top=as_png(top.image))
    image = Image.open(io.BytesIO(result.images[0].data))
    assert image.size == person.image.size
    assert "Geometric preview" in image.info["Description"]
    changed = np.any(np.asarray(image) != np.asarray(person.image), axis=2)
    assert changed.mean() > 0.02


def test_identical_input_gives_identical_bytes(tmp_path, person, top, as_png):
    results = []
    for name in ("a", "b"):
        with Client("local", spool_dir=str(tmp_path / name)) as client:
            results.append(client.try_on(as_png(person.image), top=as_png(top.image)))
    assert results[0].images[0].data == results[1].images[0].data


def test_a_jpeg_says_what_it_is_too(client, person, top, as_png):
    result = client.try_on(
        as_png(person.image), top=as_png(top.image), options={"output_format": "jpeg"}
    )
    exif = Image.open(io.BytesIO(result.images[0].data)).getexif()
    assert result.images[0].format == "JPEG"
    assert "Geometric preview" in exif[0x010E]


def test_the_kind_of_a_garment_is_detected_when_asked(client, person, bottom, as_png):
    image = as_png(bottom.image)
    named = client.try_on(as_png(person.image), bottom=image)
    detected = client.try_on(as_png(person.image), top=image, options={"garment_type": "detect"})
    assert detected.images[0].data == named.images[0].data
    assert {notice.code for notice in detected.notices} - {n.code for n in named.notices} == {
        "garment_type_detected"
    }


def test_detection_that_agrees_changes_nothing(client, person, top, as_png):
    image = as_png(top.image)
    named = client.try_on(as_png(person.image), top=image)
    detected = client.try_on(as_png(person.image), top=image, options={"garment_type": "detect"})
    assert (detected.images[0].data, detected.notices) == (named.images[0].data, named.notices)


def test_another_process_goes_on_with_a_job(tmp_path, person, top, as_png):
    """The submitting process is killed before the work is done."""
    for name, image in (("person", person.image), ("top", top.image)):
        (tmp_path / f"{name}.png").write_bytes(as_png(image))
    spool = str(tmp_path / "spool")
    script = (
        "import os\n"
        "from tryon_core import Client\n"
        f"client = Client('local', spool_dir={spool!r})\n"
        "job = client.submit('person.png', top='top.png')\n"
        "print(job.to_token(), flush=True)\n"
        "os._exit(9)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 9
    with Client("local", spool_dir=spool) as client:
        result = client.resume(answer.stdout.strip())
    assert Image.open(io.BytesIO(result.images[0].data)).size == person.image.size


def test_a_finished_job_can_be_fetched_again_and_keeps_no_inputs(
    client, tmp_path, person, top, as_png
):
    job = client.submit(as_png(person.image), top=as_png(top.image))
    first, second = client.wait(job), client.wait(job)
    assert first.images[0].data == second.images[0].data
    names = {path.name for path in (tmp_path / "spool" / job.id).iterdir()}
    assert names == {"request.json", "outcome.json", "result.png"}


def test_old_jobs_are_gone_after_their_lifetime(tmp_path, person, top, as_png):
    spool = str(tmp_path / "spool")
    with Client("local", spool_dir=spool) as client:
        job = client.submit(as_png(person.image), top=as_png(top.image))
        client.wait(job)
    with Client("local", spool_dir=spool, clock=LaterClock()) as later:
        later.wait(later.submit(as_png(person.image), top=as_png(top.image)))
        assert later.poll(job).state is JobState.NOT_FOUND
        with pytest.raises(errors.JobExpired, match=job.id):
            later.wait(job)


@pytest.mark.parametrize("job_id", ["..", "../../etc", "unknown", "a/b"])
def test_an_unknown_job_is_not_found_and_no_path_is_followed(client, job_id):
    job = Job(provider="local", id=job_id, submitted_at=datetime.now(timezone.utc))
    assert client.poll(job).state is JobState.NOT_FOUND
    assert client.cancel(job).state is JobState.NOT_FOUND


@pytest.mark.parametrize(
    ("draw", "code"), [(draw_nobody, "no_person"), (draw_two_people, "several_people")]
)
def test_a_photo_without_exactly_one_person_is_the_caller_s_fault(client, top, as_png, draw, code):
    with pytest.raises(errors.JobFailed, match="person: ") as caught:
        client.try_on(as_png(draw()), top=as_png(top.image))
    assert (caught.value.vendor_code, caught.value.fault, caught.value.billed) == (
        code,
        "input",
        "no",
    )


def test_an_image_without_a_garment_is_refused_by_name(client, person, as_png):
    blank = as_png(Image.new("RGB", (400, 400), "white"))
    with pytest.raises(errors.JobFailed, match="bottom: ") as caught:
        client.try_on(as_png(person.image), bottom=blank)
    assert caught.value.vendor_code == "no_garment"


def test_dress_and_top_contradict_each_other(client, person, top, as_png):
    image = as_png(top.image)
    with pytest.raises(errors.ValidationFailed, match="give it alone"):
        client.try_on(as_png(person.image), top=image, dress=image)


def test_a_truncated_photo_fails_with_its_field(client, person, top, as_png):
    whole = as_png(person.image)
    with pytest.raises(errors.TryOnError, match="person: ") as caught:
        client.try_on(whole[: len(whole) // 2], top=as_png(top.image))
    assert caught.value.fault == "input"


def test_worn_garments_are_found_in_the_order_asked(client, person, as_png):
    bottom, dress, top = client.parse_garment(as_png(person.image), ["bottom", "dress", "top"])
    assert dress is None
    for region, category in ((bottom, "bottom"), (top, "top")):
        x1, y1, x2, y2 = region.bbox
        mask = Image.open(io.BytesIO(region.mask.source.data))
        crop = Image.open(io.BytesIO(region.crop.source.data))
        assert (mask.mode, mask.size) == ("RGBA", person.image.size)
        assert (crop.mode, crop.size) == ("RGB", (x2 - x1, y2 - y1))
        assert _overlap(region.bbox, person.bboxes[category]) > 0.8


def _overlap(one, other):
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, width) * max(0, height)
    areas = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (one, other))
    return both / (areas - both)


def test_parsing_nobody_is_refused(client, as_png):
    with pytest.raises(errors.InputRefused) as caught:
        client.parse_garment(as_png(draw_nobody()), ["top"])
    assert caught.value.vendor_code == "no_person"


def test_a_queued_job_can_be_taken_back(tmp_path, person, top, as_png):
    with Client("local", spool_dir=str(tmp_path / "s"), workers="1") as client:
        jobs = [client.submit(as_png(person.image), top=as_png(top.image)) for _ in range(3)]
        assert client.cancel(jobs[-1]).state is JobState.CANCELLED
        with pytest.raises(errors.JobCancelled):
            client.wait(jobs[-1])
        client.wait(jobs[0])
        with pytest.raises(errors.CancelRefused, match="already"):
            client.cancel(jobs[0])


@pytest.mark.parametrize("workers", ["0", "two", "-1", "1.5"])
def test_a_senseless_number_of_workers_is_named(tmp_path, workers):
    with pytest.raises(errors.SettingsError, match="TRYON_LOCAL_WORKERS"):
        Client("local", spool_dir=str(tmp_path), workers=workers)


def test_an_unwritable_spool_is_named_with_the_remedy(tmp_path, person, top, as_png):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with (
        Client("local", spool_dir=str(blocked / "spool")) as client,
        pytest.raises(errors.SettingsError, match="TRYON_LOCAL_SPOOL_DIR"),
    ):
        client.submit(as_png(person.image), top=as_png(top.image))


def test_a_garment_with_its_own_matte_is_accepted(client, person, as_png):
    garment = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    draw = ImageDraw.Draw(garment)
    draw.polygon(
        [(90, 40), (310, 40), (380, 160), (320, 190), (290, 130), (290, 370), (110, 370),
         (110, 130), (80, 190), (20, 160)],
        fill=(30, 90, 160, 255),
    )  # fmt: skip
    result = client.try_on(as_png(person.image), top=as_png(garment))
    assert "garment_matte_uncertain" not in {notice.code for notice in result.notices}
