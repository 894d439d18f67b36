"""The providers of a run: each opened once, here and in the processes that work for it."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from tryon_batch.workers import SessionElsewhere, SessionSource
from tryon_core.clock import Clock
from tryon_core.registry import REGISTRY
from tryon_core.session import Session, open_session
from tryon_core.settings import require_settings


@attrs.frozen(kw_only=True, eq=False)
class Sessions:
    """Opens providers by the names that a manifest gives them.

    Attributes:
        clock: that of all of them.
        config: configuration file, None for the usual one.
    """

    clock: Clock
    config: Path | None
    _by_name: dict[str, Session] = attrs.field(factory=dict)

    def open(self, name: str) -> Session:
        """Return a provider's session; no key is needed yet.

        Args:
            name: id of an installed provider, or `id@distribution`.

        Raises:
            ConfigurationError: it is not installed, or its settings cannot be read.
        """
        if name not in self._by_name:
            self._by_name[name] = open_session(
                REGISTRY.load(name),
                extensions=(),
                config=self.config,
                transport=None,
                clock=self.clock,
                settings={},
            )
        return self._by_name[name]

    @property
    def by_name(self) -> Mapping[str, Session]:
        """The sessions by the names under which they were opened."""
        return self._by_name

    def require_keys(self) -> None:
        """Make sure that everything is there which sending needs.

        Raises:
            MissingCredential: a key is missing.
        """
        for session in self._by_name.values():
            require_settings(session.info, session.settings)

    @property
    def by_id(self) -> Mapping[str, Session]:
        """The sessions by the ids of their providers."""
        return {session.info.id: session for session in self._by_name.values()}

    @property
    def sources(self) -> Mapping[str, SessionSource]:
        """How other processes open the same, by the ids of the providers."""
        return {
            session.info.id: SessionElsewhere(provider=name, settings=session.settings)
            for name, session in self._by_name.items()
        }
