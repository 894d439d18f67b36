"""The command `demo`."""

from pathlib import Path
from typing import Any

import click

from tryon_core import Job
from tryon_core.cli.invocation import Invocation, ResumePlan
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import FILE, NamedPath, common_options, complete_provider, example
from tryon_core.cli.printing import print_document
from tryon_core.cli.results import await_result, print_notices
from tryon_core.cli.terminal import show_progress
from tryon_core.engine import JobStore
from tryon_local.demo import scenes


@click.command(
    epilog=example("tryon demo --out images"),
)
@click.option(
    "--out",
    type=NamedPath(path_type=Path),
    default=Path("tryon-demo"),
    show_default=True,
    metavar="DIR",
    help="Folder for the images; made when missing.",
)
@click.option("--force", is_flag=True, help="Replace images that are already there.")
@click.option(
    "-p",
    "--provider",
    default="local",
    show_default=True,
    metavar="ID",
    shell_complete=complete_provider,
    help="Provider to use; others than `local` may cost money.",
)
@click.option("--person", type=FILE, metavar="PHOTO", help="Dress this person, not drawn ones.")
@common_options
@click.pass_obj
def demo(
    invocation: Invocation,
    *,
    out: Path,
    force: bool,
    provider: str,
    person: str | None,
    config: Path | None,
) -> None:
    """Try drawn garments on drawn people, and write the images before and after.

    Where scikit-image is installed, its photo of an astronaut is dressed, too.

    Writes for each try-on the person, the garments, the result, and one sheet that shows them
    side by side; prints the paths. Opens nothing.
    """
    documents = []
    with open_client(invocation, provider, config=config) as client:
        for scene in scenes.plan_scenes(client.info, folder=out, force=force, photo=person):
            images: dict[str, Any] = scenes.draw_scene(scene, photo=person)
            invocation.resume = ResumePlan(
                out=f"{out}/",
                force=force,
                config=config,
                provider=provider,
                extensions=invocation.extensions,
            )
            with show_progress(quiet=invocation.quiet) as say:
                say(f"{scene.name}: submitting")
                job = client.submit(**images, fit=True)
                result = await_result(client, job, say=say)
            scenes.write_scene(scene, images, result, folder=out)
            _note_done(job, out / scene.after_file, is_free=client.info.is_free())
            invocation.job = None
            print_notices(result)
            if not invocation.as_json:
                click.echo("\n".join(str(out / name) for name in scene.files))
                if scene.credit:
                    click.echo(scene.credit, err=True)
            documents.append(scenes.scene_document(scene, result, folder=out))
    if invocation.as_json:
        print_document({"scenes": documents})


def _note_done(job: Job, path: Path, *, is_free: bool) -> None:
    """Leave no job of a preview among those of the user; one that was paid for is kept."""
    store = JobStore.of_user()
    known = store.of_job(job)
    if known is not None and is_free:
        store.forget(known.id)
    elif known is not None:
        store.saved(job, [path])
