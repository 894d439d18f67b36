"""The optional dependency: whether Pillow is there, and what to say when it is not."""

from importlib.util import find_spec

from tryon_core.errors import MissingExtra
from tryon_core.installed import install_command


def has_pillow() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def how_to_decode(format_name: str) -> str:
    """Return what to do about an image whose format nothing here decodes."""
    if not has_pillow():
        return f"Install Pillow, which decodes it: {install_command('tryon-core', 'images')}"
    if format_name == "HEIC":
        return "Convert it to JPEG first, or pip install pillow-heif, which decodes it."
    return "Convert it to JPEG or PNG first."


def require_pillow(purpose: str) -> None:
    """Make sure that Pillow is installed.

    Args:
        purpose: what it is needed for, as the beginning of a sentence.

    Raises:
        MissingExtra: it is not installed.
    """
    if not has_pillow():
        raise MissingExtra(
            f"{purpose} needs Pillow, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-core', 'images')}",
        )
