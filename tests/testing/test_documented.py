"""Documented answers are served like a vendor's."""

import pytest
import requests

import acme
from tryon_testing import DocumentedAnswer
from tryon_testing.emulation import start
from tryon_testing.emulation.documented import documented_emulator

ANSWERS = [
    DocumentedAnswer(operation="poll", method="GET", path="/tasks/<task>", answer={"n": 1}),
    DocumentedAnswer(
        operation="poll",
        method="GET",
        path="/tasks/<task>",
        answer={"image": "$image", "address": "$base_url/x"},
        headers={"X-Request-Id": "r-1"},
    ),
    DocumentedAnswer(operation="submit", method="POST", path="/tasks", answer=None, status=202),
    DocumentedAnswer(
        operation="submit", method="POST", path="/tasks", answer={"no": 1}, status=402, refuses="no"
    ),
]


@pytest.fixture
def running():
    with start(documented_emulator(acme.INFO, ANSWERS)) as running:
        yield running


def test_answers_are_given_in_their_order_and_the_last_one_again(running):
    url = f"{running.base_url}/tasks/7"
    answers = [requests.get(url, timeout=5) for _ in range(3)]
    assert [sorted(answer.json()) for answer in answers] == [
        ["n"],
        ["address", "image"],
        ["address", "image"],
    ]
    assert answers[1].headers["X-Request-Id"] == "r-1"


def test_placeholders_become_addresses_of_this_machine(running):
    requests.get(f"{running.base_url}/tasks/7", timeout=5)
    answer = requests.get(f"{running.base_url}/tasks/7", timeout=5).json()
    assert answer["address"] == f"{running.ctx.address}/x"
    assert requests.get(answer["image"], timeout=5).content.startswith(b"\x89PNG")


def test_a_refusal_is_given_only_where_it_is_asked_for(running):
    answer = requests.post(f"{running.base_url}/tasks", timeout=5)
    assert (answer.status_code, answer.json()) == (202, None)
    refusal = running.emulator.refuse("no")
    assert (refusal.status_code, refusal.json) == (402, {"no": 1})
    assert running.emulator.refuse("unheard of") is None


def test_keys_are_invented_for_required_settings(running):
    assert running.settings == {
        "base_url": running.base_url,
        "api_key": "obviously_fake_api_key",
    }
