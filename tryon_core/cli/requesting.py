"""From what was typed to a request, with every problem found on the way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# Its names are imported on first use: the client makes `--help` and completion slow.
import tryon_core
from tryon_core.cli.invocation import Invocation
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
    how: dict[str, Any] = {"options": inputs.options, "parser": inputs.parser, "fit": inputs.fit}
    how["chain"] = inputs.chain
    try:
        client.request(inputs.person, options=inputs.options)
    except UnknownOption as error:
        problems.append(Problem("options", str(error), code="unknown_option"))
        how["options"] = None
    return [*problems, *client.validate(**inputs.images, **how), *_may_change(client, inputs)]


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
    """Return the request; nothing is sent or fetched.

    Raises:
        OutputError: its images cannot be written to `out`, where that is known.
        ValidationFailed: the options are wrong; with everything else that is.
    """
    try:
        request = client.request(**inputs.images, options=inputs.options)
    except UnknownOption as error:
        raise ValidationFailed(find_problems(client, inputs), provider=client.info.id) from error
    if out is not None:
        check_target(out, client.info.count_outputs(request), overwrite=force)
    for warning in _may_change(client, inputs):
        note(warning.message)
    return request


@contextmanager
def telling_of_parsing(invocation: Invocation, inputs: Inputs) -> Iterator[None]:
    """Say of an error whether the parsing went wrong that `--keep` needs, or came before it."""
    try:
        yield
    except TryOnError:
        if invocation.parsing == "begun":
            note(
                f"--keep {inputs.keep} needs a parsing, which went wrong; no try-on was submitted."
            )
        elif invocation.parsing == "done":
            note(
                f"the photo was parsed for --keep {inputs.keep}, before this went wrong; what was "
                "found is kept for a day."
            )
        raise


def not_looked_at(client: "tryon_core.Client", inputs: Inputs) -> str | None:
    """Return what a check cannot know of a garment that is to be kept, None where there is none."""
    if inputs.keep is None or client.info.capabilities.keeps_unnamed_garments:
        return None
    return f"whether a {inputs.keep} is worn is found out by a parsing only, and nothing is parsed."


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
        if inputs.keep is None
    )
