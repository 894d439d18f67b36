"""Drawn people and garments: pictures for demonstrations and tests, with exact truth."""

from drawings.garment import DrawnGarment, draw_garment
from drawings.person import DrawnPerson, draw_person
from drawings.scene import draw_nobody, draw_two_people
from drawings.styles import GARMENT_STYLES, PERSON_STYLES, Build, GarmentStyle, PersonStyle

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
