"""Manifests as files: what is read, and what is told of what cannot be."""

import csv
import io
import json

import pytest
from hypothesis import given, settings, strategies as st

from tryon_batch.ids import id_problem
from tryon_batch.manifest import pair_folders, read_manifest
from tryon_batch.manifest.columns import COLUMNS
from tryon_core import BytesSource, LibraryModel, PathSource, UrlSource
from tryon_core.image_formats import SUFFIXES

HEAD = "person,top,provider\n"


@pytest.fixture
def read(tmp_path):
    def read(text, name="m.csv", provider="fake", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_manifest(path, provider=provider, options=options)

    return read


def _told(manifest):
    return [(problem.row, problem.column) for problem in manifest.problems]


def _only(manifest):
    assert manifest.problems == ()
    (row,) = manifest.rows
    return row


def test_a_row_names_files_relative_to_the_manifest(read, tmp_path):
    row = _only(read("id,person,top,bottom\nsku-1,p/anna.jpg,tee.png,\n"))
    assert (row.number, row.id, row.provider) == (2, "sku-1", "fake")
    assert row.person == PathSource(tmp_path / "p" / "anna.jpg")
    assert row.garments == {"top": PathSource(tmp_path / "tee.png")}


def test_an_absolute_path_stays(read, tmp_path):
    row = _only(read(f"person,dress\n{tmp_path}/a.jpg,d.jpg\n"))
    assert row.person == PathSource(tmp_path / "a.jpg")


def test_addresses_and_data_addresses_are_no_paths(read):
    row = _only(read('person,top\n"data:image/png;base64,AA//BA==",https://shop.example/tee.png\n'))
    assert row.person == BytesSource(b"\0\x0f\xff\x04")
    assert row.garments == {"top": UrlSource("https://shop.example/tee.png")}


@pytest.mark.parametrize("address", ["data:image/png;base64", "data:image/png;base64,A!=="])
def test_a_data_address_that_cannot_be_read_is_told(read, address):
    manifest = read(f'person,top\n"{address}",tee.png\n')
    assert _told(manifest) == [(2, "person")]
    assert manifest.rows[0].person is None


def test_a_library_model_stands_for_a_person(read):
    row = _only(read('person_model,top\n"gender=female, age=adult",tee.png\n'))
    assert row.person == LibraryModel(gender="female", age="adult")
    line = {"person_model": {"gender": "female", "age": "adult"}, "top": "tee.png"}
    assert _only(read(json.dumps(line), "m.jsonl")).person == row.person


@pytest.mark.parametrize("model", ["gendre=female", "female", 7, ["x"], {"age": 30}])
def test_a_library_model_of_another_form_is_told(read, model):
    line = {"person_model": model, "top": "tee.png"}
    assert _told(read(json.dumps(line), "m.jsonl")) == [(1, "person_model")]


def test_a_photo_and_a_model_are_one_too_many(read):
    manifest = read("person,person_model,top\na.jpg,age=adult,tee.png\n")
    assert _told(manifest) == [(2, "person_model")]


def test_options_have_columns(read):
    row = _only(read("person,top,option.seed,option.quality\na.jpg,t.jpg,7,\n"))
    assert row.options == {"seed": "7"}


def test_options_have_a_member_in_jsonl(read):
    line = {"person": "a.jpg", "top": "t.jpg", "options": {"seed": 7, "photos": ["b.jpg"]}}
    row = _only(read(json.dumps({**line, "option.quality": "high"}), "m.jsonl"))
    assert row.options == {"seed": 7, "photos": ["b.jpg"], "quality": "high"}


def test_an_option_is_given_once(read):
    line = {"person": "a.jpg", "top": "t.jpg", "options": {"seed": 7}, "option.seed": 8}
    assert _told(read(json.dumps(line), "m.jsonl")) == [(1, "option.seed")]


def test_a_row_may_name_its_provider(read):
    manifest = read(f"{HEAD}a.jpg,t.jpg,other\nb.jpg,t.jpg,\n")
    assert [row.provider for row in manifest.rows] == ["other", "fake"]
    assert {row.provider for row in manifest.rows} - {None} == {"other", "fake"}


def test_somebody_must_name_the_provider(read):
    manifest = read(f"{HEAD}a.jpg,t.jpg,other\nb.jpg,t.jpg,\n", provider=None)
    assert _told(manifest) == [(3, "provider")]
    assert {row.provider for row in manifest.rows} - {None} == {"other"}


# How rows are counted.


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_as_a_spreadsheet_does(read, end):
    lines = ["id,person,top", 'a,"p 1.jpg",t.jpg', "", ",,", 'b,"two', 'lines.jpg",t.jpg', "c,p,t"]
    manifest = read(end.join(lines))
    assert [(row.id, row.number) for row in manifest.rows] == [("a", 2), ("b", 5), ("c", 6)]


def test_lines_of_jsonl_are_counted(read):
    line = json.dumps({"person": "a\u2028.jpg", "top": "t.jpg"}, ensure_ascii=False)
    manifest = read(f"\n{line}\r\n\n{line.replace('t.jpg', 'u.jpg')}", "m.ndjson")
    assert [row.number for row in manifest.rows] == [2, 4]
    assert manifest.problems == ()


# What spreadsheets write.


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_dialect_of_spreadsheets_is_read(read, delimiter, encoding):
    rows = [["person", "top", "option.seed"], ["jürgen;1,2.jpg", "a, b\t; c.png", "1,5"]]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    row = _only(read(buffer.getvalue().encode(encoding)))
    assert row.person.path.name == "jürgen;1,2.jpg"
    assert row.garments["top"].path.name == "a, b\t; c.png"
    assert row.options == {"seed": "1,5"}


def test_the_delimiter_that_excel_declares_is_no_row(read):
    row = _only(read("sep=|\r\nperson|top\r\na.jpg|t.jpg\r\n"))
    assert (row.number, row.person.path.name) == (2, "a.jpg")


def test_spaces_around_cells_and_empty_columns_are_ignored(read):
    row = _only(read(" person ; top ;;\n a.jpg ; t.jpg ;;;;\n"))
    assert (row.person.path.name, row.garments["top"].path.name) == ("a.jpg", "t.jpg")


def test_latin_1_is_refused_with_its_line_and_a_remedy(read):
    manifest = read("person,top\na.jpg,t.jpg\njürgen.jpg,t.jpg\n".encode("latin-1"))
    (problem,) = manifest.problems
    assert problem.row == 3
    assert "0xFC" in problem.message
    assert "UTF-8" in problem.remedy


def test_broken_utf_16_is_refused(read):
    assert len(read(b"\xff\xfep\0e").rows) == 0
    assert len(read(b"\xff\xfe\0\xd8p\0").problems) == 1


# What is wrong with a file, all at once.


def test_every_problem_is_told_with_its_row(read):
    text = f"id,person,top,dres\n{'ü' * 101},a.jpg,t.jpg,red\n,,t.jpg,\nx,b.jpg,t.jpg,,more\n"
    manifest = read(text)
    assert _told(manifest) == [(1, ""), (4, ""), (2, "id"), (3, "person")]
    assert "'dres'. Did you mean 'dress'" in manifest.problems[0].message
    assert "'more'" in manifest.problems[1].message


@pytest.mark.parametrize(
    ("name", "meant"),
    [("persn", "person"), ("Persons", "person"), ("botom", "bottom"), ("idd", "id")],
)
def test_a_column_that_is_nearly_a_missing_one_is_a_slip(read, name, meant):
    head = {"id": "id", "person": "person", "top": "top", meant: name}
    first = read(f"{','.join(head.values())}\na,b,c,d\n").problems[0]
    assert f"mean {meant!r}" in first.message
    line = {"id": "a", "person": "b", "top": "c"}
    line[name] = line.pop(meant, "d")
    assert f"mean {meant!r}" in read(json.dumps(line), "m.jsonl").problems[0].message


def test_a_name_like_a_column_that_is_there_is_a_column_of_the_callers_own(read):
    row = _only(read("id,person,top,Persons,tops\na,b,c,4,2\n"))
    assert row.own == {"Persons": "4", "tops": "2"}


@pytest.mark.parametrize("name", ["options", "option", "option.a b", "Option_seed", "options.seed"])
def test_what_looks_like_an_option_and_is_none_is_told(read, name):
    assert _told(read(f"person,top,{name}\na,b,c\n")) == [(1, "")]


def test_columns_of_the_callers_own_are_kept(read):
    row = _only(read('SKU,person,top,Preis,Preis\n4711,a.jpg,t.jpg,"12,50",9\n'))
    assert row.own == {"SKU": "4711", "Preis": "12,50", "Preis 2": "9"}
    assert row.given == {"person": "a.jpg", "top": "t.jpg"}
    line = {"person": "a.jpg", "top": "t.jpg", "SKU": 4711, "tags": ["new"], "empty": ""}
    assert _only(read(json.dumps(line), "m.jsonl")).own == {"SKU": 4711, "tags": ["new"]}


def test_an_image_within_a_cell_is_not_kept_for_the_lists(read):
    address = "data:image/png;base64," + "A" * 10_000
    row = _only(read(f'person,top\n"{address}",t.jpg\n'))
    assert row.given["person"] == "data:image/png;base64,… (10,022 characters)"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_names_of_columns_have_any_capitals_and_blanks(read, delimiter):
    head = ["ID", " Person ", "TOP", "Preis, netto", "Option.seed"]
    cells = ["a", "p.jpg", "t.jpg", "1", "7"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows([head, cells])
    manifest = read(buffer.getvalue())
    row = _only(manifest)
    assert (row.id, row.person.path.name, row.options) == ("a", "p.jpg", {"seed": "7"})
    assert row.own == {"Preis, netto": "1"}
    assert manifest.delimiter == delimiter
    line = {"ID": "a", " Person": "p.jpg", "Top": "t.jpg"}
    assert _only(read(json.dumps(line), "m.jsonl")).id == "a"


def test_the_delimiter_is_found_without_any_known_name(read):
    manifest = read("Artikel;Model, Foto;Kleid\n1;2;3\n")
    assert (manifest.delimiter, manifest.rows[0].own["Model, Foto"]) == (";", "2")


def test_one_column_in_two_spellings_stands_twice(read):
    assert _told(read("person,Person,top\na,b,c\n")) == [(1, "person")]
    assert _told(read('{"person": "a", "Person": "b", "top": "c"}', "m.jsonl")) == [(1, "")]


@pytest.mark.parametrize("name", ["m.xlsx", "m.XLS", "m.ods"])
def test_a_file_of_a_spreadsheet_program_is_to_be_saved_as_csv(read, name):
    (problem,) = read(b"PK\3\4", name).problems
    assert "CSV UTF-8" in problem.remedy
    assert "End it" not in problem.remedy


@pytest.mark.parametrize("start", [b"PK\3\4\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_spreadsheet_under_the_name_of_a_table_is_recognised(read, start):
    (problem,) = read(start + bytes(100)).problems
    assert "spreadsheet" in problem.message
    assert "CSV UTF-8" in problem.remedy


def test_a_column_stands_once(read):
    manifest = read("person,top,top,option.x,option.x\na,b,c,1,2\n")
    assert _told(manifest) == [(1, "top"), (1, "option.x")]


def test_a_cell_below_no_column_is_told(read):
    assert _told(read("person,,top\na,note,b\nc,,d\n")) == [(2, "")]


def test_an_open_quote_ends_the_reading(read):
    manifest = read('person,top\na.jpg,t.jpg\n"b.jpg,t.jpg\nc.jpg,t.jpg\n')
    assert _told(manifest) == [(3, "")]
    assert len(manifest.rows) == 1


def test_a_cell_that_is_too_long_is_told_with_the_limit(read):
    manifest = read(f"person,top\na.jpg,t.jpg\ndata:,{'x' * 140_000},t.jpg\n")
    (problem,) = manifest.problems
    assert problem.row == 3
    assert "131,072 characters" in problem.remedy


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        "{",
        '{"person": NaN}',
        '{"person": "a", "person": "b"}',
        '{"person": "\\ud800"}',
        "[" * 100_000,
        '{"options": {"x": ' + "[" * 30 + "]" * 30 + "}}",
    ],
)
def test_a_line_that_is_no_object_is_told(read, line):
    good = '{"person": "a.jpg", "top": "t.jpg"}'
    manifest = read(f"{good}\n{line}\n{good.replace('a.', 'b.')}\n", "m.jsonl")
    assert _told(manifest) == [(2, "")]
    assert [row.number for row in manifest.rows] == [1, 3]


@pytest.mark.parametrize("value", [7, ["a.jpg"], {"url": "a"}, True])
@pytest.mark.parametrize("column", ["person", "top", "provider"])
def test_a_value_of_another_kind_is_told(read, column, value):
    line = {"person": "a.jpg", "top": "t.jpg", column: value}
    assert (1, column) in _told(read(json.dumps(line), "m.jsonl"))


def test_options_are_an_object_of_names(read):
    line = {"person": "a.jpg", "top": "t.jpg", "options": [1]}
    assert _told(read(json.dumps(line), "m.jsonl")) == [(1, "options")]
    line["options"] = {"a b": 1}
    assert "'option.a b'" in read(json.dumps(line), "m.jsonl").problems[0].message


@pytest.mark.parametrize("text", ["", "person,top\n", "\n\n", "person,top\n,\n"])
def test_a_manifest_without_rows_is_told(read, text):
    assert _told(read(text)) == [(None, "")]
    assert _told(read("\n", "m.jsonl")) == [(None, "")]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name in ("missing.csv", "folder.csv", "nul\0.csv", "m.xlsx", "m"):
        manifest = read_manifest(tmp_path / name, provider="fake", options={})
        assert _told(manifest) == [(None, "")], name


# Ids.


def test_a_row_without_an_id_is_named_after_its_files(read):
    manifest = read(
        "person,top,bottom\np/anna.b.jpg,Tee Größe 1.png,jeans.png\n"
        "https://x.example/o%20la.jpg?sig=1,t.png,\n东京.jpg,t.png,\n"
    )
    assert [row.id for row in manifest.rows] == [
        "anna.b--Tee-Größe-1--jeans", "o-la--t", "东京--t",
    ]  # fmt: skip


def test_a_name_of_a_file_without_letters_becomes_a_digest(read):
    names = [row.id for row in read("person,top\n💃.jpg,t.png\n★.jpg,t.png\n").rows]
    assert all(name.startswith("x") and name.endswith("--t") for name in names)
    assert len(set(names)) == 2


def test_a_long_made_name_is_cut_between_letters_and_stays_unique(read):
    rows = "\n".join(f"{'照' * 80}{n}.jpg,t.jpg" for n in range(3))
    names = [row.id for row in read(f"person,top\n{rows}\n").rows]
    assert len(set(names)) == 3
    assert all(id_problem(name) is None for name in names)


def test_names_that_would_be_equal_are_told_apart_in_any_order(read):
    rows = ["a/x.jpg,t.jpg,", "b/X.jpg,t.jpg,", "a/x.jpg,t.jpg,other", "c.jpg,t.jpg,"]
    there = read(HEAD + "\n".join(rows))
    back = read(HEAD + "\n".join(reversed(rows)))
    ids = [row.id for row in there.rows]
    assert ids == [row.id for row in back.rows][::-1]
    assert len({name.lower() for name in ids}) == 4
    assert ids[3] == "c--t"
    assert there.problems == back.problems == ()


def test_a_made_name_yields_to_a_given_one(read):
    manifest = read("id,person,top\n,a.jpg,t.jpg\nA--T,b.jpg,t.jpg\n")
    assert manifest.problems == ()
    assert manifest.rows[1].id == "A--T"
    assert manifest.rows[0].id.startswith("a--t-")


def test_names_do_not_depend_on_where_the_manifest_lies(tmp_path):
    ids = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        (folder / "m.csv").write_text(f"{HEAD}a/x.jpg,t.jpg,\nb/x.jpg,t.jpg,\n")
        manifest = read_manifest(folder / "m.csv", provider="fake", options={})
        ids.append([row.id for row in manifest.rows])
    assert ids[0] == ids[1]


def test_an_id_is_given_once_whatever_its_capitals(read):
    manifest = read("id,person,top\nsku,a.jpg,t.jpg\nother,a.jpg,t.jpg\nSKU,b.jpg,t.jpg\n")
    (problem,) = manifest.problems
    assert (problem.row, problem.column) == (4, "id")
    assert "row 2" in problem.message


def test_a_row_that_repeats_another_is_told(read):
    manifest = read(f"{HEAD}a.jpg,t.jpg,\nb.jpg,t.jpg,\na.jpg,t.jpg,\n")
    (problem,) = manifest.problems
    assert problem.row == 4
    assert "the same as row 2" in problem.message


def test_rows_that_lack_something_are_not_called_equal(read):
    manifest = read("person,top\n,t.jpg\n,t.jpg\n")
    assert _told(manifest) == [(2, "person"), (3, "person")]


@pytest.mark.parametrize("name", ["x" * 101, "a\n", "a\u202eb", "照" * 80])
def test_an_id_that_can_name_no_file_is_told(read, name):
    manifest = read(json.dumps({"id": name, "person": "a", "top": "t"}), "m.jsonl")
    assert _told(manifest) == [(1, "id")]


@pytest.mark.parametrize("name", ["a+2", "-a", "A/B", "Müller-1", "Art 2", ".", "CON", "照片"])
def test_ids_of_a_shop_are_ids(read, name):
    manifest = read(json.dumps({"id": name, "person": "a", "top": "t"}), "m.jsonl")
    assert _only(manifest).id == name


def test_a_letter_is_the_same_however_it_is_composed(read):
    manifest = read("id,person,top\nMu\u0308ller,a,t\nM\u00fcller,b,t\n")
    assert _told(manifest) == [(3, "id")]


def test_a_number_may_be_an_id_in_jsonl(read):
    assert _only(read('{"id": 17, "person": "a", "top": "t"}', "m.jsonl")).id == "17"


# Whatever is in the file.

_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_FILLED = _CELLS.filter(lambda cell: cell.strip() and not cell.strip().startswith("data:"))


@settings(deadline=None)  # it reads files
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.lists(st.sampled_from([*COLUMNS, "option.x", '"', ",", ";", "\n", "a", "\0"])).map(
            lambda parts: "".join(parts).encode()
        ),
    ),
    suffix=st.sampled_from([".csv", ".jsonl"]),
)
def test_any_file_is_rows_or_problems(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    manifest = read_manifest(path, provider=None, options={})
    assert manifest.rows or manifest.problems
    for row in manifest.rows:
        assert id_problem(row.id) is None or row.person is None or not row.garments


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(deadline=None)  # it reads files
@given(members=st.dictionaries(st.sampled_from([*COLUMNS, "options", "option.x", "y"]), _JSON))
def test_any_json_is_rows_or_problems(tmp_path_factory, members):
    path = tmp_path_factory.getbasetemp() / "any-members.jsonl"
    path.write_text(json.dumps(members), encoding="utf-8")
    manifest = read_manifest(path, provider=None, options={})
    assert manifest.rows or manifest.problems


@settings(deadline=None)  # it reads files
@given(
    pairs=st.lists(st.tuples(_FILLED, _FILLED), min_size=1, max_size=5, unique=True),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read_back(tmp_path_factory, pairs, delimiter, quoting, encoding):
    path = tmp_path_factory.getbasetemp() / "back.csv"
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerow(["person", "option.note"])
        writer.writerows(pairs)
    manifest = read_manifest(path, provider="fake", options={})
    assert [row.number for row in manifest.rows] == list(range(2, len(pairs) + 2))
    for row, (_, note) in zip(manifest.rows, pairs, strict=True):
        assert row.options == {"note": note.strip()}


@pytest.fixture
def folders(tmp_path):
    def fill(name, files):
        folder = tmp_path / name
        folder.mkdir()
        for file in files:
            (folder / file).touch()
        return folder

    return fill


def _pair(persons, garments, provider="fake"):
    return pair_folders(
        persons, garments, category="dress", provider=provider, options={"seed": "7"}
    )


def test_each_garment_is_put_on_each_person_in_natural_order(folders):
    people = folders("people", ["10.jpg", "9.PNG", "bo.webp"])
    clothes = folders("clothes", ["d 2.heic", "d 10.tif"])
    manifest = _pair(people, clothes)
    assert manifest.problems == ()
    assert [row.id for row in manifest.rows] == [
        "9--d-2", "9--d-10", "10--d-2", "10--d-10", "bo--d-2", "bo--d-10",
    ]  # fmt: skip
    first = manifest.rows[0]
    assert first.number is None
    assert first.person == PathSource(people / "9.PNG")
    assert first.garments == {"dress": PathSource(clothes / "d 2.heic")}
    assert {row.provider for row in manifest.rows} - {None} == {"fake"}
    assert manifest.options == {"seed": "7"}


def test_what_is_no_image_is_left_out(folders):
    people = folders("people", ["a.jpg", ".b.jpg", "._a.jpg", "notes.txt", "Thumbs.db", "c"])
    (people / "inner.jpg").mkdir()
    (people / "inner.jpg" / "d.jpg").touch()
    (people / "gone.jpg").symlink_to("nowhere")
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert [row.id for row in manifest.rows] == ["a--d", "gone--d"]
    assert manifest.notes == (
        f"2 files of {str(people)!r} are no images by their names: c, notes.txt.",
        f"1 folder of {str(people)!r} is not looked into: inner.jpg/.",
    )


def test_many_that_are_left_out_are_counted(folders):
    people = folders("people", ["a.jpg", *(f"{number}.psd" for number in range(9))])
    (note,) = _pair(people, folders("clothes", ["d.png"])).notes
    assert note.endswith("are no images by their names: 0.psd, 1.psd, 2.psd and 6 more.")


@pytest.mark.parametrize("name", ["a.jfif", "a.JPE", "a.tif", "a.avif", "a.hif", "a.dib", "a.apng"])
def test_every_suffix_of_an_image_counts(folders, name):
    manifest = _pair(folders("people", [name]), folders("clothes", ["d.png"]))
    assert [row.id for row in manifest.rows] == ["a--d"]
    assert manifest.notes == ()


def test_every_suffix_that_pillow_knows_for_our_formats_counts(folders):
    image = pytest.importorskip("PIL.Image")
    image.init()
    known = [name for name, kind in image.registered_extensions().items() if kind in SUFFIXES]
    people = folders("people", [f"{number}{name}" for number, name in enumerate(known)])
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert len(manifest.rows) == len(known) > 10


def test_files_of_one_stem_are_told_apart(folders):
    people = folders("people", ["a.jpg", "a.png", "A.gif"])
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert manifest.problems == ()
    assert len({row.id.lower() for row in manifest.rows}) == 3


def test_both_folders_are_complained_about_at_once(folders, tmp_path):
    manifest = _pair(tmp_path / "nowhere", folders("clothes", ["d.txt"]), provider=None)
    assert [(found.row, found.column) for found in manifest.problems] == [
        (None, "persons"),
        (None, "garments"),
        (None, "provider"),
    ]
    assert "nowhere" in manifest.problems[0].message
    assert ".jpg" in manifest.problems[1].remedy


def test_a_file_is_no_folder(folders):
    people = folders("people", ["a.jpg"])
    (problem,) = _pair(people / "a.jpg", people).problems
    assert problem.column == "persons"


def test_a_path_that_cannot_be_one_is_told(folders, tmp_path):
    (problem,) = _pair(tmp_path / "a\0b", folders("clothes", ["d.png"])).problems
    assert problem.column == "persons"
