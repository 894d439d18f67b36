"""The reference page of a provider, written from what it declares."""

import inspect
import types
from collections.abc import Iterable, Iterator
from typing import Literal, Union, get_args, get_origin

import attrs

from tryon_core import Capabilities, ImageRules, ImageSource, Price, Provider, ProviderInfo, Quota
from tryon_core.answers import settle
from tryon_core.codec import option_specs
from tryon_core.engine import amount_text
from tryon_core.errors import UnknownProvider
from tryon_core.models import in_order
from tryon_testing.emulation import load_emulator

OPEN_POINTS = "## What the documents leave open"
_SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:")


def provider_page(provider: Provider, *, readme: str, docs: str, note: str) -> str:
    """Return the page of a provider: all that it declares, and its emulator's knobs.

    Args:
        provider: the object.
        readme: the README of its distribution; of it comes what the vendor's documents leave open.
        docs: address of the documentation of tryon, or the way there from the page.
        note: first line of the page, which says what wrote it.
    """
    info = provider.info
    return "\n".join(
        [
            note,
            f"# Provider `{info.id}`\n",
            markdown_of(inspect.getdoc(type(provider)) or ""),
            *_limits(info),
            *_lost_answers(info, docs),
            *_settings(info),
            "## Options\n",
            *_fields(info.options, "option"),
            *_notices(info),
            *_errors(info, docs),
            *_knobs(info.id, docs),
            *_open_points(readme),
        ]
    )


def _limits(info: ProviderInfo) -> Iterator[str]:
    """Yield one column of limits for each model, the usual one first."""
    columns = {"value": info.capabilities}
    if info.models:
        usual = getattr(attrs.fields_dict(info.options)["model"], "default", "")
        columns = {f"`{name}`": can for name, can in info.models.items()}
        columns.setdefault(f"`{usual}`", info.capabilities)
    yield f"| limit | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    rows = [_facts(can) for can in columns.values()]
    for name in (name for name in rows[0] if any(row[name] for row in rows)):
        yield f"| {name} | {' | '.join(row[name] for row in rows)} |"
    yield ""


def _facts(can: Capabilities) -> dict[str, str]:
    return {
        "garments": combinations_text([can]),
        "finds on photos": ", ".join(can.parse_categories) or "nothing",
        "images are sent as": ", ".join(sorted(can.delivery)),
        "addresses of images begin with": _schemes(can),
        "a person of the vendor's library": "yes" if can.person_library else "no",
        "images of one request, at most": str(can.outputs),
        "price of one image": _price(can.price),
        "price of one parsing": _price(can.parse_price) if can.parse_categories else "",
        "other garments stay as worn": "yes" if can.keeps_unnamed_garments else "no",
        "jobs are kept": _duration(can.job_lifetime_s),
        "results are kept": _duration(can.result_lifetime_s),
        "usual time of a job": f"{can.typical_job_s:g} s{_assumed(can, 'typical_job_s')}",
        "quota": _quota(can.quota),
        "person photo": _rules(can.person_rules),
        "garment image": _rules(can.garment_rules),
    }


def _schemes(can: Capabilities) -> str:
    if "url" not in can.delivery:
        return "no addresses are taken"
    return ", ".join(f"{scheme}:" for scheme in sorted(can.url_schemes))


def _assumed(declared: Capabilities | Quota, name: str) -> str:
    """Mark a value that is the default of its field: the vendor need not have said it."""
    usual = attrs.fields_dict(type(declared))[name].default
    return " (assumed)" if getattr(declared, name) == usual else ""


def combinations_text(declared: Iterable[Capabilities]) -> str:
    """Return the combinations of garments that any of these takes, as code."""
    found = {combination for can in declared for combination in can.garments}
    return ", ".join(f"`{' + '.join(names)}`" for names in in_order(found))


def _lost_answers(info: ProviderInfo, docs: str) -> Iterator[str]:
    yield "## Lost answers\n"
    if info.look_up is None:
        yield (
            "The vendor cannot be asked what it accepted. A submission whose answer was lost stays "
            "unknown until somebody has looked at the vendor's dashboard.\n"
        )
        return
    settles_s, source = info.look_up.settles_s, info.look_up.source
    proof = "A submission that it does not show may have been accepted all the same."
    if settles_s is not None:
        when = f"{settles_s:g} s after the attempt ended"
        proof = f"A submission that it does not show {when} was not accepted."
    more = f"{docs}/explanation/submit-once.md#lost-answers-are-found-again"
    yield f"The vendor [is asked]({more}) for a submission whose answer was lost. {proof}\n"
    yield f"Source: {source}\n"


def _price(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{amount_text(price.amount, price.currency)} on {price.as_of} ({price.source})"


def _quota(quota: Quota) -> str:
    parts = [
        f"{quota.submissions} submissions in {quota.window_s:g} s" if quota.submissions else "",
        f"{quota.running_jobs} jobs at once" if quota.running_jobs else "",
        f"{quota.queries_per_s:g} polls per second" if quota.queries_per_s else "",
        f"a poll every {quota.poll_interval_s:g} s{_assumed(quota, 'poll_interval_s')}",
    ]
    source = f" ({quota.source})" if quota.source else ""
    return ", ".join(part for part in parts if part) + source


def _fields(cls: type, what: str) -> Iterator[str]:
    yield markdown_of(inspect.getdoc(cls) or "")
    specs = option_specs(cls)
    if specs:
        yield f"| {what} | type | default |"
        yield "| --- | --- | --- |"
    for spec in specs:
        kind = _type_name(spec.declared).replace("|", "\\|")
        yield f"| `{spec.name}` | `{kind}` | `{_default(spec.default)}` |"
    yield ""


def _default(default: object) -> str:
    return "made each time" if isinstance(default, type(attrs.Factory(list))) else repr(default)


def _notices(info: ProviderInfo) -> Iterator[str]:
    if not info.notices:
        return
    yield "## Notices\n"
    yield "What a result may come with. The image is complete and paid for.\n"
    yield "| code | meaning |"
    yield "| --- | --- |"
    yield from (f"| `{code}` | {meaning} |" for code, meaning in info.notices.items())
    yield ""


def _errors(info: ProviderInfo, docs: str) -> Iterator[str]:
    if not info.errors:
        return
    yield "## Error codes\n"
    yield "An empty code: the status alone decides. `*` at the end: all codes that begin so.\n"
    yield "| code | status | error | meaning | retry | billed | remedy |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for entry in info.errors:
        answers = entry.to_error("", http_status=entry.http_status)
        settle(answers, is_paid=not info.is_free())
        name = entry.error.__name__
        cells = (
            f"`{entry.code}`" if entry.code else "",
            str(entry.http_status or "any"),
            f"[`{name}`]({docs}/reference/errors.md#{name.lower()})",
            entry.meaning,
            answers.retry,
            answers.billed,
            answers.remedy,
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""


def _knobs(provider: str, docs: str) -> Iterator[str]:
    try:
        emulator = load_emulator(provider)
    except UnknownProvider:
        return
    yield "## Emulator\n"
    yield (
        f"`tryon emulate {provider} --knob NAME=VALUE` "
        f"(see the [command]({docs}/reference/cli.md#tryon-emulate)).\n"
    )
    yield from _fields(emulator.knobs, "knob")


def _open_points(readme: str) -> Iterator[str]:
    """Yield what the README says of the gaps in the vendor's documents."""
    _, heading, rest = readme.partition(f"{OPEN_POINTS}\n")
    points, _, _ = rest.partition("\n## ")
    if heading:
        yield f"{heading}{points.rstrip()}\n"


def _settings(info: ProviderInfo) -> Iterator[str]:
    yield "## Settings\n"
    yield "As an argument of `Client`, in the environment, or in `tryon.toml`.\n"
    yield "| setting | environment | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for spec in info.settings:
        names = (f"TRYON_{info.id.upper()}_{spec.name.upper()}", *spec.env)
        variables = ", ".join(f"`{name}`" for name in names)
        yield f"| `{spec.name}` | {variables} | {spec.default or ''} | {spec.help} |"
    yield ""


def _rules(rules: ImageRules) -> str:
    least, most = rules.min_side_px, rules.max_side_px
    sides = f"sides {least} to {most} px" if most else f"sides of at least {least} px"
    parts = [
        ", ".join(sorted(rules.formats)) or "formats not stated",
        f"at most {_size(rules.max_bytes)}" if rules.max_bytes else "",
        f"at least {_size(rules.min_bytes)}" if rules.min_bytes > 1 else "",
        sides if most or least > 1 else "",
        "`fit` writes greyscale in RGB" if rules.fit_to_rgb else "",
    ]
    return f"{'; '.join(part for part in parts if part)} ({rules.source})"


def _size(count: int) -> str:
    for unit, one in (("MB", 10**6), ("MiB", 2**20), ("KiB", 2**10)):
        if count % one == 0:
            return f"{count // one} {unit}"
    return f"{count} bytes"


def _duration(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds / 3600:g} h"


def _type_name(kind: object) -> str:
    """Return an annotation as it would be written, the same on every Python."""
    if kind == ImageSource:
        return "ImageSource"
    inner = get_args(kind)
    if get_origin(kind) in {Union, types.UnionType}:
        rest = [part for part in inner if part not in get_args(ImageSource)]
        names = ["ImageSource"] if len(rest) < len(inner) else []
        return " | ".join([*names, *map(_type_name, rest)])
    if get_origin(kind) is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if inner:
        parts = ", ".join("..." if part is ... else _type_name(part) for part in inner)
        return f"{getattr(get_origin(kind), '__name__', kind)}[{parts}]"
    return "None" if kind is type(None) else getattr(kind, "__name__", str(kind))


def markdown_of(docstring: str) -> str:
    """Turn the sections of a docstring into headings and lists."""
    lines: list[str] = []
    inside = ""
    for line in docstring.splitlines():
        if line.strip() in _SECTIONS:
            inside = line.strip()
            lines.append(f"**{inside.rstrip(':')}**\n")
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, colon, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {rest}" if colon else line.strip())
        else:
            lines.append(f"  {line.strip()}" if inside and line.strip() else line)
    return "\n".join(lines) + "\n"
