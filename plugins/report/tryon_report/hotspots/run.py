"""From the arguments of `tryon hotspots` to its files."""

import json
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import click

from tryon_batch import (
    Budget,
    Estimate,
    EstimateLine,
    RunFolder,
    check_budget,
    read_runs,
)
from tryon_batch.cli.documents import amounts
from tryon_batch.cli.runs import note_same_ids
from tryon_batch.cli.source import PROVIDERS
from tryon_batch.costs import counted
from tryon_core import Category, Client
from tryon_core.cli.exit_codes import ExitCode, run_exit_code
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import in_shell, note, print_document, show_notes
from tryon_core.cli.terminal import show_progress
from tryon_core.engine import RUN_LOGGER, Session, check_target, make_folder, require_settings
from tryon_core.errors import InputError
from tryon_report.hotspots.files import Columns, Names, Output, Result
from tryon_report.hotspots.images import (
    STATES,
    Image,
    Task,
    check_parsers,
    count_calls,
    find_images,
)
from tryon_report.hotspots.record import RECORD, Record
from tryon_report.hotspots.work import Work, plan

_MOST_NOTES = 5
_MOST_THREADS = 4
_MOST_WORDS = 20
_SHOWN = 5
# The exit codes of runs know the states of items.
_STATES = {"found": "saved", "left": "planned"}


@attrs.frozen(kw_only=True)
class HotspotsCall:
    """The arguments of `tryon hotspots`.

    Attributes:
        runs: folder, journal or short id of each.
        provider: that parses, None for the one of each row.
        categories: what to look for, empty for the garments of each row.
        sku_columns: as typed.
        link_columns: as typed.
        out: folder for the files, None for that of the run.
        is_estimate: only say what it would cost.
        max_cost: limits, as text.
        allow_unpriced: do what has no known price in spite of a limit.
        concurrency: images at once, None for what is fair.
        again: ask again where an earlier call was or may have been paid for nothing.
        fit: make images fit the provider's limits.
        config: configuration file, None for the usual one.
        extensions: names of extensions beside those that the settings have in use.
        allows_private: whether images may be fetched from private networks.
    """

    runs: tuple[str, ...]
    provider: str | None = None
    categories: tuple[Category, ...] = ()
    sku_columns: tuple[str, ...] = ()
    link_columns: tuple[str, ...] = ()
    out: Path | None = None
    is_estimate: bool = False
    max_cost: tuple[str, ...] = ()
    allow_unpriced: bool = False
    concurrency: int | None = None
    again: bool = False
    fit: bool = True
    config: Path | None = None
    extensions: tuple[str, ...] = ()
    allows_private: bool = False


def find_hotspots(invocation: Invocation, call: HotspotsCall) -> ExitCode:
    """Find the garments on all results, and write the files; return what the command ends with.

    Raises:
        InputError: something cannot be used, or may cost too much; nothing was sent.
        OutputError: a file cannot be written.
        ConfigurationError: a provider cannot be used.
    """
    budgets = [Budget.parse(text) for text in call.max_cost]
    runs = read_runs(call.runs)
    note_same_ids(runs)
    names = Names(
        skus=Columns.of(call.sku_columns, option="--sku-column"),
        links=Columns.of(call.link_columns, option="--link-column"),
    )
    output = Output(folder=_folder(call, runs), names=names)
    with ExitStack() as stack:
        stack.enter_context(show_notes(most=_MOST_NOTES, always=RUN_LOGGER))
        images, sessions = _images(call, runs, stack)
        names.check(images)
        record = Record(output.folder / RECORD, others=[run.folder / RECORD for run in runs])
        tasks = plan(images, record, again=call.again)
        planned = _estimate(tasks, sessions)
        spent = (record.spent + record.possible).amounts
        if call.is_estimate:
            _print_estimate(invocation, images, tasks, planned, record)
            check_budget(planned, budgets, allow_unpriced=call.allow_unpriced, spent=spent)
            return ExitCode.DONE
        check_budget(planned, budgets, allow_unpriced=call.allow_unpriced, spent=spent)
        check_target(f"{output.folder}/")
        output.check()
        for session in sessions.values():
            if any(task.images[0].provider == session.info.id for task in tasks):
                require_settings(session.info, session.settings)
        make_folder(output.folder)
        work = Work(
            sessions=sessions,
            record=record,
            fit=call.fit,
            again=call.again,
            threads=call.concurrency or _fair_threads(sessions),
        )
        invocation.go_on = _command(call)
        with show_progress(quiet=invocation.quiet) as say:
            work.run(tasks, _teller(say, len(tasks)))
        invocation.go_on = None
    results = [(image, work.outcome(image)) for image in images]
    output.write(results)
    _report(invocation, call, output, results, record)
    return run_exit_code(
        {_STATES.get(outcome.state, outcome.state) for _, outcome in results},
        left_by=work.left_by,
        has_unchecked=False,
    )


def _teller(say: Callable[[str], None], total: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        # Where there is no terminal, each word is a line.
        if done * _MOST_WORDS // total > (done - 1) * _MOST_WORDS // total:
            say(f"{done:,} of {counted(total, 'image')} parsed")

    return tell


def _folder(call: HotspotsCall, runs: Sequence[RunFolder]) -> Path:
    if call.out is not None:
        return call.out
    if len(runs) > 1:
        raise InputError(
            "several runs have one document and one page.", remedy="Name a folder with --out."
        )
    return runs[0].folder


def _images(
    call: HotspotsCall, runs: Sequence[RunFolder], stack: ExitStack
) -> tuple[list[Image], Mapping[str, Session]]:
    """Return the images, and the providers that parse them by id."""
    names: dict[str, str] = {}
    for run in runs:
        names |= json.loads(run.meta.get(PROVIDERS, "{}"))
    parser = None
    sessions: dict[str, Session] = {}
    how: dict[str, Any] = {"config": call.config, "extensions": call.extensions}
    if call.provider is not None:
        client = stack.enter_context(Client(call.provider, **how))
        parser = client.info.id
        sessions[parser] = client.session
    images = find_images(runs, parser=parser, categories=call.categories)
    if not images:
        raise InputError("no item of the run is saved.", remedy="Go on with the run first.")
    for name in dict.fromkeys(image.provider for image in images):
        if name not in sessions:
            client = stack.enter_context(Client(names.get(name, name), **how))
            sessions[name] = client.session
    check_parsers(images, {name: session.info for name, session in sessions.items()})
    return images, sessions


def _estimate(tasks: Sequence[Task], sessions: Mapping[str, Session]) -> Estimate:
    calls: Counter[str] = Counter()
    images: Counter[str] = Counter()
    for task in tasks:
        name = task.images[0].provider
        calls[name] += count_calls(task, sessions[name].info)
        images[name] += 1
    return Estimate(
        tuple(
            EstimateLine(
                provider=name,
                model="",
                what="parsing",
                requests=number,
                units=number,
                price=sessions[name].info.capabilities.parse_price,
                uploads=images[name],
            )
            for name, number in calls.items()
        )
    )


def _fair_threads(sessions: Mapping[str, Session]) -> int:
    running = [session.info.capabilities.quota.running_jobs for session in sessions.values()]
    return min([_MOST_THREADS, *filter(None, running)])


def _command(call: HotspotsCall) -> str:
    words = ["tryon", "hotspots", *call.runs]
    for option, value in (
        ("-p", call.provider),
        ("--out", call.out),
        ("--concurrency", call.concurrency),
        ("--config", call.config),
    ):
        words += [] if value is None else [option, str(value)]
    for option, values in (
        ("--category", call.categories),
        ("--sku-column", call.sku_columns),
        ("--link-column", call.link_columns),
        ("--max-cost", call.max_cost),
        ("--extension", call.extensions),
    ):
        words += [word for value in values for word in (option, value)]
    flags = {
        "--allow-unpriced": call.allow_unpriced,
        "--again": call.again,
        "--no-fit": not call.fit,
        "--allow-private-addresses": call.allows_private,
    }
    return shlex.join([*words, *(flag for flag, is_set in flags.items() if is_set)])


def _print_estimate(
    invocation: Invocation,
    images: Sequence[Image],
    tasks: Sequence[Task],
    planned: Estimate,
    record: Record,
) -> None:
    if invocation.as_json:
        print_document(
            {
                "images": len(images),
                "to_parse": len(tasks),
                "lines": planned.rows(),
                "totals": amounts(planned.total.amounts),
                "unpriced": planned.total.unpriced,
                "spent": amounts((record.spent + record.possible).amounts),
            }
        )
        return
    lines = [*map(str, planned.lines), f"total: {planned.total or 'nothing is to be sent'}"]
    if len(tasks) < len(images):
        known = len(images) - len(tasks)
        lines.append(
            f"{known:,} of {len(images):,} images cost nothing more: they are known or equal"
        )
    if record.spent or record.possible:
        lines.append(f"spent so far, or in doubt: {record.spent + record.possible}")
    click.echo("\n".join(lines))


def _report(
    invocation: Invocation,
    call: HotspotsCall,
    output: Output,
    results: Sequence[Result],
    record: Record,
) -> None:
    for sentence in _remarks(call, output.names, results):
        note(sentence)
    counts = Counter(outcome.state for _, outcome in results)
    garments = [spot for _, outcome in results for spot in outcome.found.values()]
    if not invocation.as_json:
        states = [f"{counts[one]:,} {one.replace('_', ' ')}" for one in STATES if counts[one]]
        worn = sum(spot is not None for spot in garments)
        costs = [f"spent {record.spent}"] if record.spent else []
        costs += [f"in doubt at most {record.possible}"] if record.possible else []
        click.echo("; ".join([", ".join(states), counted(worn, "garment"), *costs]), err=True)
        click.echo(f"{output.document}\n{output.page}")
        return
    print_document(
        {
            "document": str(output.document),
            "page": str(output.page),
            "images": len(results),
            "counts": {state: counts[state] for state in STATES},
            "garments": sum(spot is not None for spot in garments),
            "not_worn": sum(spot is None for spot in garments),
            "spent": amounts(record.spent.amounts),
            "possible": amounts(record.possible.amounts),
            "unpriced": (record.spent + record.possible).unpriced,
        }
    )


def _remarks(call: HotspotsCall, names: Names, results: Sequence[Result]) -> Iterator[str]:
    unnamed = names.unnamed(image for image, _ in results)
    if unnamed:
        yield f"no name in the column, so under the id of the row: {_some(unnamed)}."
    for state in STATES[1:]:
        having = [(image.entry.id, one.error) for image, one in results if one.state == state]
        if having:
            error = next((error for _, error in having if error), {})
            why = in_shell(error.get("message", ""))
            yield f"{state.replace('_', ' ')}: {_some([row for row, _ in having])}. {why}".rstrip()
    states = {outcome.state for _, outcome in results}
    if states & {"failed", "outcome_unknown"}:
        again = _command(attrs.evolve(call, again=True))
        yield f"to ask once more, and perhaps pay twice: {again}"
    if "left" in states:
        yield f"go on with: {_command(call)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
