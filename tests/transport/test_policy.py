import pytest

from tryon_core.transport import TransportPolicy


@pytest.mark.parametrize(
    "field",
    [
        "connect_timeout_s",
        "read_timeout_s",
        "call_timeout_s",
        "least_upload_bytes_per_s",
        "download_timeout_s",
        "max_answer_bytes",
        "max_download_bytes",
        "pool_size",
    ],
)
def test_a_limit_is_positive(field):
    with pytest.raises(ValueError, match=field):
        TransportPolicy(**{field: 0})


@pytest.mark.parametrize("field", ["retries", "backoff_s", "max_backoff_s", "max_redirects"])
def test_a_count_or_pause_may_be_zero_but_not_negative(field):
    assert getattr(TransportPolicy(**{field: 0}), field) == 0
    with pytest.raises(ValueError, match=field):
        TransportPolicy(**{field: -1})
