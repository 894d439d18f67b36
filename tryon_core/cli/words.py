"""Python's words in messages of the library, as the shell says them.

Messages of the library and of plugins name arguments as Python does, such as `fit=True`. What the
command line prints goes through here.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_SHELL: Mapping[str, str] = MappingProxyType(
    {
        r"fit=True": "--fit",
        r"allow_private_addresses=True": "--allow-private-addresses",
        r"overwrite=True": "--force",
        r"again=True": "--again",
        r"allow_unpriced=True": "--allow-unpriced",
        r"retry_failed=True": "--retry-failed",
        r"retry_unknown=True": "--retry-unknown",
        r"redo=\['([^']*)'\]": r"--redo \g<1>",
        r"settle=\{ID: TOKEN\}": "--settle ID=TOKEN",
        r"the option (\w+=\w+)": r"-o \g<1>",
        r"Client\('([^']*)'\)": r"-p \g<1>",
        r"expected \w+, got list": "give it once",
        r"expected bool, got \w+": "expected true or false",
        r"remembered_jobs\(\)": "`tryon jobs`",
        r"Client\.resume\(TOKEN\)": "tryon resume TOKEN --out FILE",
    }
)


def in_shell(text: str) -> str:
    """Return a message as it is said to somebody who works in a shell."""
    for python, shell in _SHELL.items():
        text = re.sub(rf"\b{python}", shell, text)
    return text
