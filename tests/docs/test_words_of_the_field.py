"""One word for one thing, and plain ones: in the pages, and in what the shipped packages say."""

import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = {
    r"pictures?": "image",
    r"questions?": "poll",
    r"where (a|an|the|this) (job|task|item|row|try-on) stands": "the state of a job",
    r"twins?": "duplicates, counterpart",
    r"lanes?": "the queue of a provider",
    r"in the air": "in flight",
    r"(is|are|was|were|be|been|as|than) told(?! (apart|from))": "reported, called with, on request",
    r"stands (here|there|alone|beside|at|in|inside|on)": "is",
    r"deciders?|bystanders?": "what it does",
    r"who(so)?ever": "the user who, code that",
    r"anew": "again",
    r"shall": "is to, must",
    r"mend(s|ed|ing)?": "correct, repair",
}
"""What is not said, and what is said instead."""
NAMES = re.compile("picture|decider|bystander", re.IGNORECASE)
"""What no name of a module, function or variable contains."""
EXCEPTIONS = {
    ("CONTRIBUTING.md", "questions"),  # the four that an error answers
    ("docs/reference/errors.md", "questions"),
    ("tryon_core/errors.py", "questions"),
    ("plugins/testing/tryon_testing/cassettes/suite.py", "pictures"),  # an address in cassettes
    ("plugins/ailab/tryon_ailab/emulator/app.py", "as told"),  # an answer in cassettes
    ("plugins/testing/tryon_testing/emulation/faults.py", "as told"),  # an answer in cassettes
}
"""What is allowed all the same: a path and the words, in small letters."""
_FORBIDDEN = re.compile(
    "|".join(rf"(?<![A-Za-z])(?:{word})(?![A-Za-z])" for word in WORDS), re.IGNORECASE
)
_SAID = (tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


PAGES = [
    path
    for pattern in ("*.md", "docs/**/*.md", "plugins/*/*.md", "cassettes/*.md")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "CHANGELOG.md"
]
MODULES = [
    path
    for pattern in ("tryon_core/**/*.py", "plugins/*/tryon_*/**/*.py")
    for path in sorted(ROOT.glob(pattern))
]


def _instead(found):
    return next(said for word, said in WORDS.items() if re.fullmatch(word, found, re.IGNORECASE))


def _tokens(path):
    source = path.read_text(encoding="utf-8")
    return tokenize.generate_tokens(io.StringIO(source).readline)


def _said(path):
    """Yield the lines of the texts and comments of a module, with their numbers."""
    for token in _tokens(path):
        if token.type in _SAID:
            yield from enumerate(token.string.splitlines(), token.start[0])


def _wrong(path, lines):
    name = path.relative_to(ROOT).as_posix()
    for number, line in lines:
        for found in _FORBIDDEN.finditer(line):
            if (name, found[0].lower()) not in EXCEPTIONS:
                yield f"{name}:{number}: {found[0]!r}, say: {_instead(found[0])}"


def test_the_pages_say_things_in_plain_words_of_the_field():
    wrong = []
    for path in PAGES:
        wrong += _wrong(path, enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    assert not wrong, "\n".join(wrong)


def test_messages_docstrings_and_comments_say_things_in_plain_words_of_the_field():
    wrong = [found for path in MODULES for found in _wrong(path, _said(path))]
    assert not wrong, "\n".join(wrong)


def test_names_are_words_of_the_field():
    wrong = []
    for path in MODULES:
        names = {token.string for token in _tokens(path) if token.type == tokenize.NAME}
        name = path.relative_to(ROOT).as_posix()
        wrong += [f"{name}: {found}" for found in {name, *names} if NAMES.search(found)]
    assert not wrong, "\n".join(sorted(wrong))
