"""Drawn people and garments: pictures for demonstrations and tests, with exact truth."""

from tryon_core.drawings.garment import DrawnGarment, draw_garment
from tryon_core.drawings.garment_style import GARMENT_STYLES, GarmentStyle
from tryon_core.drawings.person import DrawnPerson, draw_person
from tryon_core.drawings.person_style import PERSON_STYLES, Build, PersonStyle
from tryon_core.drawings.scene import draw_nobody, draw_two_people

__all__ = [
    "GARMENT_STYLES",
    "PERSON_STYLES",
    "Build",
    "DrawnGarment",
    "DrawnPerson",
    "GarmentStyle",
    "PersonStyle",
    "draw_garment",
    "draw_nobody",
    "draw_person",
    "draw_two_people",
]
