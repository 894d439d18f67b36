import attrs
import numpy as np
import pytest

from tryon_local.body import Label
from tryon_local.warp import make_wearer
from wearers import wearer_in


@pytest.mark.parametrize(("hips", "expected"), [(0.44, 0.47), (0.62, 0.6)])
def test_a_trunk_is_as_wide_as_a_top_unless_that_stands_far_off_the_hips(person, hips, expected):
    drawn = wearer_in(np.asarray(person.image))
    across, height = np.abs(drawn.lateral), drawn.height
    top = (across < 0.6) & (height > 0.1) & (height <= 0.95)
    legs = (across < hips) & (height > 0.95) & (height < 2)
    labels = np.where(top, Label.UPPER, np.where(legs, Label.LOWER, Label.BACKGROUND))
    body = attrs.evolve(drawn.body, mask=(top | legs).astype(np.float32))
    parse = attrs.evolve(drawn.parse, labels=labels.astype(np.uint8), is_dress=False)
    loose = make_wearer(drawn.rgb, body, parse)
    loose = attrs.evolve(loose, trunk=top | legs)
    for side in (0, 1):
        assert loose.half_width(0.7, side) == pytest.approx(expected, abs=0.02)
