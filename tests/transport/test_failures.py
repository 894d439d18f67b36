import socket
import ssl

import pytest
import requests
import urllib3

from tryon_core.clock import SystemClock
from tryon_core.transport.connections import Exchange
from tryon_core.transport.failures import causes, no_answer


def exchange(*, counted: bool | None = True, writes: int = 0, has_body: bool = True) -> Exchange:
    return Exchange(
        method="POST",
        url="http://vendor.invalid/",
        body=b"x" if has_body else None,
        clock=SystemClock(),
        read_timeout_s=1,
        max_bytes=1000,
        is_counted=counted,
        writes=writes,
    )


@pytest.mark.parametrize(
    ("writes", "has_body", "arrived"),
    [(0, True, False), (1, True, False), (2, True, True), (0, False, False), (1, False, True)],
)
def test_what_was_handed_to_the_connection_decides(writes, has_body, arrived):
    made = exchange(writes=writes, has_body=has_body)
    assert no_answer(ConnectionResetError(), made).may_have_arrived is arrived


def test_before_there_is_a_connection_nothing_is_sent():
    assert not no_answer(requests.ReadTimeout(), exchange(counted=None)).may_have_arrived


def test_an_unknown_exception_is_named_by_its_type_alone():
    class OddError(OSError):
        pass

    assert no_answer(OddError("http://x/?sign=canary"), exchange()).reason == "OddError"


def test_an_error_of_the_system_is_described_in_its_words():
    failure = no_answer(OSError(101, "Network is unreachable"), exchange())
    assert failure.reason == "Network is unreachable"


def test_an_unreachable_network_is_not_called_slow():
    error = urllib3.exceptions.NewConnectionError(urllib3.HTTPConnectionPool("x"), "…")
    assert no_answer(error, exchange()).reason == "the connection could not be made"
    error.__cause__ = OSError(101, "Network is unreachable")
    assert no_answer(error, exchange()).reason == "Network is unreachable"


def test_a_certificate_is_blamed_with_the_reason():
    error = ssl.SSLCertVerificationError(1, "canary")
    error.verify_message = "self-signed certificate"
    failure = no_answer(requests.exceptions.SSLError(error), exchange())
    assert failure.reason == "the certificate was not accepted (self-signed certificate)"
    assert not failure.is_temporary


def test_a_tls_error_without_a_reason_has_words():
    assert "unknown reason" in no_answer(ssl.SSLError(), exchange()).reason


def test_the_innermost_cause_is_found_however_it_is_wrapped():
    inner = socket.gaierror(-2, "Name or service not known")
    pool = urllib3.HTTPConnectionPool("x")
    wrapped = requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/?a", inner))
    assert inner in list(causes(wrapped))
    assert "resolved" in no_answer(wrapped, exchange()).reason


def test_a_circle_of_causes_ends():
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert list(causes(first)) == [first, second]
