import io
from datetime import date
from decimal import Decimal

import pytest
from PIL import Image

from drawings import GARMENT_STYLES, PERSON_STYLES
from providers import picture
from tryon_core import Price, remembered_jobs
from tryon_core.errors import OutcomeUnknown
from tryon_core.models import Notice
from tryon_local.demo import scenes
from tryon_local.demo.scenes import PORTRAIT, SCENES

DEMO = ("demo", "-p", "fake")
_REMARK = Notice("sleeve_uncertain", "The sleeve may be wrong.")


@pytest.fixture(autouse=True)
def portrait(monkeypatch):
    """A photo like that of scikit-image, which need not be installed; nothing when cleared."""
    photos = []
    monkeypatch.setattr(scenes, "portrait", lambda: photos[0] if photos else None)
    return photos


def _written(ended, folder):
    return {name.rsplit("/", 1)[-1]: (folder / name).read_bytes() for name in ended.out.split()}


def test_every_scene_can_be_drawn_and_the_scenes_cover_all_that_can_be_worn():
    for scene in SCENES:
        assert scene.person == PORTRAIT or scene.person in PERSON_STYLES
        for category, garment in scene.garments.items():
            assert GARMENT_STYLES[garment].category == category
    assert [sorted(scene.garments) for scene in SCENES] == [
        ["top"], ["bottom"], ["dress"], ["bottom", "top"], ["top"]
    ]  # fmt: skip


def test_a_drawn_person_is_dressed_and_all_pictures_are_written(tryon, offer, folder):
    provider = offer(garments=[{"top"}], notices=[_REMARK])
    ended = tryon(*DEMO, "--quiet")
    assert ended.code == 0
    assert ended.err.splitlines()[-1] == "note: sleeve_uncertain: The sleeve may be wrong."
    files = _written(ended, folder)
    assert list(files) == [
        "1-top-before.png", "1-top-garment-top.png", "1-top-after.png", "1-top-sheet.png"
    ]  # fmt: skip
    assert {path.name for path in (folder / "tryon-demo").iterdir()} == set(files)
    assert files["1-top-after.png"] == provider.images[0]
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in files.items()}
    assert sizes["1-top-sheet.png"][0] > 2 * sizes["1-top-before.png"][0]


def test_a_real_person_is_dressed_and_credited_where_there_is_a_photo(
    tryon, offer, folder, portrait
):
    offer(garments=[{"top"}])
    portrait.append(Image.new("RGB", (60, 50), "teal"))
    ended = tryon(*DEMO, "--quiet")
    files = _written(ended, folder)
    before = Image.open(io.BytesIO(files["5-portrait-before.png"]))
    assert before.tobytes() == portrait[0].tobytes()
    assert "5-portrait-sheet.png" in files
    assert "NASA, public domain" in ended.err
    scene = tryon(*DEMO, "--json", "--force").json["scenes"][-1]
    assert (scene["name"], scene["credit"]) == ("5-portrait", SCENES[-1].credit)


def test_the_portrait_is_left_out_where_another_photo_is_given(tryon, offer, portrait):
    offer(garments=[{"top"}])
    portrait.append(Image.new("RGB", (60, 50), "teal"))
    ended = tryon(*DEMO, "--person", "person.png")
    assert "5-portrait" not in ended.out
    assert "NASA" not in ended.err


def test_a_photo_is_dressed_in_drawn_garments(tryon, offer, folder):
    offer(garments=[{"top", "bottom"}], images=[picture(kind="JPEG")])
    ended = tryon(*DEMO, "--person", "person.png", "--out", "mine")
    files = _written(ended, folder)
    before = Image.open(io.BytesIO(files["4-outfit-before.png"]))
    assert before.getpixel((5, 5)) == Image.open("person.png").getpixel((5, 5))
    assert Image.open(io.BytesIO(files["4-outfit-after.png"])).format == "PNG"
    assert "4-outfit-garment-bottom.png" in files


def test_pictures_that_are_there_are_refused_before_anything_is_sent(tryon, offer, folder):
    provider = offer(garments=[{"top"}])
    (folder / "tryon-demo").mkdir()
    (folder / "tryon-demo" / "1-top-sheet.png").write_text("mine")
    assert tryon(*DEMO).code == 2
    assert provider.calls == []
    assert tryon(*DEMO, "--force").code == 0


def test_the_document_lists_the_files(tryon, offer, folder):
    offer(garments=[{"top"}], notices=[_REMARK])
    (scene,) = tryon(*DEMO, "--json").json["scenes"]
    assert (folder / scene["sheet"]).is_file()
    assert scene["garments"] == {"top": "tryon-demo/1-top-garment-top.png"}
    assert scene["notices"] == [{"code": _REMARK.code, "message": _REMARK.message}]


def test_an_interrupted_demonstration_is_resumable(tryon, offer):
    provider = offer(garments=[{"top"}], on_poll=KeyboardInterrupt())
    ended = tryon(*DEMO)
    assert ended.code == 130
    provider.on_poll = None
    command = ended.err.splitlines()[-1].split()[1:]
    assert tryon(*command).out == "tryon-demo/fake-job-1.png\n"


def test_it_stops_at_the_first_error_and_leaves_nothing_of_that_scene(tryon, offer, folder):
    provider = offer(on_submit=OutcomeUnknown("lost."))
    assert tryon(*DEMO, "--person", "person.png").code == 4
    assert provider.calls == ["submit"]
    assert not (folder / "tryon-demo").exists()


@pytest.mark.parametrize(
    ("more", "code"), [(("demo", "-p", "nobody"), 3), ((*DEMO, "--person", "nobody.png"), 2)]
)
def test_what_cannot_be_used_is_refused(tryon, offer, folder, more, code):
    offer()
    ended = tryon(*more)
    assert ended.code == code
    assert not (folder / "tryon-demo").exists()


def test_a_provider_that_takes_none_of_the_garments_is_told(tryon, offer):
    offer(garments=[])
    assert "takes none of the garments" in tryon(*DEMO).err


@pytest.mark.parametrize(("is_free", "left"), [(True, []), (False, ["saved"])])
def test_a_free_demonstration_leaves_no_job_behind(tryon, offer, monkeypatch, is_free, left):
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")
    amount = Decimal(0) if is_free else Decimal("0.1")
    price = Price(amount=amount, currency="USD", as_of=date(2026, 1, 1), source="invented")
    offer(garments=[{"top"}], price=price)
    assert tryon(*DEMO).code == 0
    assert [job.state for job in remembered_jobs()] == left
