"""The package works without the optional Pillow as far as it can."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tryon_core.errors import MissingExtra
from tryon_core.images import ImageProbe, load_upright, probe
from tryon_core.installed import install_command
from tryon_core.models import BytesSource

# What Python notes for a module that is known to be missing.
BLOCKER = "import sys; sys.modules['PIL'] = None\n"


def _run(code: str, *arguments: str) -> str:
    script = BLOCKER + textwrap.dedent(code)
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_everything_is_imported_without_pillow() -> None:
    assert _run("import tryon_core.images as images; print(*images.__all__)")


def test_pillow_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys, tryon_core.images; print('PIL' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_probing_shows_format_and_bytes(tmp_path: Path, samples: dict[str, bytes]) -> None:
    path = tmp_path / "image"
    code = """
        from tryon_core.images import probe
        from tryon_core.models import as_source
        found = probe(as_source(sys.argv[1]), field="top")
        print(found.format, found.size_bytes, found.width_px, found.height_px)
    """
    for name in ("JPEG", "WEBP"):
        path.write_bytes(samples[name])
        assert _run(code, str(path)) == f"{name} {len(samples[name])} None None"


def test_checking_finds_what_it_can(tmp_path: Path, samples: dict[str, bytes]) -> None:
    path = tmp_path / "image"
    path.write_bytes(samples["BMP"])
    code = """
        from tryon_core.images import PORTABLE, check_request_images
        from tryon_core.models import as_source
        images = {"top": as_source(sys.argv[1]), "person": as_source(b"text")}
        print(*[problem.code for problem in check_request_images(images, lambda field: PORTABLE)])
    """
    assert _run(code, str(path)) == "image_format image_too_few_bytes not_an_image"


@pytest.mark.parametrize(
    "call", ["load_upright(source, field='top')", "fit(source, PORTABLE, field='top')"]
)
def test_what_needs_pillow_says_how_to_install_it(call: str) -> None:
    code = f"""
        from tryon_core.errors import MissingExtra
        from tryon_core.images import PORTABLE, fit, load_upright
        from tryon_core.models import as_source
        source = as_source(b"anything")
        try:
            {call}
        except MissingExtra as error:
            print(error)
    """
    assert _run(code).endswith(f"Install it with: {install_command('tryon-core', 'images')}")


def test_pillow_that_disappears_is_noticed_at_the_next_call(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = BytesSource(samples["PNG"])
    expected = ImageProbe(format="PNG", size_bytes=len(source.data))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert probe(source, field="top") == expected
    with pytest.raises(MissingExtra, match="Loading an image needs Pillow"):
        load_upright(source, field="top")
