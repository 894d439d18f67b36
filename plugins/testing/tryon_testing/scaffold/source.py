"""The facts of a vendor as Python source: what the templates put in their places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tryon_core.models import in_order
from tryon_core.routes import HOLE
from tryon_testing.scaffold.facts import USUAL_STATUSES, ErrorFact, Facts, SubmitFact
from tryon_testing.scaffold.literals import Call, Code, quoted

_GARMENT = ("garment", "category")
_ROLES = ("person", "top", "bottom", "dress")


def template_values(facts: Facts, *, is_declared: bool) -> dict[str, Any]:
    """Return what the templates need, some of it as source.

    Args:
        facts: of the vendor.
        is_declared: whether the provider is data, or hooks in Python.
    """
    first = next(iter(facts.rows.values()))
    given = {code for group in facts.errors for code in group.meanings}
    statuses = [_without(group, given) for group in USUAL_STATUSES]
    is_at_once = not facts.job_id
    new_job = "ctx.new_job(job_id, request_id=TABLE.request_id_in(answer))"
    models = [name for name in facts.rows if name]
    return {
        "facts": facts,
        "declared": is_declared,
        "errors": [_codes(group) for group in facts.errors],
        "statuses": [_codes(group) for group in statuses if group.meanings],
        "garments": ", ".join(_set(names) for names in in_order(facts.garments)),
        "delivery": _set(facts.delivery),
        "outputs": facts.outputs[0] if len(facts.outputs) == 1 else facts.outputs,
        "models": models,
        "option_models": {
            option.name: Code(_set(option.models)) for option in facts.options if option.models
        },
        "rows": [_route(facts, row) for row in facts.rows.values()],
        "row": _hook_values(facts, first),
        "is_form": first.is_form,
        "is_at_once": is_at_once,
        "wait": ", read_timeout_s=180" if is_at_once else "",
        "new_job": "self.new_job(job_id, answer, ctx)" if is_declared else new_job,
        "poll_call": _poll_call(facts),
        "result_path": _path(facts.result_path),
        "cancel_call": _cancel_call(facts),
        "keys": dict.fromkeys(facts.secrets, f"sk_obviously_fake_{facts.id}"),
        "refusal": next(_codes_of(facts, "RateLimited", "AuthenticationFailed"), ""),
    }


def _set(names: Iterable[str]) -> str:
    return f"{{{', '.join(map(quoted, names))}}}"


def _without(group: ErrorFact, given: set[str | int]) -> ErrorFact:
    left = {code: text for code, text in group.meanings.items() if code not in given}
    return ErrorFact(error=group.error, remedy=group.remedy, meanings=left)


def _codes(group: ErrorFact) -> Call:
    arguments = (Code(f"errors.{group.error}"), group.remedy, group.meanings)
    return Call("*codes", arguments)


def _codes_of(facts: Facts, *names: str) -> Iterator[str]:
    for name in names:
        for group in facts.errors:
            if group.error == name:
                yield from (code for code in group.meanings if isinstance(code, str))


def _route(facts: Facts, row: SubmitFact) -> Call:
    """Return the `SubmitRoute` of a row; options under their own names need no hole."""
    translated = [option.name for option in facts.options if option.words]
    place = _options_at(facts, row.body)
    named: dict[str, Any] = {"path": row.path, "body": _holes(row.body, place, translated)}
    if facts.categories and _has(row.body, "category"):
        named["categories"] = facts.categories
    if place:
        named["options_at"] = place
    if translated:
        named["unsent"] = translated
    if facts.is_bare_base64:
        named["local_images"] = "base64"
    return Call("SubmitRoute", named={**named, "job_id": facts.job_id})


def _options_at(facts: Facts, body: Mapping[str, Any]) -> str:
    """Return the place of the object that holds most of the options under their own names."""
    names = {option.name for option in facts.options} - {"model"}
    found = {
        place: sum(inner.get(name) == f"{{{name}}}" for name in names)
        for place, inner in _objects(body)
    }
    return max(found, key=lambda place: found[place])


def _objects(body: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield at, body
    for key, inner in body.items():
        if isinstance(inner, Mapping):
            yield from _objects(inner, f"{at}.{key}".lstrip("."))


def _holes(body: Mapping[str, Any], place: str, translated: Sequence[str]) -> dict[str, Any]:
    """Return a body without the options that are sent by themselves."""
    key, _, rest = place.partition(".")
    made: dict[str, Any] = {}
    for name, value in body.items():
        hole = HOLE.fullmatch(value) if isinstance(value, str) else None
        if hole and hole[1] in translated:
            made[name] = Code(f"{hole[1]}_word")
        elif isinstance(value, Mapping):
            inner = _holes(value, rest if key == name else ".", translated)
            made |= {name: inner} if inner else {}
        elif place or not (hole and hole[1] == name and name not in _known()):
            made[name] = value
    return made


def _known() -> set[str]:
    return {"person", "garment", "garments", "category", "model", *_ROLES}


def _has(value: Any, hole: str) -> bool:
    if isinstance(value, Mapping):
        return any(_has(entry, hole) for entry in value.values())
    if isinstance(value, str):
        return f"{{{hole}}}" in value
    return isinstance(value, Sequence) and any(_has(entry, hole) for entry in value)


def _hook_values(facts: Facts, row: SubmitFact) -> dict[str, Any]:
    """Return what the hook `submit` needs, as expressions."""
    words = {option.name for option in facts.options if option.words}
    is_file = {name: _is_image(value) for name, value in row.body.items()}
    body = {name: _expression(value, words, "images") for name, value in row.body.items()}
    files = {name: _expression(value, words, "request.images") for name, value in row.body.items()}
    return {
        "path": _path(row.path, options=True),
        "body": body,
        "files": {name: files[name] for name in body if is_file[name]},
        "fields": {name: body[name] for name in body if not is_file[name]},
        "needs_category": any(_has(row.body, hole) for hole in _GARMENT),
    }


def _is_image(value: Any) -> bool:
    return any(value == f"{{{role}}}" for role in ("garment", *_ROLES))


def _expression(value: Any, words: set[str], images: str) -> Any:
    """Return a value of a body with expressions in place of the holes."""
    if isinstance(value, Mapping):
        return {name: _expression(entry, words, images) for name, entry in value.items()}
    if isinstance(value, str) and (alone := HOLE.fullmatch(value)):
        return Code(_of_hole(alone[1], words, images))
    if isinstance(value, str) and HOLE.search(value):
        inner = HOLE.sub(lambda hole: f"{{{_of_hole(hole[1], words, images)}}}", value)
        return Code(f"f{quoted(inner)}")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_expression(entry, words, images) for entry in value]
    return value


def _of_hole(name: str, words: set[str], images: str) -> str:
    if name == "garment":
        return f"{images}[category]"
    if name == "garments":
        return f"[{images}[name] for name in request.garments]"
    if name == "category":
        return "CATEGORIES[category]"
    if name in _ROLES:
        return f"{images}[{quoted(name)}]" if name == "person" else f"{images}.get({quoted(name)})"
    option = f"request.options.{name}"
    return f"{name.upper()}_WORDS.get({option})" if name in words else option


def _path(path: str, *, options: bool = False) -> str:
    """Return a path as an expression; `{id}` is the quoted id."""
    if not HOLE.search(path):
        return quoted(path)
    name = "request.options." if options else ""
    filled = HOLE.sub(lambda hole: "{job_id}" if hole[1] == "id" else f"{{{name}{hole[1]}}}", path)
    return f"f{quoted(filled)}"


def _poll_call(facts: Facts) -> Call:
    params = {
        name: Code("job.id") if text == "{id}" else text for name, text in facts.poll_params.items()
    }
    is_post = facts.poll_method == "POST"
    named: dict[str, Any] = {"idempotent": True} if is_post else {}
    if params and not is_post:
        named["params"] = params
    if facts.has_inline_images:
        named["max_answer_bytes"] = Code("90_000_000")
    name = "ctx.http.post" if is_post else "ctx.http.get"
    return Call(name, [Code(_path(facts.poll_path))], named)


def _cancel_call(facts: Facts) -> str:
    if facts.cancel is None:
        return ""
    path, method = facts.cancel
    more = ", idempotent=True" if method == "POST" else ""
    return f"ctx.http.{method.lower()}({_path(path)}{more})"
