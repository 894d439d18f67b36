"""Keys in texts: masked in every spelling, found again where the vendor needs them back."""

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given, strategies as st

from tryon_core.masking import redact, shown_url


def test_an_address_that_is_not_valid_is_not_shown():
    assert "canary" not in shown_url("http://[::1?sign=canary")


@given(st.text(min_size=4, alphabet=st.characters(exclude_categories=["Cs"])), st.text())
def test_a_secret_is_masked_in_every_spelling(secret, around):
    around = around.replace(secret, "")
    for spelling in (
        secret,
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    ):
        masked = redact(f"<{spelling}>", [secret])
        assert masked == "<********>" or spelling in "<********>"


def test_overlapping_secrets_are_masked_whole():
    assert redact("a=secret-long b=secret", ["secret", "secret-long"]) == "a=******** b=********"


@pytest.mark.parametrize("secrets", [[], [""], ["a"], ["abc"]])
def test_short_secrets_do_not_garble_the_text(secrets):
    assert redact("abcdef", secrets) == "abcdef"
