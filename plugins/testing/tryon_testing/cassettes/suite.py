"""All cassettes of one provider, and how one is played."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tryon_core.client import Client
from tryon_core.clock import Clock
from tryon_core.submitting import SubmitPolicy
from tryon_core.transport import TransportPolicy
from tryon_testing.cassettes.case import Case
from tryon_testing.cassettes.performing import Pictures, perform
from tryon_testing.cassettes.pictures import draw
from tryon_testing.cassettes.use import use_cassette
from tryon_testing.clocks import FakeClock

PICTURES = "https://pictures.example"
"""Where pictures that are given as addresses lie in a cassette."""


@attrs.frozen(kw_only=True)
class Suite:
    """The cases of one provider, and what their cassettes have in common.

    Attributes:
        provider: its id.
        cases: what to show.
        folder: where the cassettes lie.
        keys: the provider's keys for playing; anything will do.
        hosts: the vendor's addresses by path of the emulator: for the service itself, mostly `""`,
            and for results and stores. The longest path that fits counts.
        base_path: the emulator's `path`.
        files: beginnings of addresses in published samples at which pictures lie, with those at
            which the client asks for them.
    """

    provider: str
    cases: Sequence[Case]
    folder: Path
    keys: Mapping[str, str]
    hosts: Mapping[str, str]
    base_path: str = ""
    files: Mapping[str, str] = attrs.field(factory=dict)

    def path(self, case: Case) -> Path:
        """Return where the cassette of a case lies."""
        return self.folder / f"{case.name}.yaml"

    def play(self, case: Case) -> None:
        """Do what a case says, answered by its cassette; nothing is sent and nobody waits.

        Raises:
            AssertionError: something else came of it, or not all answers were asked for.
        """
        clock = FakeClock()
        client = make_client(self.provider, {**self.keys, **case.settings}, clock)
        with client, use_cassette(self.path(case)):
            perform(case, client, pictures_for(case, PICTURES), clock)


def make_client(provider: str, settings: Mapping[str, Any], clock: Clock) -> Client:
    """Return a client that repeats nothing, so that a refusal is one request.

    Args:
        provider: whose.
        settings: with its keys; nothing is read from a configuration file.
        clock: its time.
    """
    return Client(
        provider,
        config={},
        remember=False,
        transport=TransportPolicy(retries=0),
        submitting=SubmitPolicy(attempts=1),
        clock=clock,
        **settings,
    )


def pictures_for(case: Case, address: str) -> Pictures:
    """Return what gives the drawn pictures of a case, as files or below an address."""
    if case.images == "file":
        return draw
    return lambda name: f"{address}/{name}.png"
