"""What a submission must be made of."""

import pytest


def _refused(answer, field):
    assert answer.status_code == 400
    detail = answer.json()["error_detail"]
    assert detail["code"] == "UNSUPPORTED_PARAMETER_VALUES"
    assert detail["message"].startswith(f"Invalid parameter values. - {field}: ")


@pytest.fixture
def pro_files(photo, tee):
    return {"person_image": ("upload", photo), "top_garment": ("upload", tee)}


@pytest.mark.parametrize("word", ["upper_body", "lower_body", "full_body"])
def test_the_three_types_of_clothes_are_taken(emulation, words, files, word):
    assert emulation().submit({**words, "clothes_type": word}, files).status_code == 200


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("task_type", None),
        ("task_type", ""),
        ("task_type", "sync"),
        ("clothes_type", None),
        ("clothes_type", "shoes"),
        ("clothes_type", "UPPER_BODY"),
    ],
)
def test_a_text_that_is_missing_or_wrong_is_named(emulation, words, files, field, word):
    changed = {**words, field: word}
    answer = emulation().submit({k: v for k, v in changed.items() if v is not None}, files)
    _refused(answer, field)


@pytest.mark.parametrize("field", ["person_image", "clothes_image"])
def test_a_missing_or_empty_image_is_named(emulation, words, files, field):
    wire = emulation()
    without = {name: value for name, value in files.items() if name != field}
    _refused(wire.submit(words, without), field)
    _refused(wire.submit(words, {**files, field: ("a.jpg", b"")}), field)


def test_an_address_instead_of_an_image_is_read_as_empty(emulation, words, files):
    del files["person_image"]
    answer = emulation().submit({**words, "person_image": "https://x.example/a.jpg"}, files)
    _refused(answer, "person_image")


def test_what_is_no_form_at_all_lacks_everything(emulation, words):
    wire = emulation()
    _refused(wire.submit(words, None), "task_type")
    _refused(wire.submit(None, {"person_image": ("a", b"b")}), "task_type")


@pytest.mark.parametrize("model", ["pro", "premium"])
@pytest.mark.parametrize(
    ("field", "word"),
    [("resolution", "720"), ("resolution", "1024px"), ("restore_face", "maybe")],
)
def test_wrong_options_are_named(emulation, pro_files, model, field, word):
    answer = emulation().submit({"task_type": "async", field: word}, pro_files, model=model)
    _refused(answer, field)


@pytest.mark.parametrize("word", ["True", "true", "FALSE"])
def test_any_spelling_of_a_boolean_is_read_by_default(emulation, pro_files, word):
    words = {"task_type": "async", "restore_face": word}
    assert emulation().submit(words, pro_files, model="pro").status_code == 200


def test_only_lower_case_booleans_are_read_where_told(emulation, pro_files):
    wire = emulation(booleans="lower")
    words = {"task_type": "async", "restore_face": "True"}
    _refused(wire.submit(words, pro_files, model="pro"), "restore_face")


@pytest.mark.parametrize("gender", ["", "boy", "Man"])
def test_the_refiner_needs_a_gender_and_a_coarse_image(emulation, pro_files, photo, gender):
    wire = emulation()
    words = {"task_type": "async", "gender": gender}
    files = {**pro_files, "coarse_image": ("upload", photo)}
    _refused(wire.submit(words, files, model="refiner"), "gender")
    _refused(wire.submit({**words, "gender": "man"}, pro_files, model="refiner"), "coarse_image")


def test_pro_cannot_do_with_a_bottom_alone(emulation, photo, tee):
    files = {"person_image": ("upload", photo), "bottom_garment": ("upload", tee)}
    _refused(emulation().submit({"task_type": "async"}, files, model="pro"), "top_garment")


def test_parts_that_the_model_does_not_know_are_a_knob(emulation, words, files):
    more = {**words, "seed": "1"}
    assert emulation().submit(more, files).status_code == 200
    _refused(emulation(unknown_fields="refuse").submit(more, files), "seed")
