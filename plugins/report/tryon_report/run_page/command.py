"""What the command `report` does: write the page, or serve it while the run goes on."""

from collections.abc import Sequence
from pathlib import Path

import click

from tryon_batch import read_runs
from tryon_batch.cli.runs import note_same_ids
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import print_document
from tryon_core.cli.terminal import show_progress
from tryon_report.run_page.serving import LiveView, listen
from tryon_report.run_page.writing import write_report


def write(invocation: Invocation, names: Sequence[str], *, out: Path | None) -> None:
    """Write the page of runs, and print where it is.

    Raises:
        InputError: there is no such run.
        OutputError: the page cannot be written.
    """
    runs = read_runs(names)
    note_same_ids(runs)
    with show_progress(quiet=invocation.quiet) as say:

        def tell(left: int) -> None:
            if left % 100 == 0 and left:
                say(f"looking at images, {left:,} left")

        path = write_report(runs, out=out, tell=tell)
    if invocation.as_json:
        print_document({"page": str(path)})
    else:
        click.echo(path)


def serve(invocation: Invocation, names: Sequence[str], *, port: int) -> None:
    """Show the page of runs until Ctrl-C.

    Raises:
        InputError: there is no such run, or the port is in use.
    """
    runs = read_runs(names)
    note_same_ids(runs)
    with LiveView(runs) as view, listen(view, port=port) as server:
        if invocation.as_json:
            print_document({"url": server.url})
        else:
            click.echo(server.url)
            if not invocation.quiet:
                click.echo("Only this machine can open it. Ctrl-C ends it.", err=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
