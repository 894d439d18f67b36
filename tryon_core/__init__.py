"""One synchronous interface to every virtual try-on service.

Names are imported on first use, so that `import tryon_core` costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tryon_core import errors
    from tryon_core.hookspecs import Provider, hookimpl

__all__ = ["Provider", "errors", "hookimpl"]

_HOME = {
    "Provider": "tryon_core.hookspecs",
    "errors": "tryon_core.errors",
    "hookimpl": "tryon_core.hookspecs",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (metadata only when asked for)

        return version("tryon-core")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(_HOME[name])
    return module if _HOME[name] == f"{__name__}.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
