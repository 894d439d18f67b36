"""Addresses and times of results."""

from datetime import datetime, timezone

import pytest
from hypothesis import given, strategies as st

from tryon_core import read_time
from tryon_dashscope.look_up import BEIJING
from tryon_dashscope.tasks import artifact

URL = "https://x.oss-cn-shanghai.aliyuncs.com/a.jpg"


def beijing_time(text):
    """Return a time of the service in UTC, None for what is not one."""
    try:
        return read_time(text, zone=BEIJING) if isinstance(text, str) else None
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-06-30 14:38:11.472", datetime(2025, 6, 30, 6, 38, 11, 472000, timezone.utc)),
        ("2025-06-30 02:00:00", datetime(2025, 6, 29, 18, 0, 0, 0, timezone.utc)),
        ("2025-06-31 02:00:00", None),
        ("0001-01-01 00:00:00", None),
        ("2025-06-30", None),
        ("", None),
        (None, None),
        (1_750_000_000, None),
    ],
)
def test_times_are_beijings(text, time):
    assert beijing_time(text) == time


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(timezone.utc)))  # noqa: DTZ001
def test_times_that_end_somewhere_are_kept(time):
    text = time.replace(tzinfo=None).isoformat(" ", "milliseconds")

    assert (beijing_time(text) - time).total_seconds() == pytest.approx(-8 * 3600, abs=0.001)


@pytest.mark.parametrize(
    ("url", "safer"),
    [
        (f"http{URL[5:]}?Expires=1", f"{URL}?Expires=1"),
        (URL, URL),
        ("http://127.0.0.1:80/a.jpg", "http://127.0.0.1:80/a.jpg"),
        ("http://aliyuncs.com.evil.example/a", "http://aliyuncs.com.evil.example/a"),
        ("http://[bad.aliyuncs.com/a", "http://[bad.aliyuncs.com/a"),
        ("http://x.aliyuncs.com:80/a", "http://x.aliyuncs.com:80/a"),
    ],
)
def test_the_vendors_own_store_is_asked_with_tls(url, safer):
    assert artifact(url).source.url == safer


@pytest.mark.parametrize(
    ("query", "expires"),
    [
        ("?Expires=1767330000&Signature=x", "2026-01-02T05:00:00+00:00"),
        ("?Expires=xxx", "None"),
        ("", "None"),
        ("?Expires=nan", "None"),
        ("?Expires=1e300", "None"),
        ("?Expires=-5", "None"),
    ],
)
def test_an_address_dies_when_it_says(query, expires):
    found = artifact(URL + query).expires_at

    assert (found.isoformat() if found else "None") == expires


@given(st.text())
def test_any_address_is_an_artifact(url):
    assert artifact(url).source.url.endswith(url[5:])
