"""Pictures and requests that every provider should take, made from what it declares."""

import functools
import importlib.resources
import io
from collections.abc import Iterator

from PIL import Image

from tryon_core.codec import make_options
from tryon_core.images import fit
from tryon_core.models import (
    BytesSource,
    Capabilities,
    Category,
    ImageRules,
    ImageSource,
    ParseRequest,
    ProviderInfo,
    TryOnRequest,
)

SIZE = (432, 576)
"""Width and height of a sample picture, in pixels, where the rules allow it; as in its file."""


@functools.cache
def sample_image(role: str, rules: ImageRules) -> ImageSource:
    """Return a drawn picture within the rules.

    Args:
        role: `person` or a garment category.
        rules: the vendor's limits.
    """
    drawn = _draw(role)
    return fit(BytesSource(drawn, name=f"{role}.png"), rules, field=role).source


@functools.cache
def _draw(role: str) -> bytes:
    file = importlib.resources.files("tryon_testing") / "images" / f"{role}.webp"
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        image.load()
        return _encoded(image)


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sample_requests(info: ProviderInfo) -> Iterator[TryOnRequest]:
    """Yield one request for each combination of garments of each model."""
    yield from _of_model(info, info.capabilities, {})
    for name, capabilities in info.models.items():
        yield from _of_model(info, capabilities, {"model": name})


def _of_model(
    info: ProviderInfo, capabilities: Capabilities, given: dict[str, str]
) -> Iterator[TryOnRequest]:
    options: object = make_options(info.options, given, provider=info.id)
    for combination in sorted(capabilities.garments, key=sorted):
        garments = {name: _garment(name, capabilities) for name in combination}
        person = sample_image("person", capabilities.person_rules)
        yield TryOnRequest(person=person, options=options, **garments)


def _garment(category: Category, capabilities: Capabilities) -> ImageSource:
    return sample_image(category, capabilities.garment_rules)


def sample_parse_requests(info: ProviderInfo) -> Iterator[ParseRequest]:
    """Yield one request for all categories, and one for each, in case parsing is offered."""
    offered = info.capabilities.parse_categories
    image = sample_image("person", info.capabilities.person_rules)
    options: object = make_options(info.options, None, provider=info.id)
    for categories in dict.fromkeys((offered, *((one,) for one in offered))):
        if categories:
            yield ParseRequest(image=image, categories=categories, options=options)
