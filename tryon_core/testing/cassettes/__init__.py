"""Cassettes: recorded answers of a service, played back without a network.

Needs the extra `testing` (vcrpy). How to record some of your own stands in
`docs/how-to/record-cassettes.md`.
"""

from tryon_core.testing.cassettes.case import Case, Picture, Sample
from tryon_core.testing.cassettes.pictures import draw_png
from tryon_core.testing.cassettes.provenance import Provenance
from tryon_core.testing.cassettes.store import read_provenance
from tryon_core.testing.cassettes.suite import Suite
from tryon_core.testing.cassettes.use import record_cassette, use_cassette

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
