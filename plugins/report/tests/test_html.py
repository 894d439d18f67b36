"""Pages of HTML: every value escaped, and a policy that lets nothing else run."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

import tryon_report
from tryon_report import html, render


def _digests(page, tag):
    texts = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return [
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in texts
    ]


def _policy(page):
    (text,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    parts = (part.split(maxsplit=1) for part in text.split(";"))
    return {name: value.replace("&#39;", "'") for name, value in parts}


def test_the_policy_of_a_page_names_its_style_and_no_script():
    page = render("base.html")
    policy = _policy(page)
    (digest,) = _digests(page, "style")
    assert policy["style-src-elem"] == f"'{digest}'"
    assert policy["script-src"] == policy["default-src"] == "'none'"
    assert "<script" not in page


def test_a_page_names_no_other_address():
    assert not re.findall(r"https?:", render("base.html"))


def _colours(text):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))


def _light(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return sum(share * v for share, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


TONES = ("good", "warn", "bad", "doubt", "open")
PAIRS = [
    *((text, back) for text in ("text", "soft", "accent") for back in ("page", "card", "sunk")),
    *((tone, f"{tone}-back") for tone in TONES),
    *((tone, "card") for tone in TONES),
    ("on-accent", "accent"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "back"), PAIRS)
def test_the_colours_of_text_have_the_contrast_of_aa(scheme, text, back):
    text_of_file = (Path(tryon_report.__file__).parent / "templates/base.css").read_text()
    light, dark = text_of_file.split("@media print")[0].split(
        "@media screen and (prefers-color-scheme: dark)"
    )
    colours = _colours(light) | (_colours(dark) if scheme == "dark" else {})
    lights = sorted((_light(colours[text]), _light(colours[back])))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5


def test_what_acts_unseen_in_a_text_becomes_visible():
    assert html._shown("a\u202eb\nc\x1b") == "a\\u202eb c\\x1b"
