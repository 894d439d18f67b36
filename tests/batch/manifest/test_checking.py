"""Every row of a manifest is validated before the first is sent."""

import base64
import collections
import csv
import io
import json
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings, strategies as st

import tryon_core.images.files
from providers import FakeOptions, FakeProvider, fake_info, picture
from tryon_batch.ids import id_problem, key_of
from tryon_batch.manifest import ManifestProblems, pair_folders, read_manifest
from tryon_batch.manifest.checking import check_manifest
from tryon_batch.manifest.columns import COLUMNS
from tryon_core import (
    BytesSource,
    Client,
    ImageRules,
    ImageSource,
    LibraryModel,
    PathSource,
    Problem,
    as_source,
    errors,
    hookimpl,
)
from tryon_core.images import probe
from tryon_core.preparing import find_problems


class Opener:
    """Opens sessions of providers made for a test, and counts how often."""

    def __init__(self, *providers):
        self.providers = {provider.info.id: provider for provider in providers}
        self.asked = collections.Counter()

    def __call__(self, name):
        self.asked[name] += 1
        provider = self.providers.get(name)
        # Like the client, which looks installed ones up by name.
        return Client(name if provider is None else provider).session


@pytest.fixture
def shop(tmp_path):
    """A folder with pictures: of two persons, of a garment that fits, and of a large one."""
    for name in ("anna.png", "bo.png", "tee.png"):
        (tmp_path / name).write_bytes(picture())
    (tmp_path / "large.png").write_bytes(picture((400, 300)))
    return tmp_path


@pytest.fixture
def check(shop):
    def check(
        text, *providers, name="m.csv", fit=True, provider="fake", opener=None, known=(), **options
    ):
        (shop / name).write_text(text, encoding="utf-8")
        manifest = read_manifest(shop / name, provider=provider, options=options)
        opener = opener or Opener(*(providers or [FakeProvider()]))
        return check_manifest(manifest, opener, fit=fit, known=known)

    return check


def _problems(check, text, *providers, **kinds):
    with pytest.raises(ManifestProblems) as caught:
        check(text, *providers, **kinds)
    return caught.value.problems


def _told(problems):
    return [(found.row, found.column) for found in problems]


def test_sound_rows_become_items(check, shop):
    text = "id,person,top,bottom,option.seed\na,anna.png,tee.png,,7\nb,bo.png,tee.png,tee.png,\n"
    first, second = check(text, quality="high")
    assert (first.id, first.provider, first.row) == ("a", "fake", 2)
    assert first.request.person == PathSource(shop / "anna.png")
    assert first.request.options == FakeOptions(seed=7, quality="high")
    assert second.request.options == FakeOptions(quality="high")
    assert list(second.request.garments) == ["top", "bottom"]


def test_items_hold_the_files_and_not_what_was_made_of_them(check, shop):
    (item,) = check("person,top\nanna.png,large.png\n")
    assert item.request.images == {
        "person": PathSource(shop / "anna.png"),
        "top": PathSource(shop / "large.png"),
    }


def test_everything_that_is_wrong_is_told_at_once(check, shop):
    (shop / "folder.png").mkdir()
    (shop / "empty.png").touch()
    rows = [
        ["id", "person", "top", "dress", "provider", "option.seed"],
        ["1", "anna.png", "tee.png", "", "", ""],  # the sound one
        ["2", "gone.png", "folder.png", "", "", ""],
        ["3", "anna.png", "empty.png", "tee.png", "", ""],
        ["4", "", "tee.png", "", "", "many"],
        ["5", "anna.png", "", "", "", ""],
        ["6", "anna.png", "tee.png", "", "nobody", ""],
        ["1", "bo.png", "tee.png", "", "", ""],
    ]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    assert _told(_problems(check, buffer.getvalue())) == [
        (3, "person"),
        (3, "top"),
        (4, "top"),
        (4, "dress"),
        (5, "person"),
        (5, "option.seed"),
        (6, "top/bottom/dress"),
        (7, "provider"),
        (8, "id"),
    ]


def test_the_report_is_in_the_order_of_rows(check):
    with pytest.raises(ManifestProblems) as caught:
        check("person,top\nanna.png,b.png\n,tee.png\nanna.png,c.png\n")
    places = [line.partition(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert places == ["row 2, top", "row 3, person", "row 4, top"]


def test_a_provider_is_opened_once(check):
    other = FakeProvider(info=fake_info("other"))
    opener = Opener(FakeProvider(), other)
    text = "id,person,top,provider\n1,anna.png,tee.png,\n2,anna.png,tee.png,other\n"
    items = check(f"{text}3,anna.png,tee.png,other\n4,anna.png,tee.png,\n", opener=opener)
    assert [item.provider for item in items] == ["fake", "other", "other", "fake"]
    assert opener.asked == {"fake": 1, "other": 1}


def test_a_provider_that_cannot_be_used_is_asked_for_once(check):
    opener = Opener()
    text = "id,person,top\n1,anna.png,tee.png\n2,gone.png,tee.png\n"
    found = _problems(check, text, provider="nobody", opener=opener)
    assert _told(found) == [(2, "provider"), (3, "provider"), (3, "person")]
    assert found[0].message == found[1].message
    assert opener.asked == {"nobody": 1}


def test_options_of_the_call_are_for_its_own_provider(check):
    @attrs.frozen(kw_only=True)
    class Size:
        size: int = 1

    other = FakeProvider(info=fake_info("other", options=Size))
    text = "person,top,provider\nanna.png,tee.png,\nanna.png,tee.png,other\n"
    first, second = check(text, FakeProvider(), other, seed="7")
    assert (first.request.options, second.request.options) == (FakeOptions(seed=7), Size())


def test_options_of_the_call_are_for_all_when_it_names_no_provider(check):
    text = "person,top,provider\nanna.png,tee.png,fake\n"
    (item,) = check(text, provider=None, seed="7")
    assert item.request.options == FakeOptions(seed=7)


def test_each_wrong_option_has_its_own_problem(check):
    text = "person,top,option.seed,option.qualty\nanna.png,gone.png,many,high\n"
    found = _problems(check, text, quality="best")
    assert _told(found) == [
        (2, "option.quality"),
        (2, "option.seed"),
        (2, "option.qualty"),
        (2, "top"),
    ]
    assert "'best'" in found[0].message
    assert "did you mean 'quality'" in found[2].message
    assert "seed" in found[2].remedy


def test_rows_with_equal_options_share_them(check):
    text = "person,top,option.seed\nanna.png,tee.png,7\nbo.png,tee.png,7\n"
    first, second = check(text)
    assert first.request.options is second.request.options


def test_images_among_the_options_lie_beside_the_manifest(check, shop, monkeypatch):
    @attrs.frozen(kw_only=True)
    class Photos:
        photos: tuple[ImageSource, ...] = attrs.field(
            default=(), converter=lambda given: tuple(map(as_source, given))
        )
        mask: ImageSource | None = attrs.field(
            default=None, converter=lambda given: given if given is None else as_source(given)
        )

    provider = FakeProvider(info=fake_info(options=Photos))
    line = '{"person": "anna.png", "top": "tee.png", "options": {"photos": ["bo.png", "no.png"]}}'
    found = _problems(check, line, provider, name="m.jsonl")
    assert _told(found) == [(1, "option.photos[1]")]
    # What the call gives lies where it is called.
    (shop / "here").mkdir()
    monkeypatch.chdir(shop / "here")
    Path("mask.png").write_bytes(picture())
    (item,) = check(line.replace("no.png", "anna.png"), provider, name="m.jsonl", mask="mask.png")
    assert item.request.options.photos == (
        PathSource(shop / "bo.png"),
        PathSource(shop / "anna.png"),
    )
    assert item.request.options.mask == PathSource("mask.png")


def test_a_library_model_needs_a_provider_that_has_one(check):
    text = "person_model,top\ngender=female,tee.png\n"
    assert _told(_problems(check, text)) == [(2, "person_model")]
    (item,) = check(text, FakeProvider(info=fake_info(person_library=True)))
    assert item.request.person == LibraryModel(gender="female")


def test_what_the_provider_finds_is_told_and_warnings_are_not(check):
    problems = [
        Problem("options.seed", "7 brings bad luck."),
        Problem("person", "it may come out blurred.", severity="warning"),
    ]
    found = _problems(check, "person,top\nanna.png,tee.png\n", FakeProvider(problems=problems))
    assert _told(found) == [(2, "option.seed")]
    (item,) = check("person,top\nanna.png,tee.png\n", FakeProvider(problems=problems[1:]))
    assert item.row == 2


def test_addresses_are_not_fetched(check):
    text = "person,top\nhttps://shop.invalid/anna.png,https://shop.invalid/tee.png\n"
    provider = FakeProvider(info=fake_info(delivery={"upload"}))
    assert len(check(text, provider)) == 1
    assert provider.calls == []
    assert _told(_problems(check, "person,top\nanna.png,ftp://shop.invalid/tee\n")) == [(2, "top")]


# Images that do not fit, and those that can be made to.


def test_what_can_be_made_to_fit_is_no_problem(check):
    text = "person,top\nanna.png,large.png\n"
    assert len(check(text, fit=True)) == 1
    (problem,) = _problems(check, text, fit=False)
    assert (problem.row, problem.column) == (2, "top")
    assert "400x300" in problem.message


def test_what_cannot_be_made_to_fit_is_told(check, shop):
    (shop / "thin.png").write_bytes(picture((4000, 20)))
    (shop / "cut.png").write_bytes(picture((90, 90))[:-40])
    found = _problems(check, "person,top\nanna.png,thin.png\nanna.png,cut.png\n")
    assert _told(found) == [(2, "top"), (3, "top")]


class _Looking(FakeProvider):
    """Notes the longest side of each picture when it validates."""

    def __init__(self, **changes):
        super().__init__(info=fake_info(**changes))
        self.seen = []

    @hookimpl
    def validate_inputs(self, request, ctx):
        found = [probe(image, field=name) for name, image in request.images.items()]
        self.seen.append([max(one.width_px, one.height_px) for one in found])
        return ()


@pytest.mark.parametrize(("fit", "seen"), [(True, [96, 256]), (False, [96, 400])])
def test_validation_sees_the_header_of_what_will_be_sent(check, fit, seen):
    provider = _Looking()
    text = "person,top\nanna.png,large.png\nbo.png,large.png\n"
    if fit:
        check(text, provider)
    else:
        _problems(check, text, provider, fit=False)
    assert provider.seen == [seen, seen]


def test_a_file_in_two_roles_is_fitted_for_each(check):
    provider = _Looking(person_rules=ImageRules(formats={"JPEG", "PNG"}, max_side_px=100))
    check("person,top\nlarge.png,tee.png\nanna.png,large.png\nlarge.png,large.png\n", provider)
    assert provider.seen == [[100, 96], [96, 256], [100, 256]]


def test_data_addresses_are_made_to_fit_too(check):
    address = f"data:image/png;base64,{base64.b64encode(picture((400, 300))).decode()}"
    text = f'person,top\n"{address}",tee.png\n'
    (item,) = check(text)
    assert isinstance(item.request.person, BytesSource)
    assert _told(_problems(check, text, fit=False)) == [(2, "person")]


@pytest.mark.parametrize("fit", [True, False])
def test_each_picture_is_looked_at_once(check, monkeypatch, fit):
    opened = collections.Counter()
    original = tryon_core.images.files._open_path

    def counting(path, field):
        opened[path.name] += 1
        return original(path, field)

    monkeypatch.setattr(tryon_core.images.files, "_open_path", counting)
    rows = "".join(f"{n},{('anna', 'bo')[n % 2]}.png,tee.png\n" for n in range(20))
    assert len(check(f"id,person,top\n{rows}", fit=fit)) == 20
    assert len(set(opened.values())) == 1
    assert opened["tee.png"] <= 2  # its header, then its pixels


def test_rows_that_are_known_are_not_looked_at_again(check):
    text = "id,person,top\na,gone.png,tee.png\nb,gone.png,tee.png\n"
    assert _told(_problems(check, text, known={"a"})) == [(3, "person")]
    assert [item.id for item in check(text, known={"a", "b"})] == ["a", "b"]
    found = _problems(check, text.replace("tee.png\nb", "tee.png\na"), known={"a"})
    assert _told(found) == [(3, "id")]


def test_pairs_name_the_files_that_are_wrong(shop):
    (shop / "clothes").mkdir()
    for number in range(3):
        (shop / "clothes" / f"{number}.png").write_bytes(picture((64, 64 + number)))
    (shop / "people").mkdir()
    (shop / "people" / "anna.png").write_bytes(picture((400, 300)))
    (shop / "people" / "bo.png").write_bytes(picture())
    manifest = pair_folders(
        shop / "people", shop / "clothes", category="top", provider="fake", options={}
    )
    with pytest.raises(ManifestProblems) as caught:
        check_manifest(manifest, Opener(FakeProvider()), fit=False)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (None, repr(str(shop / "people" / "anna.png")))
    assert len(check_manifest(manifest, Opener(FakeProvider()), fit=True)) == 6


def test_a_manifest_that_cannot_be_read_is_a_problem_of_the_check(tmp_path):
    manifest = read_manifest(tmp_path / "gone.csv", provider="fake", options={})
    with pytest.raises(errors.InputError, match=r"gone\.csv.*\n.*cannot be read"):
        check_manifest(manifest, Opener(), fit=True)


_VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "a.png",
            "gone.png",
            ".",
            "..",
            "/",
            "~",
            "\0",
            "a.png/b",
            "x" * 5000,
            "https://[",
            "http://",
            "file:///a.png",
            "data:,",
            "data:image/png;base64,AAAA",
            "C:\\a.png",
            "fake",
            "nobody",
            "7",
            "high",
            "gender=female",
            "é\u0301",
            "\u202e",
            "東",
        ]
    ),
    st.text(max_size=8),
    st.integers() | st.booleans() | st.none(),
    st.lists(st.text(max_size=3), max_size=2),
)
_NAMES = st.sampled_from([*COLUMNS, "option.seed", "option.quality", "option.nothing"])


_SOUND = {"person": "a.png", "top": "a.png"}
_ROWS = st.dictionaries(_NAMES, _VALUES, max_size=3).map(lambda given: {**_SOUND, **given})


@settings(deadline=None)  # it reads files
@given(rows=st.lists(_ROWS, min_size=1, max_size=4), fit=st.booleans())
def test_whatever_a_row_holds_it_becomes_an_item_or_is_told(tmp_path_factory, rows, fit):
    folder = tmp_path_factory.getbasetemp()
    (folder / "a.png").write_bytes(picture())
    path = folder / "whatever.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    manifest = read_manifest(path, provider="fake", options={})
    provider = FakeProvider(info=fake_info(person_library=True))
    items, problems = _outcome(manifest, provider, fit)
    assert {found.row for found in problems} <= set(range(1, len(rows) + 1))
    assert bool(items) != bool(problems)
    assert len({key_of(item.id) for item in items}) == len(items)
    for item, row in zip(items, manifest.rows, strict=bool(items)):
        assert (item.row, item.id) == (row.number, row.id)
        assert id_problem(item.id) is None
        assert find_problems(Client(provider).session, item.request) == ()


def _outcome(manifest, provider, fit):
    try:
        return check_manifest(manifest, Opener(provider), fit=fit), ()
    except ManifestProblems as error:
        str(error).encode()
        return [], error.problems
