"""Drawn people and garments: pictures for demonstrations and tests, with exact truth."""

from drawings.garment import DrawnGarment, draw_garment
from drawings.garment_style import GARMENT_STYLES, GarmentStyle
from drawings.person import DrawnPerson, draw_person
from drawings.person_style import PERSON_STYLES, Build, PersonStyle
from drawings.scene import draw_nobody, draw_two_people

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
