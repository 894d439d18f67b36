"""Check a built site: its pages load nothing from elsewhere, and its search knows our names."""

import re
import sys
from pathlib import Path

LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=\"([^\"]+)\"")
IN_STYLES = re.compile(r"url\(\s*[\"']?(https?:[^)]*)|@import\s+[\"'](https?:[^\"']*)")


def main(site: Path) -> None:
    """Exit with what is wrong."""
    pages = sorted(site.rglob("*.html"))
    wrong = [
        f"{page.relative_to(site)} loads {address}"
        for page in pages
        for address in LOADED.findall(page.read_text(encoding="utf-8"))
        if re.match(r"(https?:)?//", address)
    ]
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        wrong += [f"{style.name} loads {found[0]}" for found in IN_STYLES.finditer(text)]
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    wrong += [f"the search knows no {name}" for name in ("try_on", "jobfail") if name not in index]
    if wrong or not pages:
        sys.exit("\n".join(wrong) or f"{site} has no pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
