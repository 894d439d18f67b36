"""Persons of a model library, as people write them."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_core import LibraryModel, errors
from tryon_core.models.library import as_library_model

_NAMES = [field.name for field in attrs.fields(LibraryModel)]
_WORDS = st.text(st.characters(categories=["L", "N"], include_characters=" -="), max_size=9)


def test_text_names_the_fields():
    model = as_library_model("gender=female, age = adult")
    assert model == LibraryModel(gender="female", age="adult")


@given(fields=st.dictionaries(st.sampled_from(_NAMES), _WORDS.map(str.strip), min_size=1))
def test_text_and_mapping_say_the_same(fields):
    text = ",".join(f"{name}={value}" for name, value in fields.items())
    assert as_library_model(text) == as_library_model(fields) == LibraryModel(**fields)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("female", "'female' is not of the form NAME=VALUE"),
        ("=female", "not of the form"),
        ("", "not of the form"),
        ("gender=female,", "'' is not of the form"),
        ("gendre=female", "there is no gendre, only name, base, gender"),
        ({"size": "m", "gendre": "f"}, "there is no size, gendre"),
        ({"age": 30, "name": "Ada"}, "age must be text"),
        (["gender"], "neither text nor fields"),
    ],
)
def test_what_is_no_model_is_named(value, words):
    with pytest.raises(errors.InputError, match=words):
        as_library_model(value)
