"""What properties are tried in: one client and one emulator for many examples."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from tryon_core.client import Client
from tryon_core.errors import TryOnError
from tryon_testing.bench import PAUSE_S, Bench, bench
from tryon_testing.breach import breach, refuse_bug
from tryon_testing.clocks import FakeClock
from tryon_testing.members import ContractMembers
from tryon_testing.refusals import answer_of
from tryon_testing.wire import Answer

_TOOLKIT = ("result", "tryon_", "static")


@attrs.frozen(kw_only=True, eq=False)
class World:
    """One provider with everything around it.

    Attributes:
        bench: emulator, clock and wire.
        client: of the provider; one for all examples.
    """

    bench: Bench
    client: Client

    def begin(self) -> None:
        """Start an example: nothing was sent, nothing is spoilt, and quotas are free again."""
        self.bench.wire.restore()
        self.bench.wire.answers.clear()
        self.bench.bystander.visits.clear()
        if isinstance(self.bench.clock, FakeClock):
            self.bench.clock.sleeps.clear()
        self.bench.pass_time(PAUSE_S)

    @property
    def sent(self) -> list[str]:
        """The requests that left the client in this example."""
        return [f"{answer.method} {answer.operation}" for answer in self.bench.wire.answers]

    def address_of(self, data: bytes) -> str:
        """Return an address on this machine from which a picture can be fetched."""
        return self.bench.bystander.show(hashlib.sha256(data).hexdigest()[:16], data)

    def answers_to(self, call: Callable[[], object]) -> list[Answer]:
        """Return the vendor's different JSON answers while a call is made."""
        self.begin()
        outcome = outcome_of(call, "nothing was spoilt")
        if isinstance(outcome, TryOnError):
            breach(f"{outcome!r} came, although nothing was spoilt.")
        found = {
            (answer.operation, answer.body): answer
            for answer in self.bench.wire.answers
            if answer.json is not None and not answer.operation.startswith(_TOOLKIT)
        }
        return list(found.values())

    def refusals_of(self, answers: Sequence[Answer]) -> list[Answer]:
        """Return the vendor's own refusals, as far as the emulator knows them.

        Args:
            answers: what could have been refused.
        """
        found = [answer_of(self.bench, entry) for entry in self.client.info.errors]
        operations = {answer.operation: answer for answer in answers}
        return [
            answer.with_body(refusal.body, status=refusal.status)
            for answer in operations.values()
            for refusal in found
            if refusal is not None
        ]


def outcome_of(call: Callable[[], Any], situation: str) -> Any:
    """Return what a call gave, or the `TryOnError` that it raised.

    Anything else that it raises is a breach, and so is a fault in the plugin's code.

    Args:
        call: made once.
        situation: what the vendor did, as the beginning of a sentence.
    """
    try:
        return call()
    except TryOnError as error:
        refuse_bug(error, situation)
        return error
    except Exception as error:  # noqa: BLE001  (whatever it is, it is a breach)
        breach(
            f"{situation}: the client raised {type(error).__name__} ({error}), which is no "
            "TryOnError."
        )


@contextmanager
def world_of(members: ContractMembers, *, attempts: int = 1) -> Iterator[World]:
    """Run everything that a provider needs for the length of a `with` block.

    Args:
        members: name the provider, and its emulator when the installed one is not meant.
        attempts: most submissions that the client tries where the first one did not start.

    Raises:
        Skipped: the provider asks a vendor, and nothing stands in for that.
    """
    with bench(members) as made, made.client(attempts=attempts) as client:
        yield World(bench=made, client=client)
