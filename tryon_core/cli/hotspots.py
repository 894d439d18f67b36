"""What the caller calls the garments on a photo, and where clicks on them lead."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import click

from tryon_core.cli.options import as_mapping
from tryon_core.cli.printing import Document
from tryon_core.models import CATEGORIES, Category, Hotspot


def by_category(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> Mapping[Category, str]:
    """Return texts of the form `CATEGORY=TEXT`, as an option gets them, by category.

    Raises:
        click.BadParameter: one has no such form, or a category is named twice.
    """
    found: dict[Category, str] = {}
    for name, value in as_mapping(ctx, param, pairs).items():
        category = next((one for one in CATEGORIES if one == name), None)
        if category is None:
            raise click.BadParameter(f"{name!r} is no category: {', '.join(CATEGORIES)}.")
        if not isinstance(value, str):
            raise click.BadParameter(f"{name} is named twice.")
        if not value.strip():
            raise click.BadParameter(f"{name} is empty.")
        found[category] = value
    return found


def links_by_category(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> Mapping[Category, str]:
    """Return addresses of the form `CATEGORY=URL`, as an option gets them, by category."""
    found = by_category(ctx, param, pairs)
    for link in found.values():
        if not is_web_address(link):
            raise click.BadParameter(f"{link!r} is no address that begins with http or https.")
    return found


def is_web_address(text: str) -> bool:
    """Return whether text is an address of a page: any other may run a program when clicked."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    has_odd = any(char <= " " or char == "\x7f" for char in text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_odd


def hotspot_document(
    hotspot: Hotspot, *, sku: str | None = None, link: str | None = None
) -> Document:
    """Return where a garment is for a program, in all units."""
    return {"sku": sku, "link": link, **hotspot.to_plain()}


def by_key(documents: Iterable[tuple[str, Document | None]]) -> dict[str, list[Document]]:
    """Return documents by the caller's keys; one that has none is a key without any."""
    found: dict[str, list[Document]] = {}
    for key, document in documents:
        found.setdefault(key, []).extend([] if document is None else [document])
    return found
