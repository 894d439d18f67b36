"""Answers without sockets: the vendor's own, as recorded, or whatever a property wants to try."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from werkzeug.exceptions import HTTPException

from tryon_core.client import Client
from tryon_core.transport.attempt import Attempt
from tryon_core.transport.outcome import Answer as Arrived
from tryon_core.transport.outcome import Outcome
from tryon_testing.bench import PAID
from tryon_testing.wire import Answer, Wire


class InProcess:
    """Stands in for the sockets of one client; all above them is the client's own.

    Args:
        wire: knows which operation an address belongs to.
        address: where the vendor's emulator listens; all other addresses are asked for real.
        usual: answers by operation.
        network: the client's own way to other addresses.

    Attributes:
        spoilt: what is answered to its operation instead of the usual.
        sent: the requests that came, such as `POST submit`.
    """

    def __init__(self, wire: Wire, address: str, usual: Mapping[str, Answer], network: Any) -> None:
        self._routes = wire.app.url_map.bind(urlsplit(address).netloc)
        self._address = f"{address}/"
        self._usual = usual
        self._network = network
        self.spoilt: Answer | None = None
        self.sent: list[str] = []

    def send(self, request: requests.Request, attempt: Attempt, *, max_bytes: int) -> Outcome:
        """Answer a request at once."""
        operation = self._operation(request)
        spoilt = self.spoilt if self.spoilt and self.spoilt.operation == operation else None
        answer = spoilt or self._usual.get(operation)
        if answer is None:
            outcome: Outcome = self._network.send(request, attempt, max_bytes=max_bytes)
            return outcome
        self.sent.append(f"{request.method} {operation}")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Arrived(status=answer.status, headers=headers, body=answer.body)

    def close(self) -> None:
        """Close the client's own network."""
        self._network.close()

    @property
    def paid(self) -> int:
        """How many of the requests may cost money."""
        names = (entry.removeprefix("POST ") for entry in self.sent if entry.startswith("POST "))
        return sum(name.startswith(PAID) for name in names)

    def _operation(self, request: requests.Request) -> str:
        if not str(request.url).startswith(self._address):
            return ""
        path = urlsplit(str(request.url)).path
        try:
            endpoint, _ = self._routes.match(path, method=request.method)
        except HTTPException:
            return ""
        return str(endpoint)


def in_process(client: Client, wire: Wire, address: str, usual: Mapping[str, Answer]) -> InProcess:
    """Take a client off the network, but for addresses that are not the vendor's.

    Args:
        client: whose vendor is answered for from now on.
        wire: the one of its bench.
        address: where the emulator listens.
        usual: answers by operation.
    """
    engine: Any = client.session.transport._engine()  # noqa: SLF001  (a seam for tests alone)
    engine._session = InProcess(wire, address, usual, engine._session)  # noqa: SLF001
    stand_in: InProcess = engine._session  # noqa: SLF001
    return stand_in
