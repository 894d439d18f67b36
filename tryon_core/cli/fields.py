"""How the command line spells the library's fields."""

_OPTIONS = {
    "garments": "--top/--bottom/--dress",
    "categories": "--category",
    "image": "IMG",
    "options": "-o",
}


def option_of(field: str) -> str:
    """Return the option that sets a field: such as `-o seed` for `options.seed`."""
    head, _, rest = field.partition(".")
    option = _OPTIONS.get(head, f"--{head}")
    return f"{option} {rest}" if rest else option
