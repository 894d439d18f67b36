"""What the shell completes after `-p` and `-o`."""

import click
from click.shell_completion import CompletionItem


def complete_provider(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the ids of the installed providers; reads metadata only."""
    del ctx, param
    from tryon_core.registry import REGISTRY  # noqa: PLC0415  (only when completing)

    return [
        CompletionItem(entry.id, help=entry.label)
        for entry in REGISTRY.installed()
        if entry.id.startswith(incomplete)
    ]


def complete_option(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the option names of the provider that was named before; imports that provider."""
    del param
    import attrs  # noqa: PLC0415  (only when completing)

    from tryon_core.errors import TryOnError  # noqa: PLC0415  (only when completing)
    from tryon_core.registry import REGISTRY  # noqa: PLC0415  (only when completing)

    try:
        info = REGISTRY.load(str(ctx.params.get("provider"))).info
    except TryOnError:
        return []
    names = [f"{field.name}=" for field in attrs.fields(info.options)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
