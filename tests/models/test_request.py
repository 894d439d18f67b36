import attrs
import pytest

from tryon_core.models import (
    BytesSource,
    LibraryModel,
    NoOptions,
    ParseRequest,
    TryOnRequest,
    UrlSource,
)


def test_garments_come_in_one_order_however_they_were_given():
    request = TryOnRequest(bottom=b"b", person=b"p", top=b"t")
    assert list(request.garments.items()) == [
        ("top", BytesSource(b"t")),
        ("bottom", BytesSource(b"b")),
    ]


def test_images_are_the_person_and_the_garments_by_field():
    request = TryOnRequest(person=b"p", dress="https://x/d.png")
    assert request.images == {"person": BytesSource(b"p"), "dress": UrlSource("https://x/d.png")}
    assert list(request.images) == ["person", "dress"]


def test_a_library_model_is_no_image_to_send():
    assert list(TryOnRequest(person=LibraryModel(name="m"), top=b"t").images) == ["top"]


def test_a_request_without_garments_can_be_made_so_that_validation_can_name_it():
    assert TryOnRequest(person=b"p").garments == {}


def test_evolving_a_request_normalises_again():
    request = TryOnRequest(person=b"p", top=b"t")
    assert attrs.evolve(request, top="https://x/t.png").top == UrlSource("https://x/t.png")
    assert attrs.evolve(request, top=None).garments == {}


def test_equal_requests_are_equal_and_can_be_keys():
    first, second = (TryOnRequest(person=b"p", top=b"t") for _ in range(2))
    assert first == second
    assert len({first, second}) == 1
    assert first != TryOnRequest(person=b"p", top=b"u")


def test_a_request_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        TryOnRequest(person=b"p").top = b"t"


def test_options_are_none_until_given():
    assert TryOnRequest(person=b"p").options == NoOptions()
    assert ParseRequest(image=b"p", categories=[]).options == NoOptions()


@pytest.mark.parametrize("categories", [("top", "dress"), ["top", "dress"], iter(("top", "dress"))])
def test_categories_keep_their_order(categories):
    assert ParseRequest(image=b"p", categories=categories).categories == ("top", "dress")


def test_one_category_is_not_taken_for_its_letters():
    assert ParseRequest(image=b"p", categories="top").categories == ("top",)


def test_the_image_to_parse_is_normalised():
    assert ParseRequest(image=b"p", categories=()).images == {"image": BytesSource(b"p")}


@attrs.frozen
class _Pictures:
    coarse: object = None
    photos: tuple = ()
    seed: int = 3


def test_images_among_the_options_are_images_of_the_request():
    options = _Pictures(BytesSource(b"c"), (BytesSource(b"0"), BytesSource(b"1")))
    request = TryOnRequest(person=b"p", top=b"t", options=options)
    assert {name: image.data for name, image in request.images.items()} == {
        "person": b"p",
        "top": b"t",
        "options.coarse": b"c",
        "options.photos[0]": b"0",
        "options.photos[1]": b"1",
    }


def test_images_are_replaced_wherever_they_are():
    options = _Pictures(BytesSource(b"c"), (BytesSource(b"0"), BytesSource(b"1")))
    request = TryOnRequest(person=b"p", top=b"t", options=options)
    others = {name: BytesSource(name.encode()) for name in request.images}
    changed = request.with_images(others)
    assert changed.images == others
    assert changed.options.seed == 3
    assert request.with_images({}) == request
    one = request.with_images({"options.photos[1]": BytesSource(b"new")})
    assert one.images == {**request.images, "options.photos[1]": BytesSource(b"new")}


def test_the_image_to_parse_can_be_replaced():
    request = ParseRequest(image=b"p", categories="top")
    assert request.with_images({"image": BytesSource(b"q")}).image == BytesSource(b"q")
    assert request.with_images({}) == request
