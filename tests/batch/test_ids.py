"""Ids as file names, and back."""

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from tryon_batch.ids import MOST_BYTES, file_name, id_problem, key_of

# What no file system, or not each, takes within a name.
FORBIDDEN = set('<>:"/\\|?*;+%\0')
ids = st.text(min_size=1, max_size=40).filter(lambda text: id_problem(text) is None)


@pytest.mark.parametrize(
    ("item_id", "name"),
    [
        ("spring-01", "spring-01"),
        ("Art 2", "Art 2"),
        ("Müller-1", "Müller-1"),
        ("照片 (2)", "照片 (2)"),
        ("A/B", "A%2FB"),
        ("50%", "50%25"),
        ("a+2", "a%2B2"),
        ("a;b", "a%3Bb"),
        ("-rf", "%2Drf"),
        (".hidden", "%2Ehidden"),
        ("CON", "%43ON"),
        ("com1.x", "%63om1.x"),
        ("Lpt²", "%4Cpt²"),
        ("console", "console"),
        ("=1+1", "%3D1%2B1"),
    ],
)
def test_an_id_keeps_what_every_file_system_takes(item_id, name):
    assert file_name(item_id) == name
    assert unquote(name) == item_id


@given(item_id=ids, is_ascii=st.booleans())
def test_a_name_can_be_used_everywhere_and_gives_its_id_again(item_id, is_ascii):
    name = file_name(item_id, is_ascii=is_ascii)
    assert unquote(name) == unicodedata.normalize("NFC", item_id) or len(name) == MOST_BYTES
    assert not FORBIDDEN & set(name.replace("%", ""))
    assert name[0] not in ".- "
    assert len(name.encode()) <= MOST_BYTES
    assert name.isascii() or not is_ascii


@given(one=ids, other=ids)
def test_ids_that_may_stand_together_have_files_that_may(one, other):
    if key_of(one) != key_of(other):
        names = [file_name(item_id).casefold() for item_id in (one, other)]
        assert names[0] != names[1]


@pytest.mark.parametrize(("one", "other"), [("SKU", "sku"), ("é", "e\u0301"), ("É", "é")])
def test_what_is_one_file_on_some_system_is_one_id(one, other):
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("item_id", "said"),
    [
        ("", "is empty"),
        ("a\nb", r"U\+000A"),
        ("a\u202eb", "RIGHT-TO-LEFT OVERRIDE"),
        ("a\u00a0b", "NO-BREAK SPACE"),
        ("\ud800", r"U\+D800"),
        (" a", "blank"),
        ("x" * 101, "101 characters"),
        ("照" * 80, "240 bytes"),
        ("/" * 80, "240 bytes"),
    ],
)
def test_what_cannot_be_an_id_is_said(item_id, said):

    assert re.search(said, id_problem(item_id))
