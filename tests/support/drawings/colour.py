"""Colours as RGB triples and simple arithmetic with them."""

import colorsys

from PIL import Image, ImageStat

RGB = tuple[int, int, int]


def mix(first: RGB, second: RGB, amount: float) -> RGB:
    """Return the colour that lies the given part (0 to 1) of the way from first to second."""
    r, g, b = (round(a + (z - a) * amount) for a, z in zip(first, second, strict=True))
    return r, g, b


def darker(colour: RGB, amount: float = 0.3) -> RGB:
    """Return a darker and slightly richer colour, as in shade."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    saturation = min(1.0, saturation * (1 + 0.25 * amount))
    r, g, b = colorsys.hls_to_rgb(hue, light * (1 - amount), saturation)
    return round(r * 255), round(g * 255), round(b * 255)


def lighter(colour: RGB, amount: float = 0.3) -> RGB:
    """Return a colour mixed with warm white."""
    return mix(colour, (255, 250, 242), amount)


def luminance(colour: RGB) -> float:
    """Return the perceived brightness from 0 (black) to 1 (white)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def mean_colour(image: Image.Image, mask: Image.Image) -> RGB:
    """Return the mean colour of an RGB picture where a mask is set; black where it is empty."""
    if mask.getbbox() is None:
        return 0, 0, 0
    r, g, b = (round(value) for value in ImageStat.Stat(image, mask).mean)
    return r, g, b
