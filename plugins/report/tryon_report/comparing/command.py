"""What `tryon compare` does: a run of `tryon batch` with an item for each vendor."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from tryon_batch import BatchPolicy, Budget, check_budget, open_run
from tryon_batch.cli.commands import BatchCall
from tryon_batch.cli.documents import (
    Forecast,
    estimate_document,
    forecast,
    print_event,
    sentences,
)
from tryon_batch.cli.run import Batch
from tryon_batch.cli.source import PROVIDERS, Sessions, Work
from tryon_batch.items import SENT
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import in_shell, note, print_document, show_notes
from tryon_core.cli.terminal import print_table
from tryon_core.engine import RUN_LOGGER, UNCHECKED, SystemClock
from tryon_report.cli_compare import CompareCall
from tryon_report.comparing.reading import read_comparison
from tryon_report.comparing.run import Ready, get_ready, named_images
from tryon_report.comparing.values import Compared, Comparison
from tryon_report.comparing.vendors import make_plan

_NOWHERE = Path("comparison")
"""Where the run of an estimate would be; nothing is written."""
_FORGIVEN = frozenset({ExitCode.FAILED, ExitCode.INVALID_INPUT, ExitCode.NOT_CONFIGURED})
"""Ends of a run that are a normal outcome of a comparison, if one vendor gave a result."""


def estimate_comparison(invocation: Invocation, call: CompareCall) -> None:
    """Print what a comparison would cost; nothing is sent, and no key is needed.

    Raises:
        InputError: it cannot be made, or may cost more than a limit.
    """
    invocation.as_lines = False
    ready, _ = _ready(invocation, call, call.out or _NOWHERE, is_estimate=True)
    found = _forecast(ready)
    if not invocation.as_json:
        click.echo("\n".join(sentences(found)))
    _check_limits(call, found)
    if invocation.as_json:
        print_document(estimate_document(found))


def run_comparison(invocation: Invocation, call: CompareCall, *, folder: Path) -> ExitCode:
    """Check everything at all vendors, then ask them; return what the command ends with.

    Raises:
        InputError: it cannot be made, or may cost too much; nothing was sent.
        JournalBusy: another process works in the folder.
        TryOnError: all that `tryon_batch.cli.run.Batch.run` raises.
    """
    with ExitStack() as stack:
        stack.enter_context(show_notes(always=RUN_LOGGER))
        ready, sessions = _ready(invocation, call, folder, is_estimate=False)
        found = _forecast(ready)
        _check_limits(call, found)
        for change in ready.plan.shared.changes:
            note(f"{change}; all vendors get this one")
        run = stack.enter_context(open_run(folder, clock=sessions.clock))
        ready.begin(run)
        batch = Batch(
            invocation=invocation,
            call=BatchCall(
                out=folder,
                fit=False,
                max_cost=call.max_cost,
                allow_unpriced=call.allow_unpriced,
                again=call.again,
                chain=call.chain,
                config=call.config,
                extensions=invocation.extensions,
                allows_private=invocation.allows_private,
            ),
            work=Work(items=ready.items, notes=_notes(ready, sessions), is_whole=False),
            sessions=sessions,
            opened=run,
            forecast=found,
        )
        ended = batch.run()
    comparison = read_comparison(folder)
    if invocation.as_json:
        print_event("comparison", comparison.document())
    else:
        _print(comparison)
    return _exit_code(ended, comparison)


def _exit_code(ended: ExitCode, comparison: Comparison) -> ExitCode:
    """Return what the command ends with: a vendor's failure is none of the comparison's."""
    images = [image for vendor in comparison.vendors for image in vendor.images]
    if not images or ended not in _FORGIVEN:
        return ended
    if any(vendor.state in SENT for vendor in comparison.vendors):
        return ExitCode.TIMED_OUT
    is_unchecked = any(image.name.endswith(UNCHECKED) for image in images)
    return ExitCode.UNCHECKED if is_unchecked else ExitCode.DONE


def _ready(
    invocation: Invocation, call: CompareCall, folder: Path, *, is_estimate: bool
) -> tuple[Ready, Sessions]:
    images = named_images(call.person, top=call.top, bottom=call.bottom, dress=call.dress)
    sessions = Sessions(clock=SystemClock(), config=call.config, extensions=invocation.extensions)
    plan = make_plan(
        images,
        list(dict.fromkeys(call.providers)),
        sessions.open,
        options=call.options,
        chained=call.chain,
        needs_keys=not is_estimate,
        skip_unfit=call.skip_unfit,
    )
    policy = BatchPolicy(fit=False, again=call.again, chain=call.chain)
    return get_ready(plan, folder, policy), sessions


def _notes(ready: Ready, sessions: Sessions) -> dict[str, str]:
    names = {session.info.id: name for name, session in sessions.by_name.items()}
    return {**ready.notes, PROVIDERS: json.dumps(names)}


def _forecast(ready: Ready) -> Forecast:
    infos = {name: session.info for name, session in ready.plan.sessions.items()}
    return forecast(ready.items, ready.entries, infos, sent=ready.sent)


def _check_limits(call: CompareCall, found: Forecast) -> None:
    budgets = [Budget.parse(text) for text in call.max_cost]
    check_budget(found.estimate, budgets, allow_unpriced=call.allow_unpriced, spent=found.spent)


def _print(comparison: Comparison) -> None:
    """Print a row for each vendor, and what is to be said of it."""
    labels = comparison.labels
    heads = (
        "VENDOR",
        "STATE",
        "VERDICT",
        "SECONDS",
        "COST",
        *(label.upper() for label in labels),
        "FAILURE",
    )
    print_table(heads, (_row(vendor, labels) for vendor in comparison.vendors))
    for vendor in comparison.vendors:
        for sentence in _remarks(vendor):
            click.echo(f"{vendor.name}: {in_shell(sentence)}", err=True)
    if comparison.no_indicators:
        click.echo(comparison.no_indicators, err=True)


def _row(vendor: Compared, labels: Sequence[str]) -> tuple[str, ...]:
    seconds = "-" if vendor.total_s is None else f"{vendor.total_s:.1f}"
    failure = "-" if vendor.reason is None else vendor.reason.kind
    values = (str(vendor.indicator(label) or "-") for label in labels)
    return (
        vendor.name,
        vendor.state_word,
        vendor.verdict or "-",
        seconds,
        vendor.money,
        *values,
        failure,
    )


def _remarks(vendor: Compared) -> Iterator[str]:
    """Yield why there is no result, and what to do; what is odd; why there is no indicator."""
    if vendor.reason is not None:
        yield f"{vendor.reason.message} {vendor.reason.remedy}".strip()
    yield from vendor.remarks
    yield from dict.fromkeys(one.reason for one in vendor.indicators if one.reason)
