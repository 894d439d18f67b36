"""`tryon doctor` finds what keeps tryon from working, whatever state this machine is in."""

import json
import os
import shutil
import socket
import sys
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest

from distributions import write_distribution
from sample_plugins import plugin_source
from servers import answer, serving
from tryon_core.models import ProviderInfo
from tryon_core.registry import REGISTRY
from tryon_core.settings import origins, read_config, resolve_settings
from tryon_doctor import isolated

REAL_LOOK_UP = socket.getaddrinfo


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    """Answer look-ups of names at the lowest level: nothing leaves this machine."""
    addresses = ["93.184.216.34"]

    def look_up(host, port, *args, **kwargs):
        if host in {"127.0.0.1", "localhost"}:
            return REAL_LOOK_UP(host, port, *args, **kwargs)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    for name in [*os.environ]:
        if name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    return addresses


@pytest.fixture
def ask(tryon, monkeypatch):
    """Run the doctor, and look at the plugins in this process: of tests that are not about that."""

    def look_at(plugins, config):
        looks = isolated.looks({} if config is None else read_config(Path(config)))
        return [((kind, name), looks[kind](name)) for kind, name in plugins]

    def run(*args):
        monkeypatch.setattr("tryon_doctor.cli_doctor.look_at", look_at)
        return tryon("doctor", *args, "--json")

    return run


@pytest.fixture
def plugin(folder, monkeypatch):
    """Install a provider whose module has this source; give the folder of its metadata."""

    def install(source, provider_id="acme", **more):
        providers = {provider_id: f"tryon_{provider_id}:provider"}
        modules = {f"tryon_{provider_id}": source}
        place = write_distribution(
            folder / "site", f"tryon-{provider_id}", providers=providers, modules=modules, **more
        )
        monkeypatch.syspath_prepend(str(folder / "site"))
        REGISTRY.refresh()
        return place

    yield install
    sys.modules.pop("tryon_acme", None)
    monkeypatch.undo()
    REGISTRY.refresh()


def _findings(ended, about, state="problem"):
    found = [one for one in ended.json["findings"] if one["about"] == about]
    return [f"{one['message']} {one['remedy']}" for one in found if state in {one["state"], None}]


def test_a_sound_machine_is_well_and_no_value_of_a_key_is_shown(tryon, ask, monkeypatch, folder):
    monkeypatch.setenv("FAL_KEY", "hush-hush")
    (folder / "my.toml").write_text("[pixelcut]\napi_key = 'hush-hush'\n")
    command = ("doctor", "--offline", "--config", "my.toml")
    text, document = tryon(*command), ask(*command[1:])
    assert (text.code, document.code, document.json["is_well"]) == (0, 0, True)
    assert "set: api_key from FAL_KEY." in text.out
    assert "set: api_key from tryon.toml." in text.out
    assert text.out.endswith("\nall is well.\n")
    assert "hush" not in text.out + text.err + document.out + document.err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise RuntimeError('needs more memory')", "needs more memory"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        (plugin_source("acme", api_version=99), "for version 99 of the hooks"),
        ("provider = object()", "not ProviderInfo"),
    ],
)
def test_a_broken_plugin_is_named_with_its_folder(ask, plugin, source, said):
    place = plugin(source)
    ended = ask("acme", "--offline")
    (problem,) = _findings(ended, "acme")
    assert said in problem
    assert str(place) in problem
    assert ended.code == 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(7)", "it ended the interpreter with the exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "by the signal SIGSEGV"),
        ("import time; time.sleep(999)", "looking at it took more than 0.5 s"),
    ],
)
def test_a_plugin_that_ends_or_holds_the_interpreter_harms_nobody(
    tryon, plugin, monkeypatch, source, said
):
    if "sleep" in source:
        monkeypatch.setattr(isolated, "LIMIT_S", 0.5)
    place = plugin(source)
    ended = tryon("doctor", "acme", "--offline", "--json")
    (problem,) = _findings(ended, "acme")
    assert said in problem
    assert str(place) in problem


def test_the_plugins_after_one_that_ends_the_interpreter_are_looked_at(plugin):
    plugin("import os; os._exit(7)")
    wanted = [("provider", name) for name in ("acme", "pixelcut")]
    looked = dict(isolated.look_at(wanted, None))
    assert [said["problem"] is None for said in looked.values()] == [False, True]


def test_what_a_plugin_prints_is_not_among_our_lines(tryon, plugin):
    plugin("import os; print('buy me'); os.write(1, b'buy me')\n" + plugin_source("acme"))
    ended = tryon("doctor", "acme", "--offline", "--json")
    assert (ended.code, ended.json["is_well"]) == (0, True)


def test_what_an_interrupted_pip_left_over_is_to_be_deleted(ask, plugin):
    place = plugin(plugin_source("acme"))
    leftover = place.with_name("~ryon_acme-1.0.dist-info")
    shutil.copytree(place, leftover)
    empty = place.with_name("tryon_acme-0.9.dist-info")
    empty.mkdir()
    ended = ask("acme", "--offline")
    assert ended.code == 3
    for one in (leftover, empty):
        (problem,) = _findings(ended, one.name)
        assert str(one) in problem
        assert "Delete it, and install the package again if it is missing." in problem


def test_a_distribution_that_is_there_twice_is_named(ask, plugin):
    plugin(plugin_source("acme"))
    plugin(plugin_source("acme"), version="1.1")
    (problem,) = _findings(ask("acme", "--offline"), "tryon-acme")
    assert "pip uninstall tryon-acme" in problem


def test_an_unknown_id_is_told_with_those_that_are_installed(ask):
    (problem,) = _findings(ask("pixlcut"), "pixlcut")
    assert "Did you mean 'pixelcut'?" in problem


def test_a_key_that_is_missing_is_a_problem_of_the_provider_that_was_asked_for(ask):
    assert "PIXELCUT_API_KEY" in _findings(ask("pixelcut"), "pixelcut")[0]


def test_a_variable_that_nothing_reads_is_named(ask, monkeypatch):
    monkeypatch.setenv("TRYON_PIXELCUT_APIKEY", "hush-hush")
    ended = ask("pixelcut", "--offline")
    (remark,) = [one for one in _findings(ended, "pixelcut", "note") if "APIKEY" in one]
    assert "nothing reads it" in remark


@pytest.mark.parametrize(
    ("text", "said"), [("[pixelcut", "is not valid TOML"), ("x = 1", "outside a table")]
)
def test_a_configuration_that_cannot_be_read_keeps_nothing_else_from_being_looked_at(
    ask, folder, text, said
):
    (folder / "my.toml").write_text(text)
    ended = ask("local", "--offline", "--config", "my.toml")
    assert said in _findings(ended, "my.toml")[0]
    assert _findings(ended, "local", "ok")


def test_a_file_of_keys_that_others_may_read_is_noted(ask, folder):
    (folder / "my.toml").write_text("[local]\n[nobody]\n")
    (folder / "my.toml").chmod(0o644)
    ended = ask("local", "--offline", "--config", "my.toml")
    unused, readable = _findings(ended, "my.toml", "note")
    assert "[nobody]" in unused
    assert "chmod 600" in readable


@pytest.mark.parametrize(
    ("address", "state", "said"),
    [
        ("198.18.0.5", "note", "fake IP"),
        ("10.1.2.3", "note", "a private network"),
        ("127.0.0.1", "problem", "leads to this machine"),
        ("0.0.0.0", "problem", "leads to this machine"),  # noqa: S104  (what blockers answer)
        (None, "problem", "could not be resolved"),
    ],
)
def test_an_odd_answer_of_the_dns_is_explained(ask, answers, address, state, said):
    answers[:] = [address] if address else []
    assert said in " ".join(_findings(ask("pixelcut"), "pixelcut", state))


@pytest.mark.parametrize(
    ("variables", "about", "said"),
    [
        ({"HTTPS_PROXY": "http://me:hush@proxy:3128"}, "pixelcut", "proxy http://proxy:3128"),
        ({"ALL_PROXY": "socks5h://p:1"}, "pixelcut", "proxy socks5h://p:1 (ALL_PROXY)"),
        ({"ALL_PROXY": "socks://p:1"}, "pixelcut", "Write socks5h:// or http://"),
        (
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".pixelcut.ai"},
            "pixelcut", "reached directly",
        ),
        ({"NO_PROXY": "*.pixelcut.ai"}, "NO_PROXY", "Write .pixelcut.ai."),
        ({"REQUESTS_CA_BUNDLE": "none.pem"}, "REQUESTS_CA_BUNDLE", "is not there"),
        ({"SSL_CERT_FILE": "a.pem"}, "SSL_CERT_FILE", "set REQUESTS_CA_BUNDLE"),
    ],
)  # fmt: skip
def test_what_the_environment_does_to_the_way_is_told(ask, monkeypatch, variables, about, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = ask("pixelcut", "--offline")
    assert said in " ".join(_findings(ended, about, None))
    assert "hush" not in ended.out


def test_without_its_package_a_socks_proxy_is_a_problem(ask, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:7890")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    problems = _findings(ask("pixelcut", "--offline"), "pixelcut")
    assert any("pip install 'tryon-core[socks]'" in one for one in problems)


def test_a_home_that_cannot_be_written_is_a_problem(ask, monkeypatch):
    monkeypatch.setenv("TRYON_DATA_DIR", "/proc/1/nowhere")
    ended = ask("local", "--offline")
    assert "TRYON_DATA_DIR" in _findings(ended, "data")[0]


def test_a_disk_that_is_full_is_a_problem(ask, monkeypatch):
    usage = type("Usage", (), {"free": 5_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    ended = ask("local", "--offline")
    assert "only 5 MB are free" in _findings(ended, "data")[0]


@pytest.fixture
def kling(monkeypatch):
    """Serve the balance of Kling by a clock that differs; gives a function."""
    monkeypatch.setenv("KLINGAI_ACCESS_KEY", "fake-access")
    monkeypatch.setenv("KLINGAI_SECRET_KEY", "fake-secret")

    def serve(skew_s, code=0):
        def step(link):
            now = datetime.now(timezone.utc) - timedelta(seconds=skew_s)
            body = json.dumps({"code": code, "data": {"resource_pack_subscribe_infos": []}})
            return answer(200, body, headers={"Date": format_datetime(now, usegmt=True)})(link)

        return serving(step)

    return serve


@pytest.mark.parametrize(
    ("skew_s", "said"), [(0, "near enough"), (90, "s ahead of"), (-3600, "s behind")]
)
def test_a_clock_that_is_wrong_is_found_for_a_vendor_whose_requests_are_signed(
    ask, kling, monkeypatch, skew_s, said
):
    with kling(skew_s) as server:
        monkeypatch.setenv("TRYON_KLING_BASE_URL", server.url(""))
        ended = ask("kling")
        assert [one.target.partition("?")[0] for one in server.requests] == ["/account/costs"]
    state = "problem" if skew_s else "ok"
    assert said in " ".join(_findings(ended, "clock", state))
    assert "0 units left" in " ".join(_findings(ended, "kling", "ok"))
    assert ended.code == (3 if skew_s else 0)


def test_a_vendor_that_does_not_tell_the_balance_is_not_asked(ask, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "fake-key")
    ended = ask("dashscope")
    (remark,) = _findings(ended, "dashscope", "note")
    assert "Nothing was sent." in remark
    assert (ended.code, _findings(ended, "clock", "ok")) == (0, [])


def test_a_key_that_is_refused_is_a_problem(ask, kling, monkeypatch):
    with kling(0, code=1002) as server:
        monkeypatch.setenv("TRYON_KLING_BASE_URL", server.url(""))
        ended = ask("kling")
    assert _findings(ended, "kling")
    assert "near enough" in " ".join(_findings(ended, "clock", "ok"))


def test_where_a_setting_comes_from_is_where_its_value_comes_from():
    info = REGISTRY.load("pixelcut").info
    assert isinstance(info, ProviderInfo)
    config = {"pixelcut": {"api_key": "of the file", "base_url": "http://file.example"}}
    for environ in ({}, {"PIXELCUT_API_KEY": "of the vendor"}, {"PIXELCUT_API_KEY": " "}, {
        "PIXELCUT_API_KEY": "of the vendor", "TRYON_PIXELCUT_API_KEY": "of ours"
    }):  # fmt: skip
        values = {**environ, "tryon.toml": "of the file"}
        settings = resolve_settings(info, environ=environ, config=config)
        place = origins(info, config, environ)["api_key"]
        assert settings.text("api_key") == values[place].strip()
