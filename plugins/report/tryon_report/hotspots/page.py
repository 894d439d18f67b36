"""A page of photos whose garments are links: the boxes lie over the image, and scale with it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from tryon_batch.costs import counted
from tryon_core import Category, Hotspot, ImageSource
from tryon_report.html import render
from tryon_report.thumbnails import make_thumbnail

_SIDE_PX = 1600
"""The longer side of an image that is put into the page, as a large screen shows it."""


@attrs.frozen(kw_only=True)
class Spot:
    """A garment on a photo, and what the caller calls it.

    Attributes:
        hotspot: where it is.
        sku: the caller's name for it, None for its category.
        link: where a click on it leads, None for its line in the list below the photo.
    """

    hotspot: Hotspot
    sku: str | None = None
    link: str | None = None


@attrs.frozen(kw_only=True)
class Remark:
    """A sentence below a photo.

    Attributes:
        text: the sentence.
        tone: `plain`, or `bad` for why there are no boxes.
    """

    text: str
    tone: str = "plain"


@attrs.frozen(kw_only=True)
class Photo:
    """A photo with its garments.

    Attributes:
        name: what the caller calls it.
        uri: address of the image, None when there is none to show.
        spots: its garments.
        remarks: what else there is to say of it.
    """

    name: str
    uri: str | None
    spots: Sequence[Spot] = ()
    remarks: Sequence[Remark] = ()


def hotspots_page(title: str, photos: Sequence[Photo], *, summary: str) -> str:
    """Return a page of photos with their boxes.

    Args:
        title: its heading.
        photos: in the order of the page.
        summary: the sentence below the heading.
    """
    shown = [_photo(number, photo) for number, photo in enumerate(photos, 1)]
    values: dict[str, Any] = {"title": title, "summary": summary, "photos": shown}
    return render("hotspots.html", styles=["hotspots.css"], **values)


def page_image(source: ImageSource) -> str:
    """Return an image as an address to put into a page; it needs no file.

    Args:
        source: a path or bytes.

    Raises:
        UnusableImage: it cannot be read.
    """
    return make_thumbnail(source, side_px=_SIDE_PX).uri


def parsed_page(
    name: str,
    uri: str,
    found: Mapping[Category, Hotspot | None],
    *,
    skus: Mapping[Category, str],
    links: Mapping[Category, str],
) -> str:
    """Return the page of one photo, with the image inside.

    Args:
        name: what the caller calls the photo.
        uri: address of the photo, as of `page_image`.
        found: where its garments are, by category; None where nothing of the kind is worn.
        skus: the caller's names for them.
        links: where clicks on them lead.
    """
    spots = [
        Spot(hotspot=spot, sku=skus.get(category), link=links.get(category))
        for category, spot in found.items()
        if spot is not None
    ]
    missing = [
        not_worn(category, skus.get(category)) for category, spot in found.items() if spot is None
    ]
    photo = Photo(name=name, uri=uri, spots=spots, remarks=missing)
    return hotspots_page(name, [photo], summary=counted(len(spots), "garment"))


def not_worn(category: Category, sku: str | None) -> Remark:
    """Return the remark about a garment that is not on the photo."""
    name = category if sku is None else f"{sku} ({category})"
    return Remark(text=f"{name}: not worn")


def _photo(number: int, photo: Photo) -> dict[str, Any]:
    first = photo.spots[0].hotspot if photo.spots else None
    return {
        "anchor": f"photo-{number}",
        "name": photo.name,
        "uri": photo.uri,
        # Room for the image before it is there, so that nothing jumps.
        "width": first.photo_width_px if first else None,
        "height": first.photo_height_px if first else None,
        "spots": list(_spots(number, photo.spots)),
        "remarks": photo.remarks,
    }


def _spots(number: int, spots: Sequence[Spot]) -> Iterator[dict[str, Any]]:
    # The smallest box lies on top, so that each can be clicked.
    by_area = sorted(spots, key=_area, reverse=True)
    for place, spot in enumerate(spots, 1):
        box = spot.hotspot
        anchor = f"garment-{number}-{place}"
        name = spot.sku or box.category
        yield {
            "anchor": anchor,
            "href": spot.link or f"#{anchor}",
            "is_link": spot.link is not None,
            "css": box.css,
            "layer": by_area.index(spot) + 1,
            "name": name,
            "label": name if spot.sku is None else f"{name} ({box.category})",
            "category": "" if spot.sku is None else box.category,
            "place": f"{box.width_px} x {box.height_px} px at {box.x_px}, {box.y_px}",
            "remarks": [notice.message for notice in box.notices],
        }


def _area(spot: Spot) -> int:
    return spot.hotspot.width_px * spot.hotspot.height_px
