"""Pages of HTML: every value escaped, and a policy that lets nothing else run."""

import base64
import hashlib
import re

from tryon_report import render


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
