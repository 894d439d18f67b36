"""The pages of the documentation that messages point to, each by its title and public address."""

DOCS = "https://github.com/tryon-py/tryon/blob/main/docs"
"""Where the documentation is."""


def _page(title: str, path: str) -> str:
    return f'"{title}" ({DOCS}/{path})'


EMULATORS = _page("Write an emulator", "how-to/write-an-emulator.md")
SHOWN = f"{EMULATORS} shows how"
"""How messages end that ask for more of an emulator."""
EXCHANGES = _page("Test a provider", "how-to/test-a-provider.md#an-entry")
