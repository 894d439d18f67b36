"""Results, their images and found garments, as a person looks at them."""

import io
import sys
from datetime import datetime, timezone
from types import ModuleType, SimpleNamespace

import attrs
import pytest
from PIL import Image, ImageShow

from providers import FakeProvider, picture
from tryon_core import Client
from tryon_core.errors import MissingExtra, OutputError, UnusableImage
from tryon_core.models import Artifact, BytesSource, Job, Notice, UrlSource
from tryon_core.results import ResultImage, TryOnResult
from tryon_testing import FakeClock

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
_TURNED = 6
_ORIENTATION = 0x0112


def file_of(image: Image.Image, format_name: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **how)
    return file.getvalue()


def result_of(*files: bytes) -> TryOnResult:
    job = Job(provider="acme", id="j1", submitted_at=NOW)
    return TryOnResult(job=job, images=tuple(ResultImage(data=each, format="") for each in files))


def test_the_image_of_a_result_is_a_pillow_image_of_the_first_file():
    first, second = Image.new("RGB", (6, 8), "red"), Image.new("RGB", (3, 4), "blue")
    result = result_of(file_of(first), file_of(second))
    assert isinstance(result.image, Image.Image)
    assert (result.image.size, result.image.getpixel((0, 0))) == ((6, 8), (255, 0, 0))
    assert result.images[1].decoded().getpixel((0, 0)) == (0, 0, 255)


def test_an_image_is_shown_upright_in_rgb_and_scaled_down_on_demand():
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED
    result = result_of(file_of(Image.new("L", (64, 32), 90), "JPEG", exif=exif))
    assert (result.image.mode, result.image.size) == ("RGB", (32, 64))
    assert result.images[0].decoded(max_side_px=16).size == (8, 16)


def test_changing_the_decoded_image_changes_no_result():
    result = result_of(file_of(Image.new("RGB", (2, 2), "red")))
    result.image.putpixel((0, 0), (0, 0, 0))
    assert result.image.getpixel((0, 0)) == (255, 0, 0)


def test_an_image_that_cannot_be_decoded_says_so_and_keeps_its_bytes():
    whole = file_of(Image.effect_noise((64, 64), 50))
    result = result_of(whole[: len(whole) // 2])
    with pytest.raises(UnusableImage, match="cut off"):
        _ = result.image
    assert result.images[0].data


def test_without_pillow_the_image_names_what_to_install(monkeypatch):
    result = result_of(file_of(Image.new("RGB", (2, 2))))
    monkeypatch.setattr("tryon_core.image_formats.has_pillow", lambda: False)
    with pytest.raises(MissingExtra, match="Pillow") as caught:
        _ = result.image
    assert "images" in caught.value.remedy


SCRIPT = "<script>alert(1)</script>"


def test_a_notebook_shows_a_small_copy_and_keeps_the_file():
    result = result_of(file_of(Image.effect_noise((1024, 768), 50)))
    for shown in (result._repr_png_(), result.images[0]._repr_png_()):
        assert Image.open(io.BytesIO(shown)).size == (512, 384)
    assert Image.open(io.BytesIO(result.images[0].data)).size == (1024, 768)


def test_the_html_of_a_result_shows_every_image_and_says_what_is_wrong():
    blank, noise = (
        file_of(Image.new("RGB", (40, 30))),
        file_of(Image.effect_noise((40, 30), 90), "JPEG"),
    )
    provider = FakeProvider(images=[blank, noise], notices=[Notice("x", SCRIPT)])
    html = Client(provider, clock=FakeClock()).try_on(picture(), top=picture())._repr_html_()
    assert html.count('<img src="data:image/png;base64,') == 2
    assert "PNG 40 x 30 px" in html
    assert "JPEG 40 x 30 px" in html
    assert "one colour all over" in html
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)" in html


def test_an_image_that_cannot_be_decoded_is_shown_as_its_size_alone():
    whole = file_of(Image.effect_noise((64, 64), 50))
    result = result_of(whole[: len(whole) // 2])
    assert result._repr_png_() is None
    assert "<img" not in result._repr_html_()


def test_without_pillow_a_notebook_shows_what_is_a_png_already(monkeypatch):
    monkeypatch.setattr("tryon_core.results.has_pillow", lambda: False)
    png = file_of(Image.new("RGB", (2, 2)))
    job = Job(provider="acme", id="j1", submitted_at=NOW)
    images = [ResultImage(data=png, format="PNG"), ResultImage(data=b"\xff\xd8", format="JPEG")]
    result = TryOnResult(job=job, images=images)
    assert [image._repr_png_() for image in result.images] == [png, None]
    assert result._repr_html_().count("<img") == 1
    assert "None" not in result._repr_html_()


@pytest.fixture
def region():
    provider = FakeProvider(box=(-5, 2, 30, 40))
    (found,) = Client(provider, clock=FakeClock()).parse_garment(picture(), ["top"])
    return found


def test_a_found_garment_is_shown_as_its_crop_with_its_box(region):
    assert region._repr_png_() == region.crop.source.data
    html = region._repr_html_()
    assert '<img src="data:image/png;base64,' in html
    assert "top: x 0 to 30, y 2 to 40 of 64 x 96 px" in html
    assert "leaves the photo and is cut" in html


def test_a_crop_that_is_at_an_address_only_is_not_fetched_by_looking_at_it(region):
    there = Artifact(source=UrlSource("https://vendor.example/crop.png?signature=s"))
    far = attrs.evolve(region, crop=there, photo_size_px=None)
    assert far._repr_png_() is None
    html = far._repr_html_()
    assert "<img" not in html
    assert "vendor.example" not in html


def test_a_crop_in_jpeg_is_shown_by_its_own_type(region):
    crop = Artifact(source=BytesSource(file_of(Image.new("RGB", (4, 4)), "JPEG")))
    other = attrs.evolve(region, crop=crop)
    assert other._repr_png_() is None
    assert "data:image/jpeg;base64," in other._repr_html_()


def test_what_a_shell_prints_is_a_line_without_addresses(region):
    client = Client(FakeProvider(), clock=FakeClock())
    result = client.try_on(picture(), top=picture())
    assert len(repr(result)) < 200
    assert len(repr(region)) < 250
    assert repr(result).startswith("TryOnResult(job=<fake job-1>, images=(ResultImage(format='PNG'")


class TestShow:
    @pytest.fixture
    def windows(self, monkeypatch):
        """What the viewer of the system was given."""
        shown = []

        class Viewer(ImageShow.Viewer):
            def show(self, image, **options):
                shown.append((image.size, options["title"]))
                return 1

        monkeypatch.setattr(ImageShow, "_viewers", [Viewer()])
        return shown

    def test_the_viewer_of_the_system_shows_every_image(self, windows):
        result_of(file_of(Image.new("RGB", (6, 8))), file_of(Image.new("RGB", (3, 4)))).show()
        assert windows == [((6, 8), "acme j1"), ((3, 4), "acme j1")]

    def test_a_system_without_a_viewer_is_named_with_what_to_do(self, monkeypatch):
        monkeypatch.setattr(ImageShow, "_viewers", [])
        with pytest.raises(OutputError, match="no program was found") as caught:
            result_of(file_of(Image.new("RGB", (6, 8)))).show()
        assert "save" in caught.value.remedy

    def test_in_a_notebook_it_is_displayed_below_the_cell(self, monkeypatch, windows):
        displayed = []
        shell = SimpleNamespace(kernel=object())
        python, display = ModuleType("IPython"), ModuleType("IPython.display")
        python.get_ipython, display.display = lambda: shell, displayed.append
        monkeypatch.setitem(sys.modules, "IPython", python)
        monkeypatch.setitem(sys.modules, "IPython.display", display)
        result = result_of(file_of(Image.new("RGB", (6, 8))))
        result.show()
        assert displayed == [result]
        assert windows == []

    def test_ipython_in_a_terminal_is_no_notebook(self, monkeypatch, windows):
        python = ModuleType("IPython")
        python.get_ipython = SimpleNamespace
        monkeypatch.setitem(sys.modules, "IPython", python)
        result_of(file_of(Image.new("RGB", (6, 8)))).show()
        assert len(windows) == 1
