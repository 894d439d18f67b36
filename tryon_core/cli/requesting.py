"""From what was typed to a request, with every problem found on the way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs

# Its names are imported on first use: the client makes `--help` and completion slow.
import tryon_core
from tryon_core.cli.options import Inputs
from tryon_core.cli.printing import note
from tryon_core.errors import TryOnError, UnknownOption, ValidationFailed
from tryon_core.models import LibraryModel, Problem, TryOnRequest
from tryon_core.saving import check_target


def find_problems(client: "tryon_core.Client", inputs: Inputs) -> Sequence[Problem]:
    """Return everything that a submission would be refused for, and what may go wrong with it.

    Nothing is sent or fetched.
    """
    problems: list[Problem] = []
    options: object = inputs.options
    try:
        client.request(inputs.person, options=options)
    except UnknownOption as error:
        problems.append(Problem("options", str(error), code="unknown_option"))
        options = None
    problems += client.validate(**inputs.images, options=options, fit=inputs.fit)
    problems += _check_keep(client, inputs)
    return problems


def check_inputs(client: "tryon_core.Client", inputs: Inputs) -> Sequence[Problem]:
    """Return the warnings; nothing is sent or fetched.

    Raises:
        ValidationFailed: there are errors; it carries all problems, warnings among them.
    """
    problems = find_problems(client, inputs)
    if any(problem.severity == "error" for problem in problems):
        raise ValidationFailed(problems, provider=client.info.id)
    return problems


def prepare(
    client: "tryon_core.Client", inputs: Inputs, *, out: str | None = None, force: bool = False
) -> TryOnRequest:
    """Return the request, with the garment to keep; may make one parsing call for it.

    Args:
        client: whose provider.
        inputs: what was typed.
        out: where its images will go, None when that is not known.
        force: whether files may be replaced there.

    Raises:
        OutputError: the images cannot be written there.
        ValidationFailed: the options are wrong, or anything is when a garment is to be kept:
            then all is checked before the parsing is paid.
        TryOnError: the parsing failed.
    """
    try:
        request = client.request(**inputs.images, options=inputs.options)
    except UnknownOption as error:
        raise ValidationFailed(find_problems(client, inputs), provider=client.info.id) from error
    if out is not None:
        check_target(out, client.info.count_outputs(request), overwrite=force)
    if inputs.keep is None:
        for warning in _may_change(client, inputs):
            note(warning.message)
        return request
    check_inputs(client, inputs)
    try:
        return tryon_core.keep_worn(client, request, inputs.keep, fit=inputs.fit)
    except TryOnError:
        note(f"--keep {inputs.keep} needs a parsing, which went wrong; no try-on was submitted.")
        raise


@contextmanager
def after_parsing(client: "tryon_core.Client", inputs: Inputs) -> Iterator[None]:
    """Let errors say that a parsing was paid before, and name `--keep` for its garment."""
    if inputs.keep is None or client.info.capabilities.keeps_unnamed_garments:
        yield
        return
    from tryon_core.workflows import after_parsing as parsed  # noqa: PLC0415  (needs the client)

    try:
        with parsed(client.info):
            yield
    except TryOnError as error:
        note(f"the {inputs.keep} was cut out of the photo by a parsing, before this went wrong.")
        if isinstance(error, ValidationFailed):
            raise ValidationFailed(
                [_of_keep(problem, inputs.keep) for problem in error.problems],
                provider=error.provider,
                billed=error.billed,
            ) from error
        raise


def _of_keep(problem: Problem, keep: str) -> Problem:
    if problem.field != keep:
        return problem
    message = f"of the {keep} that was cut out of the photo, {problem.message}"
    return attrs.evolve(problem, field="keep", message=message)


def _may_change(client: "tryon_core.Client", inputs: Inputs) -> Sequence[Problem]:
    """Warn where the vendor may invent what the person wears besides, and we can hold it."""
    capabilities = client.info.capabilities
    if capabilities.keeps_unnamed_garments or isinstance(inputs.person, LibraryModel):
        return ()
    worn = {"top": "bottom", "bottom": "top"}
    others = [worn[name] for name in inputs.garments if name in worn]
    if len(inputs.garments) != 1 or not set(others) <= set(capabilities.parse_categories):
        return ()
    return tuple(
        Problem(
            "keep",
            f"the vendor may change the {other}; --keep {other} holds it.",
            severity="warning",
            code="unnamed_garment",
        )
        for other in others
    )


def _check_keep(client: "tryon_core.Client", inputs: Inputs) -> Sequence[Problem]:
    if inputs.keep is None:
        return _may_change(client, inputs)
    if inputs.keep in inputs.garments or "dress" in inputs.garments:
        replaced = " + ".join(inputs.garments)
        message = (
            f"the {inputs.keep} cannot be kept, because {replaced} replaces it. Leave one out."
        )
        return (Problem("keep", message, code="keep_replaced"),)
    capabilities = client.info.capabilities
    if capabilities.keeps_unnamed_garments or inputs.keep in capabilities.parse_categories:
        return ()
    message = f"this provider cannot find a {inputs.keep} that is worn. Give its image instead."
    return (Problem("keep", message, code="keep_not_offered"),)
