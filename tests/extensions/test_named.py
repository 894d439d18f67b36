"""Extensions by name: which are in use, where their settings come from, and what is wrong."""

import pickle
import re
import sys

import pytest

from distributions import write_distribution
from providers import FakeProvider, fake_info, picture
from tryon_batch.workers import SessionElsewhere, perform
from tryon_core import Client, register, unregister
from tryon_core.errors import BrokenPlugin, MissingExtra, ProviderBug, SettingsError, TryOnError
from tryon_core.extensions.named import NamedExtension, choose
from tryon_core.models import Job
from tryon_testing import FakeClock

GROUP = "tryon_core.extensions"
KEY = "sk-obviously-fake-0000"
STAMP = """
import attrs
from tryon_core import Secret, hookimpl

@attrs.define(kw_only=True, eq=False)
class Stamp:
    text: str
    times: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    token: Secret | None = None
    seen: list = attrs.field(init=False, factory=list)

    @hookimpl(wrapper=True)
    def submit(self, ctx):
        self.seen.append(ctx.provider)
        if self.token:
            raise ValueError(f"the store refuses {self.token.reveal()}")
        return (yield)
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Install extensions into a folder on sys.path: `site("tryon-stamps", stamp=STAMP)`."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def install(distribution, *, attribute="Stamp", **sources):
        names = {name: f"{distribution.replace('-', '_')}_{name}" for name in sources}
        write_distribution(
            tmp_path,
            distribution,
            group=GROUP,
            providers={name: f"{module}:{attribute}" for name, module in names.items()},
            modules={names[name]: source for name, source in sources.items()},
        )
        made.extend(names.values())

    yield install
    for module in made:
        sys.modules.pop(module, None)


@pytest.fixture
def fake():
    register(FakeProvider())
    yield
    unregister("fake")


def _tables(*use, **stamp):
    return {"extensions": {"use": list(use), "stamp": {"text": "sold", **stamp}}}


def _of(client):
    (found,) = client.session.extensions
    return found


def test_an_extension_is_found_by_name_and_gets_its_table(site):
    site("tryon-stamps", stamp=STAMP)
    client = Client(FakeProvider(), extensions=["stamp"], config=_tables(times=2))
    assert _of(client) == NamedExtension("stamp", {"text": "sold", "times": 2})
    assert _of(client).make().times == 2


def test_those_in_use_by_the_settings_are_called_without_being_given(site):
    site("tryon-stamps", stamp=STAMP)
    config = _tables("stamp", token=KEY)
    client = Client(FakeProvider(), config=config, clock=FakeClock())
    with pytest.raises(ProviderBug) as caught:
        client.submit(picture(), top=picture())
    assert "extension 'stamp' of tryon-stamps 1.0 raised ValueError" in caught.value.message


def test_nothing_is_loaded_that_nobody_names(site):
    site("tryon-stamps", stamp="raise SystemExit(3)")
    assert Client(FakeProvider(), config={}).session.extensions == ()


def test_the_variable_replaces_the_list_of_the_file_and_an_argument_adds_to_it(site):
    site("tryon-stamps", stamp=STAMP, seal=STAMP, ribbon=STAMP)
    tables = {"extensions": {"use": ["seal"]}}
    one = object()
    chosen = choose(["ribbon", one], tables, environ={"TRYON_EXTENSIONS": "stamp, ribbon"})
    assert [getattr(entry, "name", entry) for entry in chosen] == ["stamp", "ribbon", one]
    chosen = choose(["ribbon", "seal"], tables, environ={"TRYON_EXTENSIONS": " "})
    assert [entry.name for entry in chosen] == ["seal", "ribbon"]


def test_one_name_alone_is_a_name(site):
    site("tryon-stamps", stamp=STAMP)
    assert _of(Client(FakeProvider(), extensions="stamp", config=_tables())).name == "stamp"


def test_a_setting_of_the_environment_wins_over_the_file_and_is_read_by_its_type(site):
    site("tryon-stamps", stamp=STAMP)
    environ = {"TRYON_EXTENSION_STAMP_TIMES": "3", "TRYON_EXTENSION_STAMP_TEXT": ""}
    (found,) = choose(["stamp"], _tables(), environ=environ)
    assert (found.make().text, found.make().times) == ("sold", 3)


@pytest.mark.parametrize(
    ("stamp", "fault"),
    [
        ({"texx": "x"}, "unknown option 'texx' (did you mean 'text'?)"),
        ({"times": "many"}, "times='many': expected int, got str"),
        ({"times": 0}, "'times' must be >= 1: 0"),
    ],
)
def test_settings_that_cannot_be_used_are_named_with_where_they_stand(site, stamp, fault):
    site("tryon-stamps", stamp=STAMP)
    with pytest.raises(SettingsError) as caught:
        Client(FakeProvider(), extensions=["stamp"], config=_tables(**stamp))
    assert caught.value.message.startswith(f"extension stamp: {fault}")
    assert "[extensions.stamp] in tryon.toml" in caught.value.remedy
    assert "TRYON_EXTENSION_STAMP_NAME" in caught.value.remedy


def test_a_missing_setting_is_named(site):
    site("tryon-stamps", stamp=STAMP)
    with pytest.raises(SettingsError, match="extension stamp: text: required field missing"):
        Client(FakeProvider(), extensions=["stamp"], config={})


def test_a_secret_shows_itself_in_no_message(site):
    site("tryon-stamps", stamp=STAMP)
    found = NamedExtension("stamp", {"text": "sold", "token": KEY})
    assert KEY not in repr(found)
    assert KEY not in repr(found.make())
    with pytest.raises(SettingsError) as caught:
        NamedExtension("stamp", {"text": 1, "tokken": KEY, "token": KEY}).make()
    assert KEY not in str(caught.value)
    client = Client(FakeProvider(), extensions=[found], clock=FakeClock())
    with pytest.raises(ProviderBug) as bug:
        client.submit(picture(), top=picture())
    assert "the store refuses ***" in bug.value.message
    assert KEY not in str(bug.value)


def test_a_key_of_an_extension_is_no_part_of_the_account(site):
    site("tryon-stamps", stamp=STAMP)
    plain = Client(FakeProvider(), config={})
    found = Client(FakeProvider(), extensions=["stamp"], config=_tables(token=KEY))
    assert found.session.account == plain.session.account


@pytest.mark.parametrize(("name", "hint"), [("stmap", " Did you mean 'stamp'?"), ("lorry", "")])
def test_a_name_that_nobody_has(site, name, hint):
    site("tryon-stamps", stamp=STAMP)
    with pytest.raises(SettingsError) as caught:
        Client(FakeProvider(), extensions=[name], config={})
    assert caught.value.message == f"no extension {name!r} is installed.{hint}"
    assert re.search(r"Installed: .*stamp", caught.value.remedy)


def test_one_that_is_known_and_not_installed_is_told_how_to_get(monkeypatch):
    monkeypatch.setattr("tryon_core.extensions.named.entry_points", lambda _: ())
    with pytest.raises(MissingExtra) as caught:
        Client(FakeProvider(), extensions=["s3"], config={})
    assert "the extension 's3' comes with tryon-s3" in caught.value.message
    assert "pip install" in caught.value.remedy
    with pytest.raises(SettingsError) as near:
        Client(FakeProvider(), extensions=["audits"], config={})
    assert "Did you mean 'audit'?" in near.value.message
    assert "pip install" in near.value.remedy


@pytest.mark.parametrize(
    ("source", "attribute", "reason"),
    [
        ("raise SystemExit(3)", "Stamp", "it cannot be imported: SystemExit: 3"),
        ("import nothing_like_it", "Stamp", "No module named 'nothing_like_it'"),
        ("def make(): ...", "make", "is no attrs class"),
    ],
)
def test_a_broken_extension_is_named_with_its_distribution(site, source, attribute, reason):
    site("tryon-stamps", attribute=attribute, stamp=source)
    with pytest.raises(BrokenPlugin) as caught:
        Client(FakeProvider(), extensions=["stamp"], config={})
    assert "extension 'stamp' of tryon-stamps 1.0 cannot be used: " in caught.value.message
    assert reason in caught.value.message


def test_one_whose_hooks_do_not_fit_is_named_with_its_distribution(site):
    site("tryon-stamps", stamp=STAMP.replace("self, ctx", "self, contxt"))
    with pytest.raises(BrokenPlugin, match=r"extension 'stamp' of tryon-stamps 1.0 does not fit"):
        Client(FakeProvider(), extensions=["stamp"], config=_tables())


def test_two_distributions_with_one_name_are_both_named(site):
    site("tryon-stamps", stamp=STAMP)
    site("tryon-seals", stamp=STAMP)
    with pytest.raises(SettingsError, match=r"offered by tryon-seals 1.0 and tryon-stamps 1.0"):
        Client(FakeProvider(), extensions=["stamp"], config={})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"use": "stamp"}, r"\[extensions\] use is 'stamp'"),
        ({"uses": ["stamp"]}, r"has no setting 'uses'. Did you mean 'use'"),
    ],
)
def test_a_table_that_cannot_be_read(table, message):
    with pytest.raises(SettingsError, match=message):
        Client(FakeProvider(), config={"extensions": table})


def test_no_provider_can_have_the_name_of_that_table():
    with pytest.raises(BrokenPlugin, match="not 'extensions'"):
        register(FakeProvider(info=fake_info("extensions")))


# In a run


@pytest.mark.usefixtures("fake")
def test_a_run_in_other_processes_gets_the_extensions_by_name_with_their_settings(site):
    site("tryon-stamps", stamp=STAMP)
    client = Client("fake", extensions=["stamp"], config=_tables(times=7))
    source = SessionElsewhere.of(client.session, "fake")
    source = pickle.loads(pickle.dumps(source))  # noqa: S301  (our own bytes)
    (found,) = perform(source, lambda session: session.extensions)
    assert found.settings == {"text": "sold", "times": 7}
    assert perform(source, lambda session: session) is perform(source, lambda session: session)


@pytest.mark.usefixtures("fake")
def test_a_run_in_other_processes_is_refused_with_an_extension_given_as_an_object(site):
    site("tryon-stamps", stamp=STAMP)
    stamp = NamedExtension("stamp", {"text": "sold"}).make()
    client = Client("fake", extensions=[stamp], config={})
    with pytest.raises(TryOnError, match="given as an object"):
        next(client.run_batch([client.request(picture(), top=picture())], executor=object()))
    assert stamp.seen == []


@pytest.mark.usefixtures("fake")
def test_a_run_calls_an_extension_once_for_each_submission(site):
    site("tryon-stamps", stamp=STAMP)
    stamp = NamedExtension("stamp", {"text": "sold"}).make()
    client = Client("fake", extensions=[stamp], config={})
    requests = [client.request(picture(), top=picture(), options={"seed": n}) for n in range(3)]
    outcomes = [*client.run_batch(requests)]
    assert [outcome.state for outcome in outcomes] == ["saved"] * 3
    assert isinstance(outcomes[0].entry.job, Job)
    assert stamp.seen == ["fake"] * 3
