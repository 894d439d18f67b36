import pytest

from providers import KEY
from tryon_core.models import Problem

TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")


def test_sound_inputs_are_ok_and_nothing_is_sent(tryon, offer):
    provider = offer(settings=[KEY])
    ended = tryon("check", *TRY)
    assert (ended.code, ended.out, ended.err) == (0, "ok\n", "")
    assert provider.calls == []


def test_every_problem_is_listed_at_once(tryon, offer):
    offer(problems=[Problem("options.seed", "It is odd.")])
    ended = tryon(
        "check", "-p", "fake", "--person", "nobody.png", "-o", "qualty=low", "--keep", "top"
    )
    assert ended.code == 2
    starts = [line.split(":")[0] for line in ended.err.splitlines() if line.startswith("-")]
    assert sorted(starts) == ["--person", "--top/--bottom/--dress", "-o", "-o seed"]
    assert ended.out == ""


@pytest.mark.usefixtures("fake")
def test_contradicting_garments_are_refused(tryon):
    ended = tryon("check", *TRY, "--dress", "tee.png")
    assert ended.code == 2
    assert "--dress: top + dress cannot be combined" in ended.err


def test_a_warning_is_a_note_and_does_not_fail(tryon, offer):
    offer(problems=[Problem("person", "It is dark.", severity="warning")])
    ended = tryon("check", *TRY)
    assert (ended.code, ended.err) == (0, "note: --person: It is dark.\n")


@pytest.mark.parametrize(
    ("garments", "declared", "code"),
    [
        (("--top", "tee.png"), {}, 2),
        (("--dress", "tee.png"), {}, 2),
        (("--bottom", "tee.png"), {}, 0),
        (
            ("--bottom", "tee.png"),
            {"parse_categories": ["bottom"], "keeps_unnamed_garments": False},
            2,
        ),
        (("--bottom", "tee.png"), {"parse_categories": [], "keeps_unnamed_garments": True}, 0),
    ],
)
def test_what_cannot_be_kept_is_said_beforehand(tryon, offer, garments, declared, code):
    provider = offer(**declared)
    ended = tryon("check", "-p", "fake", "--person", "person.png", *garments, "--keep", "top")
    assert ended.code == code
    assert ("--keep: " in ended.err) == (code == 2)
    assert provider.calls == []
