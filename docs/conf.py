"""How Sphinx makes the site of these pages: `nox -s docs`.

The pages are plain Markdown that a code host shows as well. What Sphinx needs beyond that is added
here, while it reads them.
"""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
REPOSITORY = "https://github.com/tryon-py/tryon/blob/main"
_PAGE = re.compile(r"\]\(((?:\w[\w-]*/)*[\w-]+)\.md\)")
_ELSEWHERE = re.compile(r"(?<=\]\()((?:\.\./)+[^)#\s]+)")

project = "tryon"
author = "The tryon authors"
copyright = author  # noqa: A001  (Sphinx's name for it)

sys.path.insert(0, str(DOCS))
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "api_pages",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["linkify"]  # addresses of sources are links
myst_linkify_fuzzy_links = False
myst_heading_anchors = 6  # links to headings are written as a code host makes their anchors

autodoc_typehints = "none"  # signatures are those of the source
napoleon_numpy_docstring = False
napoleon_attr_annotations = False
napoleon_custom_sections = [("Attributes", "params_style")]
add_module_names = False
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

# Addresses of examples and of this machine, and pages that show nothing without a key.
linkcheck_ignore = [r"https?://(127\.0\.0\.1|localhost|.*\.example)([:/].*)?$"]

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "tryon"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def complete(_: Sphinx, docname: str, source: list[str]) -> None:
    """Make a page one of the site."""
    page = DOCS / f"{docname}.md"
    text = _ELSEWHERE.sub(lambda link: _address(page, link[1]), source[0])
    text = text.replace("```csv\n", "```text\n")
    source[0] = text + contents(page, text) if page.stem == "index" else text


def _address(page: Path, link: str) -> str:
    """Return a link to a file that is not part of the site as one to the repository."""
    path = (page.parent / link).resolve()
    if path.is_relative_to(DOCS):
        return link
    return f"{REPOSITORY}/{path.relative_to(DOCS.parent).as_posix()}"


def contents(index: Path, text: str) -> str:
    """Return the contents of a section: the pages in the order of its index, then all others."""
    folder = index.parent
    own = [path.stem for path in sorted(folder.glob("*.md"))]
    below = [f"{path.parent.name}/index" for path in sorted(folder.glob("*/index.md"))]
    entries = [name for name in _PAGE.findall(text) if name in {*own, *below}]
    ordered = dict.fromkeys([*entries, *own, *below])
    ordered.pop("index")
    return "\n".join(["", "```{toctree}", ":hidden:", "", *ordered, "```", ""])


def setup(app: Sphinx) -> None:
    """Register what is done to each page."""
    app.connect("source-read", complete)
