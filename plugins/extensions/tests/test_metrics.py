import socket
import sys

import prometheus_client
import pytest
import requests

from providers import FakeProvider, fake_info, picture
from tryon_core import Client, errors
from tryon_extensions import Metrics
from tryon_testing import FakeClock


@pytest.fixture
def registry():
    return prometheus_client.CollectorRegistry()


def _client(registry, provider=None, **settings):
    extension = Metrics(registry=registry, **settings)
    return Client(provider or FakeProvider(), extensions=[extension], clock=FakeClock(), config={})


def _calls(registry):
    """What was counted, by hook and outcome."""
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {
        (sample.labels["hook"], sample.labels["outcome"]): sample.value
        for sample in samples
        if sample.name == "tryon_calls_total"
    }


def test_calls_are_counted_by_provider_hook_and_outcome(registry):
    client = _client(registry, FakeProvider(polls=2))
    client.try_on(picture(), top=picture())
    client.parse_garment(picture(), need=())
    assert _calls(registry) == {
        ("submit", "accepted"): 1,
        ("poll", "running"): 2,
        ("poll", "succeeded"): 1,
        ("parse_garment", "done"): 1,
    }
    value = registry.get_sample_value
    assert value("tryon_call_seconds_count", {"provider": "fake", "hook": "poll"}) == 3
    ended = {"provider": "fake", "outcome": "succeeded"}
    assert value("tryon_job_seconds_count", ended) == 1
    cost = {"provider": "fake", "currency": "USD"}
    assert value("tryon_expected_cost_total", cost) == pytest.approx(0.1)


def test_a_failure_is_counted_by_its_class_and_costs_nothing(registry):
    client = _client(registry, FakeProvider(on_submit=errors.InputRefused("no.")))
    with pytest.raises(errors.InputRefused):
        client.submit(picture(), top=picture())
    assert _calls(registry) == {("submit", "InputRefused"): 1}
    assert registry.get_sample_value("tryon_expected_cost_total") is None


def test_an_unknown_price_is_no_cost(registry):
    client = _client(registry, FakeProvider(info=fake_info(price=None)))
    client.submit(picture(), top=picture())
    assert _calls(registry) == {("submit", "accepted"): 1}


def test_two_clients_count_into_one_registry(registry):
    for _ in range(2):
        _client(registry).submit(picture(), top=picture())
    assert _calls(registry) == {("submit", "accepted"): 2}


def test_a_script_leaves_a_file_for_the_textfile_collector(registry, tmp_path):
    file = tmp_path / "tryon.prom"
    client = _client(registry, textfile=file)
    job = client.submit(picture(), top=picture())
    assert (
        'tryon_calls_total{hook="submit",outcome="accepted",provider="fake"} 1.0'
        in file.read_text()
    )
    client.wait(job)
    assert "tryon_job_seconds_sum" in file.read_text()


def test_a_program_serves_them_from_the_first_call_on(registry):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = _client(registry, port=port)
    client.submit(picture(), top=picture())
    page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    assert "tryon_calls_total" in page
    _client(registry, port=port).submit(picture(), top=picture())


def test_a_port_that_is_taken_disturbs_nothing_and_is_said_once(registry, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        client = _client(registry, port=taken.getsockname()[1])
        client.try_on(picture(), top=picture())
    assert caplog.text.count("metrics are not served at 127.0.0.1") == 1


def test_by_name_it_counts_into_the_registry_of_the_process():
    before = prometheus_client.REGISTRY.get_sample_value
    labels = {"provider": "named", "hook": "submit", "outcome": "accepted"}
    provider = FakeProvider(info=fake_info("named"))
    client = Client(provider, extensions=["metrics"], clock=FakeClock(), config={})
    client.submit(picture(), top=picture())
    assert before("tryon_calls_total", labels) == 1


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(errors.SettingsError, match=r"pip install 'tryon-extensions\[metrics\]'"):
        Client(FakeProvider(), extensions=["metrics"], config={})
