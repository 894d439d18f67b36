import socket
import ssl

import pytest
import requests
import urllib3

from tryon_core.clock import SystemClock
from tryon_core.transport.connections import Attempt
from tryon_core.transport.failures import causes, fault_of


def attempt(*, tracked: bool | None = True, writes: int = 0, has_body: bool = True) -> Attempt:
    return Attempt(
        clock=SystemClock(), read_timeout_s=1, tracked=tracked, writes=writes, has_body=has_body
    )


@pytest.mark.parametrize(
    ("writes", "has_body", "arrived"),
    [(0, True, False), (1, True, False), (2, True, True), (0, False, False), (1, False, True)],
)
def test_what_was_handed_to_the_connection_decides(writes, has_body, arrived):
    trip = attempt(writes=writes, has_body=has_body)
    assert fault_of(ConnectionResetError(), trip).may_have_arrived is arrived


def test_before_there_is_a_connection_nothing_is_sent():
    assert not fault_of(requests.ReadTimeout(), attempt(tracked=None)).may_have_arrived


def test_an_unknown_exception_is_named_by_its_type_alone():
    class OddError(OSError):
        pass

    assert fault_of(OddError("http://x/?sign=canary"), attempt()).reason == "OddError"


def test_an_error_of_the_system_is_told_in_its_words():
    fault = fault_of(OSError(101, "Network is unreachable"), attempt())
    assert fault.reason == "Network is unreachable"


def test_an_unreachable_network_is_not_called_slow():
    error = urllib3.exceptions.NewConnectionError(urllib3.HTTPConnectionPool("x"), "…")
    assert fault_of(error, attempt()).reason == "the connection could not be made"
    error.__cause__ = OSError(101, "Network is unreachable")
    assert fault_of(error, attempt()).reason == "Network is unreachable"


def test_a_certificate_is_blamed_with_the_reason():
    error = ssl.SSLCertVerificationError(1, "canary")
    error.verify_message = "self-signed certificate"
    fault = fault_of(requests.exceptions.SSLError(error), attempt())
    assert fault.reason == "the certificate was not accepted (self-signed certificate)"
    assert not fault.may_pass


def test_a_tls_error_without_a_reason_has_words():
    assert "unknown reason" in fault_of(ssl.SSLError(), attempt()).reason


def test_the_innermost_cause_is_found_however_it_is_wrapped():
    inner = socket.gaierror(-2, "Name or service not known")
    pool = urllib3.HTTPConnectionPool("x")
    wrapped = requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/?a", inner))
    assert inner in list(causes(wrapped))
    assert "resolved" in fault_of(wrapped, attempt()).reason


def test_a_circle_of_causes_ends():
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert list(causes(first)) == [first, second]
