import importlib.metadata
import itertools
import logging
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from distributions import write_distribution
from providers import FakeProvider, fake_info
from sample_plugins import plugin_source
from tryon_core import registry as registry_module
from tryon_core.errors import BrokenPlugin, ProviderConflict, UnknownProvider
from tryon_core.installed import install_command
from tryon_core.registry import Registry, list_providers, loaded_object, register, unregister

NUMBERS = itertools.count()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Install distributions into a folder on sys.path: `site("tryon-acme", acme="source")`."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution, *, folder=tmp_path, version="1.0", **sources):
        modules = {name: f"plug_{next(NUMBERS)}_{name}" for name in sources}
        write_distribution(
            folder,
            distribution,
            version=version,
            providers={name: f"{module}:provider" for name, module in modules.items()},
            modules={modules[name]: source for name, source in sources.items()},
        )
        installed.update(modules.values())
        return modules

    installed = set()
    yield install
    for module in installed:
        sys.modules.pop(module, None)


def _broken(registry, name) -> BrokenPlugin:
    with pytest.raises(BrokenPlugin) as caught:
        registry.load(name)
    assert caught.value.provider == name
    assert caught.value.remedy
    return caught.value


def test_only_the_provider_that_is_asked_for_is_imported(site):
    modules = {}
    for name in ("acme", "bolt", "cobra"):
        modules |= site(f"tryon-{name}", **{name: plugin_source(name)})
    registry = Registry()
    assert {"acme", "bolt", "cobra"} <= {entry.id for entry in registry.installed()}
    assert not set(modules.values()) & set(sys.modules)
    loaded = registry.load("bolt")
    assert loaded.info.name == "Plugin bolt"
    assert loaded.label == "tryon-bolt 1.0"
    assert set(modules.values()) & set(sys.modules) == {modules["bolt"]}


def test_a_provider_is_loaded_once(site):
    site("tryon-acme", acme=plugin_source("acme"))
    registry = Registry()
    assert registry.load("acme").provider is registry.load("acme").provider


def test_what_is_installed_is_told_from_metadata(site):
    modules = site("tryon-acme", version="2.5", acme="raise SystemExit(3)")
    (entry,) = (entry for entry in Registry().installed() if entry.id == "acme")
    assert (entry.distribution, entry.version, entry.label) == (
        "tryon-acme",
        "2.5",
        "tryon-acme 2.5",
    )
    assert entry.value == f"{modules['acme']}:provider"
    assert "load" not in repr(entry)


BROKEN = {
    "fails": ("1 / 0", "ZeroDivisionError: division by zero", ZeroDivisionError),
    "lacks": ("import no_such_module_anywhere", "ModuleNotFoundError", ModuleNotFoundError),
    "exits": ("raise SystemExit('bye')", "SystemExit: bye", SystemExit),
    "typo": ("provder = 1", "AttributeError", AttributeError),
    "syntax": ("def", "SyntaxError", SyntaxError),
    "nothing": ("provider = None", "its `info` is NoneType, not ProviderInfo", None),
    "klass": (plugin_source("klass") + "provider = Plugin", "it offers a class", None),
    "raises": (
        "class P:\n    @property\n    def info(self): raise OSError('disk')\nprovider = P()",
        "its `info` raises OSError: disk",
        OSError,
    ),
    "other": (plugin_source("another"), "its entry point is 'other' but its id 'another'", None),
    "future": (
        plugin_source("future", api_version=2),
        "it was written for version 2 of the hooks, the newest of this core is 1. Upgrade t",
        None,
    ),
    "past": (
        plugin_source("past", api_version=0),
        "it was written for version 0 of the hooks, the oldest that this core calls is 1. Up",
        None,
    ),
    "numbered": (plugin_source("numbered", api_version="'1'"), "TypeError", TypeError),
    "wrong": (
        "from tryon_core import *\nprovider = ProviderInfo(id='wrong', name='', capabilities={})",
        "TypeError",
        TypeError,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_with_version_and_cause_and_hurts_no_other(site, name):
    source, fault, cause = BROKEN[name]
    site("tryon-bad", version="0.3", **{name: source})
    site("tryon-good", good=plugin_source("good"))
    registry = Registry()
    error = _broken(registry, name)
    assert f"provider {name!r} from tryon-bad 0.3 cannot be used" in error.message
    assert fault in str(error)
    assert type(error.__cause__) is (cause or type(None))
    assert registry.load("good").info.id == "good"


def test_an_interrupt_during_an_import_is_not_swallowed(site):
    site("tryon-acme", acme="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Registry().load("acme")


@pytest.mark.parametrize("bad_id", ["Acme", "a-b", "1a", "tryon_x", "tryon", "é", "a b", "a\n", ""])
def test_an_id_that_could_not_be_a_variable_or_a_table_is_refused(bad_id):
    with pytest.raises(BrokenPlugin, match="small letters, digits and underscores"):
        loaded_object(FakeProvider(info=fake_info(bad_id)))


@pytest.mark.parametrize("good_id", ["a", "acme", "acme_2", "a1", "try_on"])
def test_an_id_of_small_letters_digits_and_underscores_is_taken(good_id):
    loaded = loaded_object(FakeProvider(info=fake_info(good_id)))
    assert loaded.info.id == good_id
    assert loaded.label == f"{good_id} (registered in this process)"


@pytest.mark.parametrize("thing", [None, FakeProvider, 5, "acme"], ids=str)
def test_what_is_no_provider_object_is_refused(thing):
    with pytest.raises(BrokenPlugin):
        loaded_object(thing)


def test_two_distributions_that_offer_one_id_are_a_conflict_that_names_both(site):
    site("tryon-acme", version="1.0", acme=plugin_source("acme"))
    site("Acme.Fork", version="9.1", acme=plugin_source("acme"))
    site("tryon-good", good=plugin_source("good"))
    registry = Registry()
    with pytest.raises(ProviderConflict) as caught:
        registry.load("acme")
    text = str(caught.value)
    for part in ("tryon-acme 1.0", "Acme.Fork 9.1", "'acme@tryon-acme'", "'acme@Acme.Fork'"):
        assert part in text
    assert caught.value.provider == "acme"
    assert registry.load("good").info.id == "good"


@pytest.mark.parametrize("asked", ["tryon-acme", "tryon_acme", "Tryon.Acme"])
def test_a_conflict_is_settled_by_naming_the_distribution(site, asked):
    site("tryon-acme", acme=plugin_source("acme"))
    site("acme-fork", acme="raise SystemExit")
    assert Registry().load(f"acme@{asked}").label == "tryon-acme 1.0"


def test_one_distribution_seen_twice_is_no_conflict(site, tmp_path, monkeypatch):
    newer = tmp_path / "newer"
    site("tryon-acme", version="1.0", acme=plugin_source("acme"))
    site("tryon_acme", version="2.0", folder=newer, acme=plugin_source("acme"))
    monkeypatch.syspath_prepend(newer)
    assert Registry().load("acme").label == "tryon_acme 2.0"


def _unknown(registry, name) -> UnknownProvider:
    with pytest.raises(UnknownProvider) as caught:
        registry.load(name)
    return caught.value


@pytest.fixture
def bare(monkeypatch):
    """A registry of a machine on which nothing is installed."""
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: ())
    return Registry()


def test_an_unknown_id_is_answered_with_the_nearest_and_the_installed_ones(site):
    site("tryon-acme", acme=plugin_source("acme"), acorn=plugin_source("acorn"))
    error = _unknown(Registry(), "acmee")
    assert error.message == "no provider 'acmee' is installed. Did you mean 'acme'?"
    assert "acme, acorn" in error.remedy
    assert "pip" not in error.remedy


def test_an_unknown_id_that_we_know_is_answered_with_the_pip_command(bare):
    error = _unknown(bare, "dashscope")
    assert error.message == "no provider 'dashscope' is installed."
    assert error.remedy == (
        f"Installed: none. Install it with: {install_command('tryon-dashscope')}"
    )


def test_a_misspelt_id_that_we_know_is_answered_with_both(bare):
    error = _unknown(bare, "PixelCutt")
    assert "Did you mean 'pixelcut'?" in error.message
    assert install_command("tryon-pixelcut") in error.remedy


def test_an_id_like_no_other_is_answered_without_a_guess(bare):
    error = _unknown(bare, "xyzzy")
    assert error.message == "no provider 'xyzzy' is installed."
    assert error.remedy == "Installed: none."


def test_a_known_id_that_is_installed_is_never_to_be_installed_again(bare):
    bare.register(FakeProvider(info=fake_info("pixelcut")))
    assert "pip" not in _unknown(bare, "pixelcutt").remedy


def test_a_wrong_distribution_is_answered_with_the_right_one(site):
    site("tryon-acme", acme=plugin_source("acme"))
    error = _unknown(Registry(), "acme@acme-fork")
    assert "no provider 'acme@acme-fork' is installed." in error.message
    assert "'acme' is offered by tryon-acme 1.0." in error.remedy


@pytest.fixture
def scans(monkeypatch):
    """The scans of installed distributions made so far."""
    made = []
    scan = registry_module.entry_points

    def count(group):
        made.append(group)
        return scan(group)

    monkeypatch.setattr(registry_module, "entry_points", count)
    return made


def test_the_scan_is_made_once_and_again_after_refresh(site, scans):
    registry = Registry()
    assert scans == []
    for _ in range(3):
        registry.installed()
        with pytest.raises(UnknownProvider):
            registry.load("late")
    assert scans == ["tryon_core.providers"]
    site("tryon-late", late=plugin_source("late"))
    with pytest.raises(UnknownProvider):
        registry.load("late")
    registry.refresh()
    assert registry.load("late").info.id == "late"
    assert len(scans) == 2


def test_threads_share_one_scan_and_one_import(site, scans):
    site("tryon-acme", acme=plugin_source("acme"))
    registry = Registry()
    barrier = threading.Barrier(8)

    def load():
        barrier.wait(timeout=30)
        return registry.load("acme").provider

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(load) for _ in range(8)]]
    assert len({id(provider) for provider in found}) == 1
    assert len(scans) == 1


def test_a_distribution_with_an_unreadable_list_hides_no_other(site, tmp_path, caplog):
    site("tryon-acme", acme=plugin_source("acme"))
    metadata = write_distribution(tmp_path, "torn-apart", providers={"torn": "torn:provider"})
    (metadata / "entry_points.txt").write_text("[tryon_core.providers]\nno equals sign\n")
    with caplog.at_level(logging.WARNING):
        registry = Registry()
        assert registry.load("acme").label == "tryon-acme 1.0"
    assert f"{metadata} is passed over" in caplog.text


def test_the_first_of_two_copies_counts_even_beside_an_unreadable_list(site, tmp_path, monkeypatch):
    newer = tmp_path / "newer"
    site("tryon-acme", version="1.0", acme=plugin_source("acme"))
    site("tryon_acme", version="2.0", folder=newer, acme=plugin_source("acme"))
    monkeypatch.syspath_prepend(newer)
    metadata = write_distribution(tmp_path, "torn-apart")
    (metadata / "entry_points.txt").write_text("[tryon_core.providers]\nno equals sign\n")
    assert Registry().load("acme").label == "tryon_acme 2.0"


def test_a_folder_that_pip_could_not_delete_is_named_and_passed_over(site, tmp_path, caplog):
    site("tryon-acme", acme=plugin_source("acme"))
    whole = tmp_path / "tryon_acme-1.0.dist-info"
    left = tmp_path / "~ryon_acme-1.0.dist-info"
    shutil.copytree(whole, left)
    with caplog.at_level(logging.WARNING):
        assert Registry().load("acme").label == "tryon-acme 1.0"
    assert f"{left} is passed over: pip renamed it and could not delete it" in caplog.text


@pytest.mark.parametrize("order", ["first", "last"])
def test_an_empty_folder_of_another_version_hides_no_provider(
    site, tmp_path, monkeypatch, caplog, order
):
    site("tryon-acme", version="1.0", acme=plugin_source("acme"))
    # Which of two folders of one directory counts depends on the file system, so they are apart.
    other = tmp_path / "other"
    empty = other / "tryon_acme-0.5.dist-info"
    empty.mkdir(parents=True)
    if order == "first":
        monkeypatch.syspath_prepend(other)
    else:
        monkeypatch.setattr(sys, "path", [*sys.path, str(other)])
    with caplog.at_level(logging.WARNING):
        assert Registry().load("acme").label == "tryon-acme 1.0"
    assert (f"{empty} is passed over" in caplog.text) == (order == "first")


def test_a_distribution_without_metadata_is_named_and_passed_over(site, tmp_path, caplog):
    site("tryon-acme", acme=plugin_source("acme"))
    folder = tmp_path / "tryon_acme-1.0.dist-info"
    (folder / "METADATA").unlink()
    with caplog.at_level(logging.WARNING):
        assert not [entry for entry in Registry().installed() if entry.id == "acme"]
    assert f"{folder} is passed over: it holds no metadata" in caplog.text


def test_a_leftover_of_a_stranger_is_passed_over_without_a_word(site, tmp_path, caplog):
    site("tryon-acme", acme=plugin_source("acme"))
    (tmp_path / "stranger-0.5.dist-info").mkdir()
    with caplog.at_level(logging.WARNING):
        assert Registry().load("acme").label == "tryon-acme 1.0"
    assert not caplog.text


def test_metadata_that_cannot_be_read_at_all_is_an_unknown_distribution(site, monkeypatch):
    site("tryon-acme", acme=plugin_source("acme"))

    def raise_as_the_backport_does(_):
        raise FileNotFoundError("No package metadata was found.")

    monkeypatch.setattr(
        importlib.metadata.Distribution, "metadata", property(raise_as_the_backport_does)
    )
    (entry,) = (entry for entry in Registry().installed() if entry.id == "acme")
    assert entry.label == "(unknown distribution)"


def test_an_object_can_be_offered_and_withdrawn(bare):
    provider = FakeProvider()
    bare.register(provider)
    assert bare.load("fake").provider is provider
    assert [(entry.id, entry.label) for entry in bare.installed()] == [
        ("fake", "(registered in this process)")
    ]
    bare.register(provider)
    bare.unregister("fake")
    bare.unregister("fake")
    assert "Installed: none." in _unknown(bare, "fake").remedy


def test_another_object_of_the_same_id_is_a_conflict(bare):
    first = FakeProvider()
    bare.register(first)
    with pytest.raises(ProviderConflict, match="already registered in this process"):
        bare.register(FakeProvider())
    assert bare.load("fake").provider is first


def test_an_object_cannot_take_the_id_of_an_installed_plugin(site):
    site("tryon-acme", acme=plugin_source("acme"))
    registry = Registry()
    with pytest.raises(ProviderConflict, match=r"already offered by tryon-acme 1\.0"):
        registry.register(FakeProvider(info=fake_info("acme")))
    assert registry.load("acme").label == "tryon-acme 1.0"


def test_an_object_in_this_process_is_of_no_distribution(bare):
    bare.register(FakeProvider())
    assert "no provider 'fake@tryon-fake'" in _unknown(bare, "fake@tryon-fake").message


def test_of_threads_that_offer_one_id_one_wins(bare):
    barrier = threading.Barrier(8)

    def offer():
        provider = FakeProvider()
        barrier.wait(timeout=30)
        try:
            bare.register(provider)
        except ProviderConflict:
            return None
        return provider

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(offer) for _ in range(8)]
        winners = [future.result() for future in futures if future.result()]
    assert winners == [bare.load("fake").provider]


def test_what_is_no_provider_cannot_be_registered(bare):
    with pytest.raises(BrokenPlugin, match="it offers a class"):
        bare.register(FakeProvider)
    assert bare.installed() == ()


def test_a_check_says_of_each_whether_it_works(site):
    site("tryon-acme", acme=plugin_source("acme"))
    site("tryon-bad", bad="1 / 0")
    site("one", twin=plugin_source("twin"))
    site("two", twin=plugin_source("twin"))
    registry = Registry()
    registry.register(FakeProvider())
    ours = {"acme", "bad", "fake", "twin"}
    checks = [check for check in registry.check() if check.installed.id in ours]
    found = [(check.installed.id, type(check.error)) for check in checks]
    assert found == [
        ("acme", type(None)),
        ("bad", BrokenPlugin),
        ("fake", type(None)),
        ("twin", ProviderConflict),
        ("twin", ProviderConflict),
    ]
    assert [check.info and check.info.id for check in checks] == [
        "acme",
        None,
        "fake",
        "twin",
        "twin",
    ]


def test_the_functions_speak_for_the_registry_of_the_process():
    provider = FakeProvider(info=fake_info("only_here"))
    register(provider)
    try:
        assert "only_here" in {entry.id for entry in list_providers()}
    finally:
        unregister("only_here")
    assert "only_here" not in {entry.id for entry in list_providers()}


def test_an_entry_is_a_value(site):
    site("tryon-acme", acme=plugin_source("acme"))
    first, second = (Registry().index()["acme"][0] for _ in range(2))
    assert first == second
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        first.id = "other"
