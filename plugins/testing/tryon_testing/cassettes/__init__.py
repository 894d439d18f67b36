"""Cassettes: recorded answers of a service, played back without a network.

Needs the extra `testing` (vcrpy). How to record some of your own stands in
`docs/how-to/record-cassettes.md`.
"""

from tryon_testing.cassettes.case import Case, Picture, Provenance, Sample
from tryon_testing.cassettes.store import read_provenance, record_cassette, use_cassette
from tryon_testing.cassettes.stored import draw_png
from tryon_testing.cassettes.suite import Suite

__all__ = [
    "Case",
    "Picture",
    "Provenance",
    "Sample",
    "Suite",
    "draw_png",
    "read_provenance",
    "record_cassette",
    "use_cassette",
]
