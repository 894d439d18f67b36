"""Tokens of an access key, on both sides; the vectors were made by two independent programs."""

import base64
import json
from datetime import datetime, timezone

import pytest

from tryon_core import Client, Job, errors
from tryon_kling.emulator import protocol
from tryon_kling.provider import signed_token
from tryon_testing import FakeClock

ACCESS, SECRET = "AKtest0123456789abcdef", "SKtest0123456789abcdefSKtest0123"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
TOKEN = (
    f"{HEAD}.eyJpc3MiOiJBS3Rlc3QwMTIzNDU2Nzg5YWJjZGVmIiwiZXhwIjoxNzY3MjI3NDAwLCJuYmYiOjE3NjcyMjU1OTV9"
    ".ak8i_WVUiO2Ojt69MGDm__p97V1TlTH1gRbI-tz6elU"
)
# What Node's library adds by default.
TOKEN_WITH_IAT = (
    f"{HEAD}.eyJpc3MiOiJBS3Rlc3QwMTIzNDU2Nzg5YWJjZGVmIiwiZXhwIjoxNzY3MjI3NDAwLCJuYmYiOjE3NjcyMjU1OTUs"
    "ImlhdCI6MTc2NzIyNTYwMH0.bfhzg_Nolnog6jzq2YjHB3FxTvEcLd95pxkD3oOcYZg"
)


def unpadded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token_of(claims, signature):
    body = json.dumps({"iss": ACCESS, **claims}, separators=(",", ":")).encode()
    return f"{HEAD}.{unpadded(body)}.{signature}"


LATE = token_of(
    {"exp": 1767225599, "nbf": 1767223794}, "dVFzLcmhVeWfmuO1ggAh_0YQ7n8zgDzf4H4KZjmR1ug"
)
EARLY = token_of(
    {"exp": 1767227460, "nbf": 1767225660}, "v0khK3oT-rHSS4w6H0E_kyb-7kVhcqoli-73HT-Ln8M"
)
FORGED = f"{TOKEN.rpartition('.')[0]}.a1fJ0EIpIc1V1VaD3mF0xnCtjh8OIMIWrbY7UkoOEz8"


def test_the_token_is_the_one_of_the_vectors():
    """HS256, `iss` the access key, `exp` half an hour ahead, `nbf` five seconds back."""
    assert signed_token(ACCESS, SECRET, int(NOW.timestamp())) == TOKEN


@pytest.fixture
def asked(service, monkeypatch):
    """Return a function that asks the emulator with a token on the first day of 2026."""
    monkeypatch.setattr(protocol, "ACCESS_KEY", ACCESS)
    monkeypatch.setattr(protocol, "SECRET_KEY", SECRET)
    call = service(units=5)
    ctx = call.running.ctx
    monkeypatch.setattr(ctx.clock, "now", lambda: NOW)

    def ask(token, path="/v1/images/kolors-virtual-try-on/1"):
        answer = call("GET", path, key=token)
        return answer.status_code, answer.json()["code"]

    return ask


@pytest.mark.parametrize("token", [TOKEN, TOKEN_WITH_IAT])
def test_a_sound_token_is_let_pass(asked, token):
    assert asked(token) == (404, 1203)


@pytest.mark.parametrize(("token", "code"), [(LATE, 1004), (EARLY, 1003), (FORGED, 1002)])
def test_a_token_that_is_late_early_or_forged_is_refused(asked, token, code):
    assert asked(token) == (401, code)


@pytest.mark.parametrize("token", ["x", "a.b.c", f"{HEAD}..", f"{HEAD}.{unpadded(b'[]')}.x"])
def test_what_is_no_token_is_refused(asked, token):
    assert asked(token) == (401, 1002)


def test_a_token_of_another_algorithm_is_refused(asked):
    head = unpadded(b'{"alg":"none","typ":"JWT"}')
    assert asked(f"{head}.{TOKEN.split('.')[1]}.") == (401, 1002)


def test_the_later_interface_takes_no_tokens(asked):
    assert asked(TOKEN, "/solutions?task_ids=1") == (401, 1002)


def test_each_request_has_a_token_of_its_own_and_shows_it_nowhere(emulate, image, clock, caplog):
    caplog.set_level(0)
    signed = []
    client, running = emulate(job_s=4000, settings={"api_key": ""})
    admit = protocol.admit

    def noting(*args):
        signed.append(protocol.request.headers["Authorization"].removeprefix("Bearer "))
        return admit(*args)

    protocol.admit = noting
    try:
        job = client.submit(image(), top=image())
        clock.advance(4000)
        result = client.wait(job)
    finally:
        protocol.admit = admit
    # The job took longer than a token lives.
    assert len(set(signed)) == len(signed) >= 2
    shown = caplog.text + repr(list(running.log)) + repr(result) + repr(client)
    shown += repr(Job.from_token(result.job.to_token()))
    keys = [running.settings[name] for name in ("access_key", "secret_key")]
    assert not [text for text in (*signed, *keys) if text in shown]


def test_an_api_key_is_preferred_to_the_pair(emulate, image):
    client, _ = emulate(settings={"secret_key": "of somebody else"})
    assert client.submit(image(), top=image()).id


def test_a_clock_that_is_wrong_is_named(emulate, image):
    _, running = emulate()
    made = {**running.settings, "api_key": ""}
    with (
        Client("kling", clock=FakeClock(NOW), **made) as client,
        pytest.raises(errors.AuthenticationFailed, match="Set the clock of this machine") as caught,
    ):
        client.submit(image(), top=image())
    assert caught.value.vendor_code == "1004"


@pytest.mark.parametrize("given", [{}, {"access_key": ACCESS}, {"secret_key": SECRET}])
def test_without_a_key_nothing_is_sent(vendor, image, given):
    client, server = vendor(api_key="", **given)
    with pytest.raises(
        errors.MissingCredential, match="KLINGAI_ACCESS_KEY and KLINGAI_SECRET_KEY"
    ) as caught:
        client.submit(image(), top=image())
    assert "KLINGAI_API_KEY" in caught.value.remedy
    assert server.requests == []
