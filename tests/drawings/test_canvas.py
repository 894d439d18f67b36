"""The canvas."""

from PIL import Image

from drawings.canvas import Canvas, cast, model, ramp

WHITE = (255, 255, 255)
SQUARE = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


def blank(size=(40, 40)):
    return Canvas(Image.new("RGB", size, WHITE), Image.new("L", size), (20.0, 20.0), 10.0)


def test_a_mask_covers_what_the_shape_covers():
    mask = blank().mask([SQUARE])
    x1, y1, x2, y2 = mask.getbbox()
    assert max(abs(x1 - 10), abs(y1 - 10), abs(x2 - 30), abs(y2 - 30)) <= 1
    assert mask.getpixel((20, 20)) == 255


def test_shapes_are_united_where_they_overlap():
    canvas = blank()
    assert canvas.mask([SQUARE, SQUARE]).tobytes() == canvas.mask([SQUARE]).tobytes()


def test_a_shape_outside_the_picture_leaves_an_empty_mask():
    assert blank().mask([[(9.0, 9.0), (10.0, 9.0), (10.0, 10.0)]]).getbbox() is None
    assert blank().mask([]).getbbox() is None


def test_a_fill_labels_only_its_own_pixels_and_the_last_one_wins():
    canvas = blank()
    mask = canvas.mask([SQUARE])
    canvas.fill(mask, (200, 0, 0), label=1)
    canvas.fill(canvas.shifted(mask, 1.0, 0.0), (0, 0, 200), label=2)
    assert [canvas.labels.getpixel((x, 20)) for x in (5, 15, 25, 35)] == [0, 1, 2, 2]
    assert canvas.image.getpixel((25, 20)) == (0, 0, 200)
    assert canvas.person().getpixel((5, 20)) == 0


def test_light_comes_from_the_left():
    canvas = blank()
    mask = canvas.mask([SQUARE])
    canvas.fill(mask, (150, 150, 150))
    model(canvas, mask, depth=0.5)
    left, middle, right = (canvas.image.getpixel((x, 20))[0] for x in (12, 20, 27))
    assert left > middle > right


def test_a_shadow_falls_on_the_person_only():
    canvas = blank()
    mask = canvas.mask([SQUARE])
    canvas.fill(mask, WHITE, label=1)
    cast(canvas, canvas.shifted(mask, 1.0, 0.0), radius=0.1)
    assert canvas.image.getpixel((25, 20)) < WHITE
    assert canvas.image.getpixel((35, 20)) == WHITE


def test_a_ramp_grows_downwards():
    mask = ramp(blank(), -0.5, 0.5)
    column = [mask.getpixel((3, y)) for y in range(40)]
    assert column == sorted(column)
    assert (column[0], column[-1]) == (0, 255)
