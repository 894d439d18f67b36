import pytest

from tryon_core import HttpResponse, errors
from tryon_core.followup import ask_where_named, named_address

DOCUMENTED = "https://api.acme.example/v1/jobs/7"


def _named(named, *, base_url="https://api.acme.example", documented=DOCUMENTED):
    asked = f"{base_url}/v1/jobs"
    return named_address(named, asked=asked, base_url=base_url, documented=documented)


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("/v2/status/7", "https://api.acme.example/v2/status/7"),
        ("status/7", "https://api.acme.example/v1/status/7"),
        ("https://api.acme.example/v2/7#part", "https://api.acme.example/v2/7"),
        ("HTTPS://API.acme.example:443/v2/7", "https://API.acme.example:443/v2/7"),
        ("", None),
        ("/v1/jobs/7", None),
        ("jobs/7", None),
        (DOCUMENTED, None),
        (f"{DOCUMENTED}?key=x", None),
        ("/v2/7?key=x", None),
        ("http://api.acme.example/v2/7", None),
        ("https://evil.example/v1/jobs/7", None),
        ("//evil.example/v1/jobs/7", None),
        ("https://user@api.acme.example/v2/7", None),
        ("https://api.acme.example@evil.example/v2/7", None),
        ("https://api.acme.example:99999/v2/7", None),
        ("http://[", None),
        ("file:///etc/passwd", None),
    ],
)
def test_an_address_of_the_same_origin_that_says_something_new_is_of_use(named, address):
    assert _named(named) == address


@pytest.mark.parametrize("named", ["/v1/jobs/7", "https://gate.example/v1/jobs/7", "jobs/7"])
def test_a_gateway_s_own_path_comes_before_the_vendor_s(named):
    base_url = "https://gate.example/acme"
    assert _named(named, base_url=base_url, documented=f"{base_url}/v1/jobs/7") is None
    found = _named("/v2/7", base_url=base_url, documented=f"{base_url}/v1/jobs/7")
    assert found == f"{base_url}/v2/7"


class _Vendor:
    """Answers each address as told, and notes what was asked."""

    def __init__(self, answers):
        self._answers = answers
        self.asked = []

    def get(self, url, *, headers, params=None):
        self.asked.append((url, headers["key"]))
        answer = self._answers[url]
        if isinstance(answer, Exception):
            raise answer
        return HttpResponse(status=answer, headers={}, body=b"", url=url)


def _ask(address, **answers):
    vendor = _Vendor({"named": answers.get("named"), "documented": answers.get("documented")})
    answer = ask_where_named(
        vendor,
        address,
        "documented",
        headers={"key": "k"},
        is_answer=lambda answer: answer.status == 200,
    )
    return answer.status, [url for url, _ in vendor.asked]


def test_the_named_address_is_asked_first():
    assert _ask("named", named=200) == (200, ["named"])


@pytest.mark.parametrize(
    "failed", [302, 404, 500, errors.AnswerLost("no answer"), errors.ServiceMoved("elsewhere")]
)
def test_the_documented_address_is_asked_when_the_named_one_fails(failed):
    assert _ask("named", named=failed, documented=200) == (200, ["named", "documented"])


@pytest.mark.parametrize("status", [401, 429])
def test_what_concerns_whoever_asks_is_not_asked_again(status):
    assert _ask("named", named=status) == (status, ["named"])


def test_without_a_named_address_the_documented_one_is_asked():
    assert _ask(None, documented=404) == (404, ["documented"])
