"""From a manifest to the items of a run: every row is validated, and nothing is sent."""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

import attrs

from tryon_batch.fit_once import FitOnce
from tryon_batch.items import BatchItem
from tryon_batch.manifest_rows import Manifest, Row
from tryon_batch.row_options import RowOptions
from tryon_batch.row_problems import ManifestProblems, RowProblem
from tryon_core.errors import ConfigurationError
from tryon_core.images import check_request_images, remember_probes
from tryon_core.models import ImageRules, LibraryModel, PathSource, Problem, TryOnRequest
from tryon_core.preparing import find_problems
from tryon_core.session import Session

_COLUMNS = MappingProxyType({"garments": "top/bottom/dress"})


def check_manifest(
    manifest: Manifest,
    open_session: Callable[[str], Session],
    *,
    fit: bool,
    known: Collection[str] = frozenset(),
) -> list[BatchItem]:
    """Validate every row as a submission would be; nothing is sent or fetched.

    Args:
        manifest: what was read.
        open_session: opens a provider by its id; called once for each.
        fit: local images that can be made to fit the provider's limits are no problems.
        known: ids of rows whose images were looked at when their run began, and which are not
            looked at again when it goes on: that would take minutes.

    Returns:
        An item for each row, in their order; its provider is the id that the session has.

    Raises:
        ManifestProblems: everything that is wrong, what reading found included.
    """
    with remember_probes() as probes:
        fitting = FitOnce(probes) if fit else None
        checker = _Checker(manifest, open_session, fitting, frozenset(known))
        items = [checker.check(row) for row in manifest.rows]
    problems = [*manifest.problems, *dict.fromkeys(checker.problems)]
    if problems:
        raise ManifestProblems(problems, source=manifest.source)
    return [item for item in items if item is not None]


def check_items(
    items: Iterable[BatchItem], sessions: Mapping[str, Session], *, fit: bool
) -> dict[str, tuple[Problem, ...]]:
    """Return what keeps items from being sent, by id; items without a problem are left out.

    Args:
        items: such as those that a journal has planned.
        sessions: the providers that they name, by id.
        fit: as for `check_manifest`.
    """
    with remember_probes() as probes:
        fitting = FitOnce(probes) if fit else None
        found = {item.id: _errors(sessions[item.provider], item.request, fitting) for item in items}
    return {item_id: problems for item_id, problems in found.items() if problems}


def _errors(
    session: Session, request: TryOnRequest, fitting: FitOnce | None
) -> tuple[Problem, ...]:
    found = _problems(session, request, fitting)
    return tuple(problem for problem in found if problem.severity == "error")


def _problems(
    session: Session, request: TryOnRequest, fitting: FitOnce | None
) -> tuple[Problem, ...]:
    if fitting is None:
        return find_problems(session, request)
    capabilities = session.info.capabilities_for(request)
    return find_problems(session, *fitting.fit(request, capabilities))


@attrs.frozen
class _Desk:
    """What the rows of one provider share."""

    session: Session
    options: RowOptions


class _Checker:
    """Checks rows, and keeps their problems."""

    def __init__(
        self,
        manifest: Manifest,
        open_session: Callable[[str], Session],
        fitting: FitOnce | None,
        known: frozenset[str],
    ) -> None:
        self.problems: list[RowProblem] = []
        self._manifest = manifest
        self._open_session = open_session
        self._fitting = fitting
        self._known = known
        self._desks: dict[str, _Desk | ConfigurationError] = {}

    def check(self, row: Row) -> BatchItem | None:
        """Return what to do for a row, None when that cannot be told."""
        desk = self._desk(row)
        if desk is None:
            self._check_alone(row)
            return None
        made = desk.options.make(row.options)
        self.problems += [attrs.evolve(problem, row=row.number) for problem in made.problems]
        if row.person is None or made.options is None:
            self._check_alone(row)
            return None
        request = TryOnRequest(person=row.person, options=made.options, **row.garments)
        if row.id not in self._known:
            self._tell(row, _problems(desk.session, request, self._fitting))
        return BatchItem(
            id=row.id,
            provider=desk.session.info.id,
            request=request,
            row=row.number,
            given=row.given,
            own=row.own,
        )

    def _check_alone(self, row: Row) -> None:
        """Find what is wrong with a row whatever its provider is."""
        images = dict(row.garments)
        if row.person is not None and not isinstance(row.person, LibraryModel):
            images["person"] = row.person
        self._tell(row, check_request_images(images, lambda _: ImageRules()))
        if not row.garments:
            self._tell(row, [Problem("garments", "no garment was given. Give one.")])

    def _desk(self, row: Row) -> _Desk | None:
        if row.provider is None:
            return None
        if row.provider not in self._desks:
            self._desks[row.provider] = self._open(row.provider)
        found = self._desks[row.provider]
        if isinstance(found, _Desk):
            return found
        told = RowProblem(row.number, "provider", message=found.message, remedy=found.remedy)
        self.problems.append(told)
        return None

    def _open(self, provider: str) -> _Desk | ConfigurationError:
        try:
            session = self._open_session(provider)
        except ConfigurationError as error:
            return error
        given = self._manifest
        common = given.options if given.provider in {None, provider} else {}
        return _Desk(session, RowOptions(session.info, common, given.folder))

    def _tell(self, row: Row, problems: Iterable[Problem]) -> None:
        self.problems += [
            RowProblem(row.number, _column(row, problem.field), message=problem.message)
            for problem in problems
            if problem.severity == "error"
        ]


def _column(row: Row, field: str) -> str:
    """Return the column that a field of the request comes from; of a pair of files, the file."""
    source = row.person if field == "person" else row.garments.get(field)
    if isinstance(source, LibraryModel):
        return "person_model"
    if row.number is None and isinstance(source, PathSource):
        return repr(str(source.path))
    name = _COLUMNS.get(field, field)
    return f"option.{name.removeprefix('options.')}" if name.startswith("options.") else name
