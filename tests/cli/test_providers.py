import re
import sys
from datetime import date
from decimal import Decimal

import pytest

from distributions import write_distribution
from providers import KEY, fake_info
from sample_plugins import Unmarked
from tryon_core.installed import install_command
from tryon_core.models import Price
from tryon_core.registry import REGISTRY


@pytest.fixture
def installed(folder, monkeypatch):
    site = folder / "site"
    write_distribution(
        site,
        "tryon-acme",
        version="1.2",
        providers={"acme": "tryon_acme:provider"},
        modules={"tryon_acme": "raise RuntimeError('needs more memory')\n"},
    )
    monkeypatch.syspath_prepend(str(site))
    REGISTRY.refresh()
    yield
    monkeypatch.undo()
    REGISTRY.refresh()


def _row(text, provider_id):
    (row,) = [line.split() for line in text.splitlines() if line.startswith(f"{provider_id} ")]
    return row


@pytest.mark.usefixtures("installed")
def test_the_table_comes_from_metadata_and_imports_nothing(tryon):
    ended = tryon("providers")
    assert ended.code == 0
    assert _row(ended.out, "acme") == ["acme", "tryon-acme", "1.2"]
    assert "tryon_acme" not in sys.modules


@pytest.mark.usefixtures("installed")
def test_the_metadata_as_json(tryon):
    (entry,) = [e for e in tryon("providers", "--json").json["providers"] if e["id"] == "acme"]
    assert entry == {"id": "acme", "distribution": "tryon-acme", "version": "1.2"}


@pytest.mark.usefixtures("installed")
def test_a_broken_provider_is_explained_and_the_others_still_shown(tryon, offer):
    offer()
    ended = tryon("providers", "--check")
    assert ended.code == 3
    assert "needs more memory" in ended.out
    assert "Fake try-on" in ended.out
    assert "top; bottom; dress; top + bottom" in ended.out
    assert "0.10 USD" in ended.out


def test_a_provider_whose_hooks_do_not_fit_is_not_called_ready(tryon):
    REGISTRY.register(Unmarked(info=fake_info("odd")))
    try:
        ended = tryon("providers", "--check")
    finally:
        REGISTRY.unregister("odd")
    assert ended.code == 3
    assert "the required hook submit() is not marked with @hookimpl" in ended.out


@pytest.mark.parametrize("key", [None, "hush-hush"])
def test_a_key_is_said_to_be_set_or_not_and_never_shown(tryon, offer, monkeypatch, key):
    if key:
        monkeypatch.setenv("FAKE_API_KEY", key)
    offer(settings=[KEY])
    text = tryon("providers", "--check")
    document = tryon("providers", "--check", "--json")
    (entry,) = [e for e in document.json["providers"] if e["id"] == "fake"]
    assert entry["settings"] == [{"name": "api_key", "required": True, "is_set": bool(key)}]
    assert entry["ready"] is bool(key)
    assert ("FAKE_API_KEY" in text.out) is (key is None)
    assert "hush" not in text.out + text.err + document.out + document.err


def test_a_wrong_line_in_the_configuration_is_told_where_it_matters(tryon, offer, folder):
    offer(settings=[KEY])
    (folder / "my.toml").write_text("[fake]\napi_kye = 'x'\n")
    ended = tryon("providers", "--check", "--config", "my.toml")
    assert "unknown setting 'api_kye'" in ended.out


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (None, "unknown"),
        (Price(amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="x"), "free"),
    ],
)
def test_a_price_that_is_unknown_is_not_called_free(tryon, offer, price, shown):
    offer(price=price)
    ended = tryon("providers", "--check")
    assert re.search(rf"name +Fake try-on\n(.*\n)*? +price +{shown}\n", ended.out)


def test_without_any_provider_the_command_to_install_one_is_given(tryon, monkeypatch):
    monkeypatch.setattr(type(REGISTRY), "installed", lambda _: ())
    for more in ((), ("--check",)):
        ended = tryon("providers", *more)
        assert (ended.code, ended.out) == (0, "")
        assert install_command("tryon-local") in ended.err


def test_each_model_is_shown_with_its_garments_and_its_price(tryon):
    text = tryon("providers", "--check")
    assert re.search(r"models +aitryon-plus: top; bottom; .* \| 0\.50 CNY per image", text.out)
    assert re.search(r"\n +aitryon-refiner: top; dress; top \+ bottom \| unknown\n", text.out)
    document = tryon("providers", "--check", "--json").json["providers"]
    (entry,) = [entry for entry in document if entry["id"] == "dashscope"]
    assert list(entry["models"]) == ["aitryon-plus", "aitryon", "aitryon-refiner"]
    assert entry["models"]["aitryon"]["price"]["amount"] == "0.20"


@pytest.mark.usefixtures("installed")
def test_a_provider_that_is_named_is_checked_alone(tryon, fake):
    ended = tryon("providers", fake.info.id)
    assert ended.code == 0
    assert "ready" in ended.out
    assert "acme" not in ended.out
    assert tryon("providers", "acme", fake.info.id).code == 3
    unknown = tryon("providers", "pixelcat")
    assert unknown.code == 3
    assert "no provider 'pixelcat' is installed. Did you mean 'pixelcut'?" in unknown.err
