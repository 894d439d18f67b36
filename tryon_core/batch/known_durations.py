"""How long the jobs of a run take, by provider and model; kept from run to run."""

from collections.abc import Collection

from tryon_core.duration_store import DurationStore
from tryon_core.durations import Durations
from tryon_core.models import ProviderInfo


class KnownDurations:
    """What is known of durations, for all models of a run.

    Args:
        store: keeps it between runs.
        strangers: ids of the providers of which nothing is kept, such as those whose address was
            set to an emulator: its durations are not the vendor's.
    """

    def __init__(self, store: DurationStore, *, strangers: Collection[str] = ()) -> None:
        self._store = store
        self._strangers = frozenset(strangers)
        self._known: dict[tuple[str, str], Durations] = {}

    def of(self, info: ProviderInfo, model: str) -> Durations:
        """Return what is known of one model, to be read and added to."""
        key = info.id, model
        if key not in self._known:
            typical_s = info.capabilities.typical_job_s
            store = DurationStore(None) if info.id in self._strangers else self._store
            self._known[key] = Durations(store.load(*key, typical_s=typical_s))
        return self._known[key]

    def keep(self) -> None:
        """Keep what was learned for later runs; a folder that cannot be written is no error."""
        models = {key: known.model for key, known in self._known.items()}
        learned = {key: model for key, model in models.items() if key[0] not in self._strangers}
        if learned:
            self._store.save(learned)
