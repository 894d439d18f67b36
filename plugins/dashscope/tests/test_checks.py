"""What is found before anything is sent."""

import pytest

from tryon_core import Client, LibraryModel, TryOnRequest, errors
from tryon_dashscope import Options

REFINER = "aitryon-refiner"


@pytest.fixture
def client():
    with Client("dashscope", api_key="sk-none", base_url="http://127.0.0.1:9/api/v1") as client:
        yield client


def found(client, person, options=None, **garments):
    return {
        problem.field: problem for problem in client.validate(person, options=options, **garments)
    }


@pytest.mark.parametrize("model", ["aitryon-plus", "aitryon"])
def test_all_is_well(client, person, top, model):
    options = {"model": model, "resolution": 1024, "restore_face": False}

    assert found(client, person, options, top=top) == {}


def test_a_refining_needs_a_result_and_a_gender(client, person, top):
    problems = found(client, person, {"model": REFINER}, top=top)

    assert set(problems) == {"options.coarse_image", "options.gender"}
    assert "woman or man" in problems["options.gender"].message


def test_a_refining_that_is_well(client, person, top):
    options = {"model": REFINER, "coarse_image": person, "gender": "man"}

    assert found(client, person, options, top=top) == {}
    assert found(client, person, options, dress=top) == {}
    assert found(client, person, options, top=top, bottom=top) == {}


def test_the_refiner_wants_a_top(client, person, bottom):
    options = {"model": REFINER, "coarse_image": person, "gender": "man"}

    assert set(found(client, person, options, bottom=bottom)) == {"bottom"}


@pytest.mark.parametrize(
    ("field", "value"), [("coarse_image", "https://x.example/c.png"), ("gender", "man")]
)
def test_options_of_the_refiner_are_its_own(client, person, top, field, value):
    problems = found(client, person, {field: value}, top=top)

    assert set(problems) == {f"options.{field}"}
    assert REFINER in problems[f"options.{field}"].message


@pytest.mark.parametrize(("field", "value"), [("resolution", 1280), ("restore_face", False)])
def test_the_refiner_keeps_size_and_face(client, person, top, field, value):
    options = {"model": REFINER, "coarse_image": person, "gender": "woman", field: value}

    assert set(found(client, person, options, top=top)) == {f"options.{field}"}


def test_the_refiner_wants_images_of_one_size(client, person, top, make_image):
    options = {"model": REFINER, "coarse_image": make_image((200, 261)), "gender": "woman"}

    problem = found(client, person, options, top=top)["options.coarse_image"]

    assert problem.code == "size_mismatch"
    assert "200x261 px" in problem.message
    assert "200x260 px" in problem.message


@pytest.mark.parametrize(
    "coarse",
    ["https://x.example/c.png", b"no image", "/missing.png", b"\0\0\0\x18ftypheic" + bytes(6000)],
)
def test_sizes_that_are_not_known_are_not_compared(client, person, top, coarse):
    options = {"model": REFINER, "coarse_image": coarse, "gender": "woman"}

    problems = found(client, person, options, top=top)

    assert all(problem.code != "size_mismatch" for problem in problems.values())


def test_a_model_of_a_library_is_refused(client, top):
    options = Options(model=REFINER, coarse_image="https://x.example/c.png", gender="man")
    request = TryOnRequest(person=LibraryModel(name="x"), top=top, options=options)

    assert set(found(client, request)) == {"person"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_inspection", "disable"),
        ("resolution_override", "big"),
        ("resolution_override", "1e3"),
    ],
)
def test_settings_that_mean_nothing_are_found_when_the_client_is_made(setting, value):
    with pytest.raises(errors.SettingsError, match=f"{setting} is '{value}'"):
        Client("dashscope", api_key="sk-none", **{setting: value})


@pytest.mark.parametrize(
    "options",
    [
        {"resolution": 512},
        {"resolution": True},
        {"resolution": "large"},
        {"restore_face": "perhaps"},
        {"model": "aitryon-pro"},
        {"gender": "other"},
        {"coarse_image": 5},
        {"colour": "red"},
    ],
)
def test_options_that_do_not_exist(client, person, top, options):
    with pytest.raises(errors.InputError, match=next(iter(options))):
        client.submit(person, top=top, options=options)


def test_a_dress_stands_alone(client, person, top, bottom):
    assert set(found(client, person, dress=top, bottom=bottom)) == {"dress"}
    assert set(found(client, person)) == {"garments"}


@pytest.mark.parametrize("field", ["person", "top"])
@pytest.mark.parametrize(
    ("size", "kind", "code"),
    [
        ((149, 300), "PNG", "image_too_small"),
        ((4097, 150), "PNG", "image_too_large"),
        ((200, 200), "GIF", "image_format"),
        ((1400, 1400), "BMP", "image_too_many_bytes"),
    ],
)
def test_images_outside_of_the_limits(*, client, person, top, make_image, field, size, kind, code):
    images = {"person": person, "top": top, field: make_image(size, kind)}

    problems = found(client, images["person"], top=images["top"])

    assert problems[field].code == code
    assert "OutfitAnyone-Plus" in problems[field].message


@pytest.mark.parametrize("size", [(150, 150), (150, 4096)])
def test_images_at_the_limits(open_emulator, make_image, top, size):
    _, client = open_emulator()

    assert client.try_on(make_image(size), top=top).images


def test_a_key_is_needed(person, top):
    with (
        Client("dashscope") as client,
        pytest.raises(errors.MissingCredential, match="DASHSCOPE_API_KEY"),
    ):
        client.submit(person, top=top)


@pytest.mark.parametrize("size", [(500, 4300), (100, 140)], ids=str)
def test_what_is_made_to_fit_suits_both_readings_of_the_limits(open_emulator, make_image, size):
    _, client = open_emulator(sides="exclusive", kilobyte=1000)
    photo = make_image(size, "JPEG")

    assert client.try_on(photo, top=make_image((300, 300)), fit=True).images
