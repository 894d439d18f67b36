"""What a contract does when it is told little."""

import attrs
import pytest

import acme
from acme_emulator import emulator as acme_emulator
from tryon_core import ErrorCode, errors
from tryon_testing import DocumentedAnswer, ProviderContract
from tryon_testing.checks.base import CheckFailed

TASK = "/tasks"
DOCUMENTED = [
    DocumentedAnswer(operation="submit", method="POST", path=TASK, answer={"task_id": "t-1"}),
    DocumentedAnswer(
        operation="poll", method="GET", path="/tasks/t-1", answer={"status": "queued"}
    ),
    DocumentedAnswer(
        operation="poll", method="GET", path="/tasks/t-1", answer={"status": "working"}
    ),
    DocumentedAnswer(
        operation="poll",
        method="GET",
        path="/tasks/t-1",
        answer={"status": "done", "image_url": "$image"},
    ),
    DocumentedAnswer(
        operation="cancel", method="DELETE", path="/tasks/t-1", answer={"status": "stopped"}
    ),
    DocumentedAnswer(operation="balance", method="GET", path="/account", answer={"credits": "7"}),
    *(
        DocumentedAnswer(
            operation="submit",
            method="POST",
            path=TASK,
            status=status,
            answer={"code": code, "message": "no"},
            refuses=code,
        )
        for code, status in {
            "bad_key": 401,
            "no_credits": 402,
            "slow_down": 429,
            "bad_image": 400,
        }.items()
    ),
]


class Parsless(acme.AcmeProvider):
    info = attrs.evolve(
        acme.INFO, capabilities=attrs.evolve(acme.INFO.capabilities, parse_categories=[])
    )


class TestAcmeByDocumentedAnswers(ProviderContract):
    """Answers that check no request, and so no key."""

    provider = Parsless()
    documented_errors = tuple(e for e in acme.TABLE.entries if e.code not in {"gone", "too_late"})
    documented_answers = DOCUMENTED
    test_a_wrong_key_is_refused_in_our_words = None


def _contract(**subject):
    return type("Contract", (ProviderContract,), subject)()


def test_documented_answers_find_a_bad_provider_out():
    class Paying(Parsless):
        @acme.hookimpl
        def submit(self, request, ctx):
            super().submit(request, ctx)
            return super().submit(request, ctx)

    contract = _contract(provider=Paying(), documented_answers=DOCUMENTED)
    with pytest.raises(CheckFailed, match="2 paid requests"):
        contract.test_every_sample_request_gives_images()


def test_a_contract_without_provider_says_so():
    with pytest.raises(CheckFailed, match=r"no `provider`\. Give the object, or its id"):
        _contract().test_its_hooks_fit()


def test_an_id_that_is_not_installed_says_so():
    with pytest.raises(CheckFailed, match="no provider 'acme_missing' is installed"):
        _contract(provider="acme_missing").test_its_hooks_fit()


def test_a_class_in_place_of_the_provider_says_so():
    with pytest.raises(CheckFailed, match="offer an instance"):
        _contract(provider=acme.AcmeProvider).test_its_hooks_fit()


def test_checks_of_the_wire_are_skipped_when_nothing_stands_in_for_the_vendor():
    with pytest.raises(pytest.skip.Exception, match="give `emulator`, or documented answers"):
        _contract(provider=acme.provider).test_every_sample_request_gives_images()


def test_an_emulator_that_refuses_nothing_says_so():
    mute = attrs.evolve(acme_emulator, refuse=lambda _: None)
    contract = _contract(provider=acme.provider, emulator=mute)
    with pytest.raises(CheckFailed, match="Give it `refuse=`"):
        contract.test_every_documented_error_comes_out_as_declared()


def test_an_emulator_that_takes_any_key_says_so():
    contract = _contract(provider=Parsless(), documented_answers=DOCUMENTED)
    with pytest.raises(CheckFailed, match="accepted a wrong key"):
        contract.test_a_wrong_key_is_refused_in_our_words()


def test_an_emulator_whose_endpoints_are_named_otherwise_says_so():
    renamed = [attrs.evolve(entry, operation=f"x_{entry.operation}") for entry in DOCUMENTED]
    contract = _contract(provider=Parsless(), documented_answers=renamed)
    with pytest.raises(CheckFailed, match=r"seen: .*x_submit.*Name the endpoints"):
        contract.test_every_sample_request_gives_images()


def test_a_key_that_is_too_short_for_a_canary_says_so():
    short = attrs.evolve(acme_emulator, settings={"api_key": "k"})
    contract = _contract(provider=acme.provider, emulator=short)
    with pytest.raises(CheckFailed, match="too short for canaries"):
        contract.test_no_key_shows_in_errors()


def test_a_vendor_that_does_not_serve_the_samples_shows_what_was_asked():
    def refuse_all(ctx, knobs):
        app = acme_emulator.build(ctx, knobs)
        app.view_functions["submit"] = lambda: ({"code": "bad_image", "message": "dull"}, 400)
        return app

    contract = _contract(
        provider=acme.provider, emulator=attrs.evolve(acme_emulator, build=refuse_all)
    )
    with pytest.raises(CheckFailed, match=r"POST /v1/tasks: 400.*override requests"):
        contract.test_every_sample_request_gives_images()


def test_errors_that_only_the_test_documents_are_checked_too():
    class Contract(ProviderContract):
        provider = acme.provider
        emulator = acme_emulator
        documented_errors = (
            ErrorCode(code="too_late", error=errors.RateLimited, meaning="It is over."),
        )

    with pytest.raises(CheckFailed, match=r"too_late: submit\(\) raised CancelRefused"):
        Contract().test_every_documented_error_comes_out_as_declared()
