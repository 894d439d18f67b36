import pytest

from tryon_core import LibraryModel, UrlSource, errors
from tryon_core.models import TryOnRequest

URL = "https://shop.example/a.jpg"


def _problems(client, person=URL, *, severity="error", options=None, **garments):
    given = garments or {"top": URL}
    found = client.validate(person, options=options, **given)
    return [problem for problem in found if problem.severity == severity]


@pytest.mark.parametrize(
    "garments",
    [{"top": URL}, {"bottom": URL}, {"dress": URL}, {"top": URL, "bottom": URL}],
    ids="+".join,
)
def test_every_documented_combination_is_sound(client, garments):
    assert _problems(client, **garments) == []


@pytest.mark.parametrize(
    "garments",
    [{"dress": URL, "top": URL}, {"dress": URL, "bottom": URL}],
    ids="+".join,
)
def test_a_dress_stands_alone(client, garments):
    assert [problem.field for problem in _problems(client, **garments)] == ["dress"]


@pytest.mark.parametrize("count", [0, -1, 9])
def test_the_number_of_images_is_limited(client, count):
    (found,) = _problems(client, LibraryModel(), options={"generate_count": count})
    assert found.field == "options.generate_count"
    assert str(count) in found.message


@pytest.mark.parametrize("count", [1, 8])
def test_up_to_eight_images_of_a_library_model_are_sound(client, count):
    assert client.validate(LibraryModel(), top=URL, options={"generate_count": count}) == ()


def test_several_images_of_an_own_photo_are_doubtful(client):
    options = {"generate_count": 2}
    assert _problems(client, options=options) == []
    (found,) = _problems(client, options=options, severity="warning")
    assert found.field == "options.generate_count"


def test_eight_photos_of_the_person_are_sound_and_nine_are_not(client):
    assert _problems(client, options={"more_photos": [URL] * 7}) == []
    (found,) = _problems(client, options={"more_photos": [URL] * 8})
    assert found.field == "options.more_photos"


def test_photos_beside_a_library_model_are_refused(client):
    (found,) = _problems(client, LibraryModel(), options={"more_photos": URL})
    assert found.field == "options.more_photos"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("gender", ["male", "female"]),
        ("style", ["universal_1", "universal_2", "universal_3"]),
        ("age", ["children", "youngadult"]),
        ("body", ["slim", "curvy"]),
        ("base", ["General"]),
        ("name", ["James", "Ariel"]),
    ],
)
def test_documented_traits_of_library_models_are_sound(client, name, values):
    for value in values:
        assert client.validate(LibraryModel(**{name: value}), top=URL) == ()


@pytest.mark.parametrize("name", ["gender", "style", "age", "body"])
def test_other_traits_are_refused(client, name):
    (found,) = _problems(client, LibraryModel(**{name: "giant"}))
    assert found.field == "person"
    assert f"{name} is 'giant'" in found.message


def test_another_library_than_the_documented_one_is_a_warning(client):
    (found,) = _problems(client, LibraryModel(base="B_Shop"), severity="warning")
    assert "base is 'B_Shop'; the documents know only General" in found.message


def test_traits_beside_a_name_are_ignored_with_a_warning(client):
    model = LibraryModel(name="James", gender="male", body="slim")
    (found,) = _problems(client, model, severity="warning")
    assert "gender, body will be ignored" in found.message


def test_detection_of_the_type_is_for_single_garments(client):
    options = {"detect_garment_type": True}
    assert _problems(client, options=options) == []
    (found,) = _problems(client, options=options, top=URL, bottom=URL)
    assert found.field == "options.detect_garment_type"


def test_an_address_of_another_vendors_store_is_refused(client):
    (found,) = _problems(client, top="OSS://bucket/a.jpg")
    assert found.field == "top"


@pytest.mark.parametrize(
    "name", ["trial", "signing", "submit_field", "submit_shape", "query_field"]
)
def test_a_setting_with_another_value_is_found_when_the_client_is_made(vendor, connect, name):
    with pytest.raises(errors.SettingsError, match=f"{name} is 'perhaps'"):
        connect(vendor.url(""), **{name: "perhaps"})
    assert vendor.requests == []


@pytest.mark.parametrize(("size", "code"), [((149, 400), "small"), ((400, 3001), "large")])
def test_garments_have_the_documented_size(publishing, image, size, code):
    (found,) = _problems(publishing, top=image(size))
    assert (found.field, found.code) == ("top", f"image_too_{code}")
    assert "Submit API" in found.message


@pytest.mark.parametrize("size", [(150, 150), (3000, 200)])
def test_garments_at_the_documented_limits_are_sound(publishing, image, size):
    assert publishing.validate(URL, top=image(size)) == ()


def test_images_of_a_format_that_the_vendor_names_nowhere_are_refused(publishing, image):
    found = publishing.validate(image(kind="GIF"), top=image(kind="TIFF"))
    assert {problem.code for problem in found} == {"image_format"}


def test_validation_of_a_parse_request_says_that_it_is_not_offered(client):
    with pytest.raises(errors.ValidationFailed, match="cannot parse garments"):
        client.parse_garment(URL)


def test_a_request_made_elsewhere_gets_the_options(client):
    request = TryOnRequest(person=UrlSource(URL), dress=UrlSource(URL))
    assert client.validate(request) == ()


def test_local_images_are_problems_where_nothing_publishes_them(client, vendor, image):
    found = client.validate(image(), top=URL, options={"more_photos": [image()]})
    assert [(problem.field, problem.code) for problem in found] == [
        ("person", "image_not_published"),
        ("options.more_photos[0]", "image_not_published"),
    ]
    assert "use an extension that publishes images" in found[0].message
    assert vendor.requests == []
