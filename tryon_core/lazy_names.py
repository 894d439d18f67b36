"""The names of a package, each imported when it is used first, so that importing costs nothing."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

LazyNames = tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]


def lazy_names(package: str, homes: Mapping[str, str]) -> LazyNames:
    """Return `__all__`, `__getattr__` and `__dir__` of a package.

    Type checkers do not see these: list the names for them under `TYPE_CHECKING` as well, in the
    form `from x import Name as Name`. `__version__` comes with them.

    Args:
        package: its `__name__`; the distribution has the same name with hyphens.
        homes: the public names in each module, separated by blanks. A name that is that of the
            module means the module.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def get(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415  (only when asked for)

            return version(package.replace("_", "-"))
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(home[name])
        return module if home[name] == f"{package}.{name}" else getattr(module, name)

    def names() -> list[str]:
        return sorted([*home, "__version__"])

    return sorted(home), get, names
