"""Secrets are found however they are encoded."""

import base64
import json
from datetime import datetime, timezone
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from tryon_core import Job
from tryon_testing.monitors import leaked, leaked_anywhere, unpacked

KEY = 'sk/obviously+fake "key"=='


@pytest.mark.parametrize(
    "text",
    [KEY, quote(KEY, safe=""), json.dumps(KEY), base64.b64encode(KEY.encode()).decode()],
)
def test_a_secret_is_found_in_each_spelling(text):
    assert leaked(f"before {text} after", [KEY])


@given(before=st.binary(max_size=9), after=st.binary(max_size=9), urlsafe=st.booleans())
def test_a_secret_is_found_inside_base64_at_any_offset(before, after, urlsafe):
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    assert leaked_anywhere(encode(before + KEY.encode() + after), [KEY])


@given(st.text(alphabet="abc123", max_size=200))
def test_other_text_holds_no_secret(text):
    assert not leaked(text, [KEY])
    assert not leaked_anywhere(text.encode(), [KEY])


def test_what_a_token_holds_can_be_read():
    now = datetime(2026, 1, 2, tzinfo=timezone.utc)
    job = Job(provider="acme", id="t-1", submitted_at=now, data={"auth": KEY})
    assert leaked(unpacked(job.to_token()), [KEY])
    assert unpacked("no token") == ""
