"""From a manifest to the items of a run: every row is validated, nothing is sent."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from tryon_batch.items import BatchItem
from tryon_batch.manifest.columns import OPTION, ManifestProblems, RowProblem
from tryon_batch.manifest.rows import Manifest, Row
from tryon_batch.outfits import with_first_step
from tryon_core import (
    Capabilities,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    PathSource,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.engine import (
    CATEGORIES,
    ImageProbe,
    Keepable,
    Session,
    check_request_images,
    find_problems,
    fit,
    fit_images,
    make_options,
    probe,
    problem_of,
    problems_of_photo,
    remember_probes,
    rules_for,
    undeliverable_first,
)
from tryon_core.errors import ConfigurationError, UnknownOption, UnusableImage

R = TypeVar("R", TryOnRequest, ParseRequest)


class FitOnce:
    """Makes images fit for validation, which looks at headers only.

    Ten thousand rows may share a hundred photos, and their derivatives do not fit into memory. So
    the request keeps the file, and only the header of its derivative is remembered.

    Args:
        probes: what is remembered of files, as `remember_probes` gives it.
    """

    def __init__(self, probes: dict[Path, ImageProbe]) -> None:
        self._probes = probes
        self._headers: dict[tuple[PathSource, ImageRules], ImageProbe | UnusableImage] = {}

    def fit(self, request: R, capabilities: Capabilities) -> tuple[R, tuple[Problem, ...]]:
        """Return the request to validate, and the problems of images that cannot be made to fit.

        The returned request is for validation only: its images are not made to fit.
        """
        rules = {field: rules_for(field, capabilities) for field in request.images}
        files = {
            field: source
            for field, source in request.images.items()
            if isinstance(source, PathSource)
        }
        if _has_two_roles(files, rules) or _has_bytes(request):
            for source in files.values():
                self._probes.pop(source.path, None)
            return fit_images(request, capabilities, _say_nothing)
        problems = []
        for field, source in files.items():
            header = self._header(source, rules[field], field)
            if isinstance(header, UnusableImage):
                problems.append(problem_of(header, field))
            else:
                self._probes[source.path] = header
        return request, tuple(problems)

    def _header(
        self, source: PathSource, rules: ImageRules, field: str
    ) -> ImageProbe | UnusableImage:
        key = (source, rules)
        if key not in self._headers:
            # What is remembered may be of a derivative for another role.
            self._probes.pop(source.path, None)
            try:
                self._headers[key] = probe(fit(source, rules, field=field).source, field=field)
            except UnusableImage as error:
                # Its traceback holds the pixels.
                self._headers[key] = error.with_traceback(None)
        return self._headers[key]


def _has_two_roles(files: Mapping[str, PathSource], rules: Mapping[str, ImageRules]) -> bool:
    """Return whether one file is used in two fields with different limits."""
    roles = {(source, rules[field]) for field, source in files.items()}
    return len(roles) > len({source for source, _ in roles})


def _has_bytes(request: TryOnRequest | ParseRequest) -> bool:
    sources: list[ImageSource] = list(request.images.values())
    return not all(isinstance(source, (PathSource, UrlSource)) for source in sources)


def _say_nothing(sentence: str) -> None:
    """Say nothing of a change here; it is said when the image is sent."""


@attrs.frozen(kw_only=True)
class MadeOptions:
    """The options of a row.

    Attributes:
        options: an instance of the provider's options class. With problems it holds the defaults;
            None when the class has no defaults.
        problems: without the number of the row.
    """

    options: Any
    problems: tuple[RowProblem, ...] = ()


class RowOptions:
    """Makes options; rows with equal ones share the instance.

    Args:
        info: the provider's declaration.
        common: options of all rows, which those of a row win over.
        folder: what paths among the options of a row are relative to.
    """

    def __init__(self, info: ProviderInfo, common: Mapping[str, Any], folder: Path) -> None:
        self._info = info
        self._common = common
        self._folder = folder
        self._made: dict[str, MadeOptions] = {}

    def make(self, own: Mapping[str, Any]) -> MadeOptions:
        """Return the options of a row that gives these itself."""
        key = json.dumps(own, sort_keys=True)
        if key not in self._made:
            self._made[key] = self._make(own)
        return self._made[key]

    def _make(self, own: Mapping[str, Any]) -> MadeOptions:
        given = {**self._common, **own}
        try:
            return MadeOptions(options=self._located(self._convert(given), own))
        except UnknownOption as error:
            problems = tuple(self._problems(given, error))
        try:
            return MadeOptions(options=self._convert({}), problems=problems)
        except UnknownOption:
            return MadeOptions(options=None, problems=problems)

    def _convert(self, given: Mapping[str, Any]) -> Any:
        converted: object = make_options(self._info.options, given, provider=self._info.id)
        return converted

    def _problems(self, given: Mapping[str, Any], error: UnknownOption) -> list[RowProblem]:
        """Return the problem of each option that is wrong by itself, or that of all together."""
        problems = []
        for name, value in given.items():
            try:
                self._convert({name: value})
            except UnknownOption as alone:
                problems.append(_problem(f"{OPTION}{name}", alone))
        return problems or [_problem("options", error)]

    def _located(self, options: Any, own: Mapping[str, Any]) -> Any:
        """Return options whose images are where the manifest says."""
        # Only a request knows which options are images.
        request = TryOnRequest(person=PathSource(Path()), options=options)
        moved = {
            field: PathSource(self._folder / image.path)
            for field, image in request.images.items()
            if isinstance(image, PathSource) and _option_name(field) in own
        }
        return request.with_images(moved).options


def _option_name(field: str) -> str:
    """Return `more_photos` of `options.more_photos[0]`; of a field that is none, its name."""
    return field.removeprefix("options.").partition("[")[0] if "." in field else ""


def _problem(column: str, error: UnknownOption) -> RowProblem:
    return RowProblem(None, column, message=error.message, remedy=error.remedy)


_GARMENTS = "/".join(CATEGORIES)


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
        An item for each row, in their order, after its first step where it takes two; its provider
        is the id that the session has.

    Raises:
        ManifestProblems: everything that is wrong, what reading found included.
    """
    with remember_probes() as probes:
        fitting = FitOnce(probes) if fit else None
        checker = _Checker(manifest, open_session, fitting, frozenset(known))
        items = [item for row in manifest.rows for item in checker.check(row)]
    problems = [*manifest.problems, *dict.fromkeys(checker.problems)]
    if problems:
        raise ManifestProblems(problems, source=manifest.source)
    return items


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
        found = {item.id: _errors(item, sessions, fitting) for item in items}
    return {item_id: problems for item_id, problems in found.items() if problems}


def _errors(
    item: BatchItem, sessions: Mapping[str, Session], fitting: FitOnce | None
) -> tuple[Problem, ...]:
    parser = sessions[item.parser or item.provider]
    found = _find(sessions[item.provider], item, fitting, parser)
    return tuple(problem for problem in found if problem.severity == "error")


def _find(
    session: Session, item: BatchItem, fitting: FitOnce | None, parser: Session
) -> tuple[Problem, ...]:
    request = item.step
    found = _find_alone(session, request, fitting, parser)
    if item.after is not None:  # its own person is yet to be made
        found = tuple(problem for problem in found if problem.field != "person")
    if item.then is not None:
        found += undeliverable_first(session, item.then)
    return found + problems_of_photo(
        session, request, parser, lambda parsing, by: _find_alone(by, parsing, fitting)
    )


def _find_alone(
    session: Session,
    request: R,
    fitting: FitOnce | None,
    parser: Session | None = None,
) -> tuple[Problem, ...]:
    if fitting is None:
        return find_problems(session, request, parser=parser)
    capabilities = session.info.capabilities_for(request)
    return find_problems(session, *fitting.fit(request, capabilities), parser=parser)


@attrs.frozen
class _Provider:
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
        self._providers: dict[str, _Provider | ConfigurationError] = {}

    def check(self, row: Row) -> Sequence[BatchItem]:
        """Return the items of a row: mostly one, and none when its problems leave none."""
        provider = self._provider_of(row)
        if provider is None:
            self._check_alone(row)
            return ()
        made = provider.options.make(row.options)
        self.problems += [attrs.evolve(problem, row=row.number) for problem in made.problems]
        if "person" not in row.inputs or made.options is None:
            self._check_alone(row)
            return ()
        inputs: Mapping[str, Any] = row.inputs
        keep = self._kept_by(row)
        request = TryOnRequest(**inputs, keep=keep, options=made.options)
        session = provider.session
        parser = self._parser_of(row) if keep else session
        if parser is None:
            return ()
        item = BatchItem(
            id=row.id,
            provider=session.info.id,
            request=request,
            row=row.number,
            given=row.given,
            own=row.own,
            parser="" if parser.info.id == session.info.id else parser.info.id,
        )
        steps = with_first_step(item, session.info) if row.chain else [item]
        for step in steps if row.id not in self._known else ():
            self._add(row, _find(session, step, self._fitting, parser))
        return steps

    def _kept_by(self, row: Row) -> Keepable | None:
        """Return what a row keeps; what the call says is for rows that do not replace it."""
        keep = self._manifest.keep
        is_replaced = keep in row.garments or "dress" in row.garments
        if row.keep or is_replaced or isinstance(row.person, LibraryModel):
            return row.keep
        return keep

    def _parser_of(self, row: Row) -> Session | None:
        name = row.parser or self._manifest.parser or row.provider or ""
        found = self._opened(name)
        if isinstance(found, _Provider):
            return found.session
        problem = RowProblem(row.number, "parser", message=found.message, remedy=found.remedy)
        self.problems.append(problem)
        return None

    def _check_alone(self, row: Row) -> None:
        """Find the problems of a row that do not depend on its provider."""
        images = {
            field: source
            for field, source in row.inputs.items()
            if not isinstance(source, LibraryModel)
        }
        self._add(row, check_request_images(images, lambda _: ImageRules()))
        if not row.garments:
            self._add(row, [Problem("garments", "no garment was given. Give one.")])

    def _provider_of(self, row: Row) -> _Provider | None:
        if row.provider is None:
            return None
        found = self._opened(row.provider)
        if isinstance(found, _Provider):
            return found
        problem = RowProblem(row.number, "provider", message=found.message, remedy=found.remedy)
        self.problems.append(problem)
        return None

    def _opened(self, name: str) -> _Provider | ConfigurationError:
        if name not in self._providers:
            self._providers[name] = self._open(name)
        return self._providers[name]

    def _open(self, provider: str) -> _Provider | ConfigurationError:
        try:
            session = self._open_session(provider)
        except ConfigurationError as error:
            return error
        given = self._manifest
        common = given.options if given.provider in {None, provider} else {}
        return _Provider(session, RowOptions(session.info, common, given.folder))

    def _add(self, row: Row, problems: Iterable[Problem]) -> None:
        self.problems += [
            RowProblem(row.number, _column(row, problem.field), message=problem.message)
            for problem in problems
            if problem.severity == "error"
        ]


def _column(row: Row, field: str) -> str:
    """Return the column that a field of the request comes from; of a pair of files, the file."""
    source = row.inputs.get(field)
    if row.number is None and isinstance(source, PathSource):
        return repr(str(source.path))
    if field.startswith("options."):
        return f"{OPTION}{field.removeprefix('options.')}"
    return _GARMENTS if field == "garments" else row.column_of(field)
