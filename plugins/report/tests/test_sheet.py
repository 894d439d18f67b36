"""Contact sheets: of runs, of files; one image that can be opened anywhere."""

import io

import pytest
from PIL import Image

from providers import picture
from shown_runs import Made, each_state, write_run
from tryon_batch.ids import first_step_id
from tryon_core import errors
from tryon_report import sheet as sheets
from tryon_report.sheet import MOST_PIXELS, sheet_of_files, sheet_of_runs
from tryon_report.tiles import BOX_PX

PERSON, TOP, RESULT = (200, 80, 60), (10, 120, 200), (200, 60, 30)


def _colours(image):
    return {colour for _, colour in image.getcolors(1 << 20)}


def _opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def _share(image, colour):
    return sum(count for count, found in image.getcolors(1 << 20) if found == colour)


def test_a_row_shows_person_garment_and_result(tmp_path):
    drawn = sheet_of_runs([write_run(tmp_path / "out", Made(id="a"))])
    assert {PERSON, TOP, RESULT} <= _colours(drawn)
    assert drawn.width > 3 * BOX_PX[0]


def test_a_row_without_a_result_says_why(tmp_path):
    drawn = sheet_of_runs([write_run(tmp_path / "out", *each_state())])
    # Images of one colour fill their boxes, as far as their shape lets them.
    assert _share(drawn, RESULT) < 2 * BOX_PX[0] * BOX_PX[1] < 2 * _share(drawn, PERSON)


def test_what_cannot_be_shown_leaves_the_others(tmp_path):
    made = [Made(id="a", person=None), Made(id="b", person=b"no image")]
    drawn = sheet_of_runs([write_run(tmp_path / "out", *made)])
    assert {TOP, RESULT} <= _colours(drawn)
    assert PERSON not in _colours(drawn)


def test_several_runs_are_one_sheet(tmp_path):
    runs = [write_run(tmp_path / name, Made(id="a")) for name in ("one", "two")]
    one, both = sheet_of_runs(runs[:1]), sheet_of_runs(runs)
    assert _share(both, RESULT) == 2 * _share(one, RESULT)


def test_the_first_step_of_an_outfit_is_part_of_its_row(tmp_path):
    step = first_step_id("look")
    run = write_run(tmp_path / "out", Made(id=step), Made(id="look", after=step))
    drawn = sheet_of_runs([run])
    assert _share(drawn, PERSON) < _share(drawn, RESULT) < 3 * _share(drawn, PERSON)


@pytest.mark.parametrize("count", [1, 7, 60, 900, 2500])
def test_any_number_of_rows_fits_into_one_image(count):
    across, (width, height) = sheets._layout(count, 3)
    size = across * 3 * (width + 24), -(-count // across) * (height + 110)
    assert size[0] * size[1] < 1.05 * MOST_PIXELS
    assert max(size) < 65_000
    assert count < 5 or 0.7 < size[1] / size[0] < 3


def test_more_rows_than_could_be_seen_are_refused():
    with pytest.raises(errors.InputError, match="20,000 rows are too many"):
        sheets._layout(20_000, 3)


def test_a_run_without_rows_is_refused(tmp_path):
    with pytest.raises(errors.InputError, match="no rows yet"):
        sheet_of_runs([write_run(tmp_path / "out")])


def test_files_are_shown_above_their_names(tmp_path):
    paths = []
    for number in range(5):
        path = tmp_path / f"{number}-{'long' * 30}.png"
        path.write_bytes(picture(colour=(number, 9, 9)))
        paths.append(path)
    assert {(number, 9, 9) for number in range(5)} <= _colours(sheet_of_files(paths))


class TestTheCommand:
    def test_a_sheet_of_a_run_is_in_its_folder(self, tmp_path, tryon):
        run = write_run(tmp_path / "out", Made(id="a"))
        ended = tryon("sheet", str(run.folder))
        assert (ended.code, ended.out) == (0, f"{run.folder / 'sheet.jpg'}\n")
        assert _opened(run.folder / "sheet.jpg").format == "JPEG"

    def test_an_earlier_sheet_is_replaced_where_that_is_asked_for(self, tmp_path, tryon):
        run = write_run(tmp_path / "out", Made(id="a"))
        assert tryon("sheet", str(run.folder)).code == 0
        refused = tryon("sheet", str(run.folder))
        assert refused.code != 0
        assert "--force" in refused.err
        assert tryon("sheet", str(run.folder), "--force", "--json").json == {
            "sheet": str(run.folder / "sheet.jpg")
        }

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".JPG"])
    def test_a_sheet_of_files_goes_where_it_is_told(self, tryon, folder, suffix):
        ended = tryon("sheet", "person.png", "tee.png", "--out", f"both{suffix}")
        assert ended.code == 0, ended.err
        assert _opened(folder / f"both{suffix}").width > BOX_PX[0]

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["person.png"], "needs a place"),
            (["person.png", "out", "--out", "x.jpg"], "cannot be on one sheet"),
            (["out", "--out", "x.gif"], "names no image"),
            (["nowhere"], "there is no run"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(self, tryon, folder, arguments, why):
        write_run(folder / "out", Made(id="a"))
        ended = tryon("sheet", *arguments)
        assert ended.code != 0
        assert why in ended.err
