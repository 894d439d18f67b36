import copy
import logging
import pickle
import sys
import traceback
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from tryon_core import settings as settings_module
from tryon_core.errors import MissingCredential, MissingExtra, SettingsError
from tryon_core.models import MASK, Capabilities, ProviderInfo, Secret, SettingSpec
from tryon_core.settings import (
    ProviderSettings,
    default_config_path,
    missing_settings,
    read_config,
    require_settings,
    resolve_settings,
)

KEY = "sk-live-f00dfeed"
INFO = ProviderInfo(
    id="acme",
    name="Acme Try-On",
    capabilities=Capabilities(garments=[["top"]]),
    settings=[
        SettingSpec(
            name="api_key",
            env=["ACME_KEY", "ACME_OLD_KEY"],
            secret=True,
            required=True,
            help="Get one at acme.example.",
        ),
        SettingSpec(name="base_url", env=["ACME_URL"], default="https://api.acme.example"),
        SettingSpec(name="region"),
    ],
)


def _resolved(arguments=None, environ=None, table=None):
    config = None if table is None else {"acme": table, "other": {"nonsense": 1}}
    return resolve_settings(INFO, arguments, environ=environ or {}, config=config)


def _refusal(*places) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        _resolved(*places)
    assert caught.value.provider == "acme"
    assert caught.value.remedy
    return caught.value


PLACES = [
    ("argument", ({"base_url": "https://argument"}, {}, {})),
    ("ours", ({}, {"TRYON_ACME_BASE_URL": "https://ours"}, {})),
    ("vendors", ({}, {"ACME_URL": "https://vendors"}, {})),
    ("file", ({}, {}, {"base_url": "https://file"})),
]


@pytest.mark.parametrize("winner", range(len(PLACES)), ids=[name for name, _ in PLACES])
def test_the_nearest_place_wins(winner):
    arguments, environ, table = {}, {}, {}
    for _, (given_, variables, lines) in PLACES[winner:]:
        arguments.update(given_)
        environ.update(variables)
        table.update(lines)
    assert _resolved(arguments, environ, table).text("base_url") == f"https://{PLACES[winner][0]}"


def test_a_default_is_the_last_resort():
    assert _resolved().text("base_url") == "https://api.acme.example"
    assert "region" not in _resolved()


@pytest.mark.parametrize("given", [{}, {"project": ""}, {"project": None}])
def test_an_empty_default_is_a_value(given):
    spec = SettingSpec(name="project", default="")
    info = attrs.evolve(INFO, settings=[*INFO.settings, spec])
    found = resolve_settings(info, given, environ={})
    assert found.text("project") == ""
    assert found.fill("X-{project}") is None, "a header without a value is left out"
    assert resolve_settings(info, {"project": "p"}, environ={}).text("project") == "p"


def test_an_empty_default_does_not_stand_for_what_is_required():
    spec = SettingSpec(name="project", default="", required=True)
    info = attrs.evolve(INFO, settings=[spec])
    with pytest.raises(MissingCredential, match="no project found"):
        require_settings(info, resolve_settings(info, environ={}))


def test_the_vendors_variables_are_asked_in_their_order():
    assert _resolved({}, {"ACME_OLD_KEY": "old"}).text("api_key") == "old"
    assert _resolved({}, {"ACME_OLD_KEY": "old", "ACME_KEY": "new"}).text("api_key") == "new"


@pytest.mark.parametrize("empty", ["", "   ", "\t\n"])
def test_an_empty_value_hides_none_that_stands_further_away(empty):
    environ = {"TRYON_ACME_API_KEY": empty, "ACME_KEY": KEY}
    assert _resolved({"api_key": empty}, environ).text("api_key") == KEY
    assert _resolved({}, {"ACME_KEY": empty}, {"api_key": KEY}).text("api_key") == KEY


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_an_empty_value_is_no_value(empty):
    found = _resolved({"api_key": empty}, {"ACME_KEY": empty or ""}, {"api_key": empty or ""})
    assert "api_key" not in found
    with pytest.raises(MissingCredential):
        require_settings(INFO, found)


def test_space_around_a_value_is_dropped():
    assert _resolved({"api_key": f" {KEY}\n"}).text("api_key") == KEY


def test_the_environment_is_read_when_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("TRYON_ACME_API_KEY", "first")
    assert resolve_settings(INFO).text("api_key") == "first"
    monkeypatch.setenv("TRYON_ACME_API_KEY", "second")
    assert resolve_settings(INFO).text("api_key") == "second"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (2.5, "2.5"), (True, "true"), (Path("a/b"), "a/b"), (Secret("s"), "s")],
)
def test_values_of_other_types_that_have_one_reading_are_taken(value, expected):
    assert _resolved({"region": value}).text("region") == expected
    assert _resolved({}, {}, {"region": value}).text("region") == expected


@pytest.mark.parametrize("value", [b"sk-1", ["sk-1"], {"key": "sk-1"}, object()])
def test_values_of_other_types_are_refused_by_type_and_never_shown(value):
    error = _refusal({"api_key": value})
    assert f"'api_key' is {type(value).__name__} instead of text" in error.message
    assert "sk-1" not in str(error)


@pytest.mark.parametrize(
    "value",
    ["sk-1\nX-Evil: yes", "sk-1\x00", "sk\x7f1", "sk-1\x85x", "sk-1\u200b", "sk-é", "sk-1\u00a0x"],
    ids=ascii,
)
def test_a_key_that_no_header_can_carry_is_refused_and_never_shown(value):
    error = _refusal({"api_key": value})
    assert "sk" not in str(error).replace("'api_key'", "")
    assert "'api_key' holds" in error.message


def test_other_settings_may_hold_any_letter():
    assert _resolved({"region": "Zürich"}).text("region") == "Zürich"


def test_a_broken_value_that_nobody_needs_does_no_harm():
    assert _resolved({"api_key": KEY}, {"ACME_KEY": "bad\nvalue"}).text("api_key") == KEY


def test_an_unknown_argument_is_refused_with_the_list():
    error = _refusal({"api_kye": KEY, "verbose": True})
    assert "unknown setting 'api_kye', 'verbose' (argument)" in error.message
    assert error.remedy == "It has: api_key, base_url, region."
    assert KEY not in str(error)


def test_an_unknown_line_of_the_file_is_refused_and_other_providers_are_not_our_business():
    error = _refusal({}, {}, {"apikey": KEY})
    assert "unknown setting 'apikey' (line in the configuration file)" in error.message
    assert _resolved({}, {}, {"region": "eu"}).text("region") == "eu"


def test_a_provider_without_settings_says_so():
    info = attrs.evolve(INFO, settings=())
    with pytest.raises(SettingsError, match="It has: no settings"):
        resolve_settings(info, {"api_key": "x"}, environ={})


def test_a_missing_key_is_explained_with_every_place_where_it_may_stand():
    found = _resolved()
    assert [spec.name for spec in missing_settings(INFO, found)] == ["api_key"]
    with pytest.raises(MissingCredential) as caught:
        require_settings(INFO, found)
    text = str(caught.value)
    for part in (
        "Acme Try-On",
        "api_key",
        "TRYON_ACME_API_KEY or ACME_KEY or ACME_OLD_KEY",
        "[acme] in tryon.toml",
        "acme.example.",
    ):
        assert part in text
    require_settings(INFO, _resolved({"api_key": KEY}))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["api_key"]),
        ({"access_key": "access-1"}, ["api_key"]),
        ({"access_key": "access-1", "secret_key": "secret-1"}, []),
        ({"api_key": KEY}, []),
    ],
)
def test_settings_may_stand_together_in_the_place_of_a_required_one(given, missing):
    names = ("access_key", "secret_key")
    pair = [
        SettingSpec(name=name, env=f"ACME_{name.upper()}", secret=True, instead_of="api_key")
        for name in names
    ]
    info = attrs.evolve(INFO, settings=(*INFO.settings, *pair))
    found = resolve_settings(info, given, environ={})
    assert [spec.name for spec in missing_settings(info, found)] == missing
    if missing:
        with pytest.raises(
            MissingCredential, match="Or set ACME_ACCESS_KEY and ACME_SECRET_KEY in its"
        ):
            require_settings(info, found)


def test_asking_for_a_setting_without_value_says_which():
    with pytest.raises(MissingCredential, match="acme: the setting 'region' has no value"):
        _resolved().text("region")


def test_settings_are_a_mapping_of_what_was_found():
    found = _resolved({"api_key": KEY})
    assert set(found) == {"api_key", "base_url"}
    assert len(found) == 2
    assert found["api_key"] == Secret(KEY)
    assert found["base_url"] == "https://api.acme.example"
    assert found.secrets == (KEY,)
    assert _resolved().secrets == ()


def _shown(value) -> list[str]:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s %r", (value, value), None)
    return [
        str(value),
        repr(value),
        f"{value}",
        f"{value!r}",
        "%s %r" % (value, value),  # noqa: UP031  (that is the point)
        record.getMessage(),
        repr([value]),
        repr({"a": value}),
    ]


@pytest.mark.parametrize(
    "value", [Secret(KEY), _resolved({"api_key": KEY})], ids=["secret", "settings"]
)
def test_a_secret_is_masked_wherever_it_could_be_shown(value):
    for text in _shown(value):
        assert KEY not in text
        assert MASK in text


def test_taking_values_apart_does_not_show_a_secret():
    @attrs.frozen
    class Holder:
        key: Secret
        settings: ProviderSettings

    holder = Holder(Secret(KEY), _resolved({"api_key": KEY}))
    for text in (repr(attrs.asdict(holder)), repr(attrs.astuple(holder)), repr(holder)):
        assert KEY not in text
        assert MASK in text


def test_a_traceback_does_not_show_a_secret():
    found = _resolved({"api_key": KEY})
    try:
        found.text("region")
    except MissingCredential as error:
        text = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        assert KEY not in "".join(text)


def test_a_secret_is_a_value():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert copy.deepcopy(Secret("a")).reveal() == "a"
    assert pickle.loads(pickle.dumps(Secret("a"))).reveal() == "a"  # noqa: S301  (our own bytes)


@pytest.fixture
def no_platformdirs(monkeypatch):
    monkeypatch.setitem(sys.modules, "platformdirs", None)


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_the_named_configuration_file_wins_even_when_it_is_missing(tmp_path):
    path = tmp_path / "mine.toml"
    assert default_config_path({"TRYON_CONFIG": str(path)}) == path


def test_the_users_configuration_file_is_found(home):
    pytest.importorskip("platformdirs")
    assert default_config_path({}) is None
    path = home / "config" / "tryon" / "tryon.toml"
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert default_config_path({}) == path


@pytest.mark.usefixtures("home")
def test_a_folder_that_may_not_be_entered_holds_no_configuration(monkeypatch):
    pytest.importorskip("platformdirs")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.stat", refuse)
    assert default_config_path({}) is None


@pytest.mark.usefixtures("no_platformdirs")
def test_without_platformdirs_only_a_named_file_counts():
    assert default_config_path({}) is None


def test_the_current_folder_is_never_looked_at(home, monkeypatch):
    (home / "tryon.toml").write_text('[acme]\nbase_url = "https://evil.example"\n')
    monkeypatch.chdir(home)
    assert default_config_path({}) is None


def _written(tmp_path, text: str | bytes) -> Path:
    path = tmp_path / "tryon.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_a_file_gives_its_tables(tmp_path, mark):
    path = _written(tmp_path, mark + b'[acme]\napi_key = "k"\n[local]\nworkers = 2\n')
    assert read_config(path) == {"acme": {"api_key": "k"}, "local": {"workers": 2}}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('api_key = "k"\n', "api_key must not stand outside a table"),
        ("[acme\n", "is not valid TOML"),
        ("[acme]\nkey = sk-1\n", "is not valid TOML"),
        (b"[acme]\nkey = '\xff'\n", "cannot read the configuration file"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path, text, fault):
    path = _written(tmp_path, text)
    with pytest.raises(SettingsError, match=fault) as caught:
        read_config(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(SettingsError, match="cannot read the configuration file") as caught:
        read_config(path)
    assert str(path) in caught.value.message


def test_a_python_without_toml_names_the_package_to_install(tmp_path, monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(settings_module.importlib, "import_module", refuse)
    with pytest.raises(MissingExtra, match="pip install tom"):
        read_config(_written(tmp_path, "[acme]\n"))


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()


@given(st.fixed_dictionaries({}, optional={"api_key": values, "region": values}), st.text())
@settings(deadline=None, max_examples=200)
def test_any_value_is_taken_whole_or_refused_without_showing_a_key(arguments, variable):
    try:
        found = _resolved(arguments, {"ACME_KEY": variable})
    except SettingsError as error:
        assert error.provider == "acme"  # noqa: PT017  (either outcome is allowed)
        return
    assert all(text.strip() == text != "" for text in (found.text(name) for name in found))
    assert all(secret.isascii() and secret.isprintable() for secret in found.secrets)
    assert isinstance(found.get("api_key", Secret("")), Secret)


@pytest.mark.parametrize("text", ["https://vendor.example/v1", "https://vendor.example/v1//"])
def test_an_address_never_ends_in_a_slash(text):
    capabilities = Capabilities(garments=[["top"]])
    info = ProviderInfo(
        id="acme", name="A", capabilities=capabilities, settings=[SettingSpec(name="base_url")]
    )
    found = resolve_settings(info, {"base_url": text}, environ={})
    assert found.text("base_url") == "https://vendor.example/v1"


@pytest.mark.parametrize("text", ["http://h", "http://h/", "http://h/v1", "http://h/v1/"])
def test_an_ending_that_only_some_tools_write_is_taken_off_an_address(text):
    info = ProviderInfo(
        id="acme",
        name="A",
        capabilities=Capabilities(garments=[["top"]]),
        settings=[SettingSpec(name="base_url", cut_ending="/v1")],
    )
    assert resolve_settings(info, {"base_url": text}, environ={}).text("base_url") == "http://h"


@pytest.mark.parametrize(
    ("arguments", "environ", "table", "expected"),
    [
        ({}, {}, {}, False),
        ({"allow_private_addresses": True}, {}, {}, True),
        ({}, {"TRYON_ALLOW_PRIVATE_ADDRESSES": "1"}, {}, True),
        ({}, {"TRYON_ACME_ALLOW_PRIVATE_ADDRESSES": "yes"}, {}, True),
        ({}, {}, {"allow_private_addresses": True}, True),
        ({}, {"TRYON_ALLOW_PRIVATE_ADDRESSES": "0"}, {"allow_private_addresses": True}, False),
        ({"allow_private_addresses": False}, {"TRYON_ALLOW_PRIVATE_ADDRESSES": "1"}, {}, False),
    ],
)
def test_every_provider_may_be_allowed_private_addresses(arguments, environ, table, expected):
    assert _resolved(arguments, environ, table).allows_private_addresses is expected


def test_a_switch_that_is_neither_on_nor_off_is_refused():
    with pytest.raises(SettingsError, match="'perhaps', which is neither true nor false"):
        _ = _resolved({"allow_private_addresses": "perhaps"}).allows_private_addresses


def test_a_misspelt_table_is_refused_by_name_where_its_provider_is_used():
    name = f"{INFO.id}x"
    with pytest.raises(SettingsError, match=rf"\[{name}\]") as caught:
        resolve_settings(INFO, environ={}, config={name: {"api_key": "k"}})
    assert caught.value.remedy == f"Write [{INFO.id}]."


@pytest.mark.parametrize("others", [["other"], ["pixelcut", "dashscope"]])
def test_tables_of_other_providers_are_left_alone(others):
    tables = {name: {"anything": "k"} for name in others}
    assert dict(resolve_settings(INFO, environ={}, config=tables)) is not None


@pytest.mark.parametrize("address", ["ftp://x", "127.0.0.1:9", "api.example", "http:", "https:/x"])
def test_a_base_url_that_is_no_address_is_refused_with_its_variable(address):
    info = attrs.evolve(INFO, settings=[SettingSpec(name="base_url")])
    with pytest.raises(SettingsError, match="which is no address") as caught:
        resolve_settings(info, {}, environ={"TRYON_ACME_BASE_URL": address})
    assert repr(address) in caught.value.message
    assert "TRYON_ACME_BASE_URL" in caught.value.remedy
    assert "https://" in caught.value.remedy


@pytest.mark.parametrize("address", ["http://[::1]:8/a", "HTTPS://{workspace}.example/api/v1"])
def test_a_base_url_may_have_a_port_a_path_and_a_field(address):
    info = attrs.evolve(INFO, settings=[SettingSpec(name="base_url")])
    found = resolve_settings(info, {"base_url": address}, environ={})
    assert found["base_url"] == address


KINDS = attrs.evolve(
    INFO,
    settings=[
        SettingSpec(name="trial", kind=bool, default="false"),
        SettingSpec(name="shape", choices=["list", "Object"], env=["ACME_SHAPE"]),
        SettingSpec(name="size", kind=int),
        SettingSpec(name="wait_s", kind=float, above=0),
    ],
)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("trial", True, "true"),
        ("trial", "ON", "true"),
        ("trial", "0", "false"),
        ("shape", "object", "Object"),
        ("size", 1024, "1024"),
        ("size", "-1", "-1"),
        ("wait_s", "0.5", "0.5"),
    ],
)
def test_a_value_is_read_in_the_declared_spelling(name, given, expected):
    found = resolve_settings(KINDS, {name: given}, environ={})
    assert found.text(name) == expected
    assert found.flag(name) is (expected == "true")


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("trial", "perhaps", "neither true nor false"),
        ("shape", "tree", "none of list, Object"),
        ("size", "1e3", "not a whole number"),
        ("size", "1_0", "not a whole number"),
        ("wait_s", "0", "not a number above 0"),
        ("wait_s", "nan", "not a number above 0"),
        ("wait_s", "soon", "not a number above 0"),
    ],
)
def test_a_value_that_the_setting_cannot_have_is_refused_with_what_it_can(name, given, wanted):
    with pytest.raises(SettingsError, match=wanted) as caught:
        resolve_settings(KINDS, {name: given}, environ={})
    assert repr(given) in caught.value.message
    assert f"TRYON_ACME_{name.upper()}" in caught.value.remedy


def test_all_wrong_settings_are_named_at_once():
    given = {"trial": "perhaps", "size": "big", "colour": "red"}
    with pytest.raises(SettingsError) as caught:
        resolve_settings(KINDS, given, environ={"ACME_SHAPE": "tree"})
    for part in ("trial is 'perhaps'", "size is 'big'", "'colour'", "shape is 'tree'"):
        assert part in caught.value.message
    assert "Give list or Object" in caught.value.remedy
    assert "Give a whole number" in caught.value.remedy


def test_a_wrong_secret_is_not_shown():
    info = attrs.evolve(INFO, settings=[SettingSpec(name="pin", kind=int, secret=True)])
    with pytest.raises(SettingsError, match="pin is") as caught:
        resolve_settings(info, {"pin": KEY}, environ={})
    assert KEY not in str(caught.value)


def test_a_setting_of_another_kind_cannot_be_declared():
    with pytest.raises(TypeError, match="kind"):
        SettingSpec(name="when", kind=list)


ADDRESSED = attrs.evolve(
    INFO, settings=[SettingSpec(name="base_url"), SettingSpec(name="team", env=["ACME_TEAM"])]
)


def test_the_address_may_hold_other_settings():
    given = {"base_url": "https://{team}.acme.example/{other}", "team": "red"}
    found = resolve_settings(ADDRESSED, given, environ={})
    assert found.address == "https://red.acme.example/{other}"


def test_an_address_that_lacks_a_setting_names_it():
    with pytest.raises(SettingsError, match="team has no value") as caught:
        resolve_settings(ADDRESSED, {"base_url": "https://{team}.example"}, environ={})
    assert "ACME_TEAM" in caught.value.remedy


def test_an_address_that_lacks_a_setting_hides_no_key_that_is_missing():
    keys = [SettingSpec(name=name, required=True) for name in ("app_key", "app_secret")]
    info = attrs.evolve(ADDRESSED, settings=[*ADDRESSED.settings, *keys])
    with pytest.raises(SettingsError, match="team has no value") as caught:
        resolve_settings(info, {"base_url": "https://{team}.example"}, environ={})
    with pytest.raises(MissingCredential) as missing:
        require_settings(info, resolve_settings(info, {}, environ={}))
    for error in (caught.value, missing.value):
        assert "no app_key found" in error.message
        assert "no app_secret found" in error.message
        assert "TRYON_ACME_APP_SECRET" in error.remedy


def test_a_template_is_filled_when_all_its_settings_have_a_value():
    found = _resolved({"api_key": KEY})
    assert found.fill("Bearer {api_key}") == f"Bearer {KEY}"
    assert found.fill("{api_key} {region}") is None
