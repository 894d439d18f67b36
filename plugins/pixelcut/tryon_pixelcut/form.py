"""Our request in the vendor's fields: JSON when all pictures are addresses, a form otherwise."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tryon_core import CallContext, FilePart, HttpResponse, ImageSource, TryOnRequest, UrlSource
from tryon_core.errors import SettingsError

MODES: Mapping[str, str] = MappingProxyType({"top": "upper", "bottom": "lower", "dress": "full"})
"""The vendor's garment mode by our category."""


def send(
    request: TryOnRequest, ctx: CallContext, url: str, headers: dict[str, str]
) -> HttpResponse:
    """Send the one paid request of a submission.

    Raises:
        SettingsError: a setting has a value that it cannot have.
    """
    ((category, garment),) = request.garments.items()
    images = {"person": request.images["person"], "garment": garment}
    waits = choice(ctx, "wait_for_result", "false", "true") == "true"
    switches = {
        "preprocess_garment": request.options.preprocess_garment,
        "remove_background": request.options.remove_background,
        "wait_for_result": waits,
    }
    mode = request.options.garment_mode or MODES[category]
    read_timeout_s = _seconds(ctx, "wait_timeout_s") if waits else None
    as_text = choice(ctx, "switches", "text", "boolean") == "text"
    if all(isinstance(image, UrlSource) for image in images.values()):
        body = _json(images, mode, switches, as_text=as_text)
        return ctx.http.post(url, headers=headers, json=body, read_timeout_s=read_timeout_s)
    parts = _multipart(images, mode, switches)
    return ctx.http.post(url, headers=headers, multipart=parts, read_timeout_s=read_timeout_s)


def _json(
    images: Mapping[str, ImageSource], mode: str, switches: Mapping[str, bool], *, as_text: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {
        f"{role}_image_url": image.url
        for role, image in images.items()
        if isinstance(image, UrlSource)
    }
    texts = {name: _text(value) for name, value in switches.items()}
    return {**body, "garment_mode": mode, **(texts if as_text else switches)}


def _multipart(
    images: Mapping[str, ImageSource], mode: str, switches: Mapping[str, bool]
) -> list[tuple[str, str | FilePart]]:
    fields: list[tuple[str, str | FilePart]] = [("garment_mode", mode)]
    fields += [(name, _text(value)) for name, value in switches.items()]
    return fields + [_part(role, image) for role, image in images.items()]


def _part(role: str, image: ImageSource) -> tuple[str, str | FilePart]:
    if isinstance(image, UrlSource):
        return f"{role}_image_url", image.url
    return f"{role}_image", FilePart(image)


def _text(value: bool) -> str:
    return "true" if value else "false"


def choice(ctx: CallContext, name: str, *allowed: str) -> str:
    """Return a setting that is one of a few words.

    Raises:
        SettingsError: it is none of them.
    """
    value = ctx.settings.text(name).lower()
    if value not in allowed:
        raise SettingsError(
            f"pixelcut: {name} is {value!r}.", remedy=f"Set it to {' or '.join(allowed)}."
        )
    return value


def _seconds(ctx: CallContext, name: str) -> float:
    text = ctx.settings.text(name)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise SettingsError(
            f"pixelcut: {name} is {text!r}.", remedy="Set it to a number of seconds above 0."
        )
    return seconds
