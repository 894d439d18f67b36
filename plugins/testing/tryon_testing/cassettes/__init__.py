"""Cassettes: recorded answers of a service, played back without a network.

Needs the extra `kit` (vcrpy). How to record some of your own:
the page "Record cassettes".
"""

from tryon_testing.cassettes.case import Case, Provenance, Sample, SampleImage
from tryon_testing.cassettes.store import read_provenance, record_cassette, use_cassette
from tryon_testing.cassettes.stored import draw_png
from tryon_testing.cassettes.suite import Suite

__all__ = [
    "Case",
    "Provenance",
    "Sample",
    "SampleImage",
    "Suite",
    "draw_png",
    "read_provenance",
    "record_cassette",
    "use_cassette",
]
