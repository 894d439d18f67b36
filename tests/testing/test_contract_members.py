"""What a contract does when it is told little."""

from pathlib import Path

import attrs
import flask
import pytest

import acme
import acme_bad
from acme_emulator import Service, emulator as acme_emulator
from tryon_core import ErrorCode, errors
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed

EXCHANGES = Path(acme.__file__).with_name("acme_exchanges.yaml")


class TestAcmeByExchanges(ProviderContract):
    """The documents of the vendor stand in for it, and every check runs."""

    provider = acme.provider
    exchanges = EXCHANGES


def test_any_404_may_be_an_unknown_job_where_the_documents_do_not_show_one(tmp_path):
    entries = EXCHANGES.read_text().split("\n\n")
    without = tmp_path / "exchanges.yaml"
    without.write_text("\n\n".join(entry for entry in entries if "no such task" not in entry))
    subject = acme_bad.TakesPagesForAnUnknownJob()
    _contract(provider=subject, exchanges=without).test_a_page_does_not_end_a_job()
    with pytest.raises(CheckFailed, match=r"HTTP 404.*said NOT_FOUND"):
        _contract(provider=subject, exchanges=EXCHANGES).test_a_page_does_not_end_a_job()


def _contract(**subject):
    return type("Contract", (ProviderContract,), subject)()


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
    with pytest.raises(pytest.skip.Exception, match="give `emulator`, or documented exchanges"):
        _contract(provider=acme.provider).test_every_sample_request_gives_images()


def test_an_emulator_that_refuses_nothing_says_so():
    mute = attrs.evolve(acme_emulator, refuse=lambda _: None)
    contract = _contract(provider=acme.provider, emulator=mute)
    with pytest.raises(CheckFailed, match="Give it `refuse=`"):
        contract.test_every_documented_error_comes_out_as_declared()


def test_an_emulator_that_takes_any_key_says_so():
    def build(ctx, knobs):
        app = acme_emulator.build(ctx, knobs)
        app.before_request_funcs.clear()
        return app

    open_to_all = attrs.evolve(acme_emulator, build=build)
    contract = _contract(provider=acme.provider, emulator=open_to_all)
    with pytest.raises(CheckFailed, match="accepted a wrong key"):
        contract.test_a_wrong_key_is_refused_in_our_words()


def test_an_emulator_whose_endpoints_are_named_otherwise_says_so():
    def build(ctx, knobs):
        service, app = Service(ctx, knobs), flask.Flask("acme")
        app.add_url_rule("/v1/tasks", "x_submit", service.submit, methods=["POST"])
        app.add_url_rule("/v1/tasks/<task>", "x_poll", service.poll)
        return app

    contract = _contract(provider=acme.provider, emulator=attrs.evolve(acme_emulator, build=build))
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

    with pytest.raises(CheckFailed, match=r"too_late \(HTTP 409\): submit\(\) raised CancelR"):
        Contract().test_every_documented_error_comes_out_as_declared()
