"""The options, as instances, mappings and texts of a command line."""

import pytest

from tryon_ailab.models import Options
from tryon_core import BytesSource, PathSource, errors
from tryon_core.codec import make_options


def test_nothing_is_sent_by_default_but_the_base_model():
    assert Options() == Options(
        model="base", resolution=None, restore_face=None, coarse_image=None, gender=None
    )


@pytest.mark.parametrize("resolution", [-1, 1024, 1280])
def test_texts_of_the_command_line_are_read(resolution):
    given = {"model": "pro", "resolution": str(resolution), "restore_face": "no"}
    options = make_options(Options, given, provider="ailab")
    assert options == Options(model="pro", resolution=resolution, restore_face=False)


def test_the_coarse_image_may_be_anything_that_an_image_may_be():
    assert Options(coarse_image="a.png").coarse_image == PathSource("a.png")
    assert Options(coarse_image=b"png").coarse_image == BytesSource(b"png")
    given = {"coarse_image": "a.png", "gender": "man"}
    assert make_options(Options, given, provider="ailab").coarse_image == PathSource("a.png")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "ultra"),
        ("resolution", 720),
        ("resolution", "big"),
        ("restore_face", "maybe"),
        ("gender", "child"),
        ("coarse_image", 5),
        ("sesolution", 1024),
    ],
)
def test_a_wrong_option_is_named(name, value):
    with pytest.raises(errors.UnknownOption, match=name):
        make_options(Options, {name: value}, provider="ailab")


@pytest.mark.parametrize(
    "wrong", [{"model": "x"}, {"resolution": 1}, {"gender": "x"}, {"restore_face": "no"}]
)
def test_an_instance_with_a_value_that_does_not_exist_is_refused(wrong):
    with pytest.raises(errors.UnknownOption, match=next(iter(wrong))):
        make_options(Options, Options(**wrong), provider="ailab")
