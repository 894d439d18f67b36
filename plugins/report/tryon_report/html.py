"""Pages of HTML: one base template, everything inline, nothing fetched, every value escaped."""

import base64
import functools
import hashlib
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tryon_core.engine import one_line

GENERATOR = "tryon-report"
"""What the head of each page names as its maker."""
_BASE = "base.css"


def render(
    template: str, *, styles: Sequence[str] = (), scripts: Sequence[str] = (), **values: Any
) -> str:
    """Return a page.

    Its `Content-Security-Policy` lets the named styles and scripts run by their digests, and
    nothing else, so that a value which got past the escaping would still do nothing.

    Args:
        template: file in `tryon_report/templates`, which extends `base.html`.
        styles: files there whose rules are added to those of `base.css`.
        scripts: files there that improve the page; one must be able to read it without them.
        values: what the template shows.
    """
    style = _text(_BASE, *styles)
    script = _text(*scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            generator=GENERATOR,
            style=Markup(style),  # noqa: S704  (files of our own)
            style_digest=_digest(style),
            script=Markup(script),  # noqa: S704  (as above)
            script_digest=_digest(script) if script else None,
            **values,
        )
    )


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tryon_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> Any:
    """Escape what acts unseen in text of others: controls, and what turns the way of writing."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def _text(*names: str) -> str:
    environment = _environment()
    if environment.loader is None:
        raise AssertionError("there are no templates")
    return "".join(environment.loader.get_source(environment, name)[0] for name in names)


def _digest(text: str) -> str:
    """Return a digest as the policy of a page names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
