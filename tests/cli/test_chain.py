"""`--chain`: an outfit in two steps, in the words of the shell."""

import shlex

import pytest

from providers import picture
from tryon_core import errors
from tryon_core.remembered import REMEMBER_ENV

OUTFIT = ("-p", "fake", "--person", "person.png", "--top", "tee.png", "--bottom", "jeans.png")
CHAIN = ("run", *OUTFIT, "--chain", "--out", "out.png")
AGAIN = "tryon run --provider fake --person person.png --top tee.png --bottom jeans.png --chain"


@pytest.fixture
def outfit(offer, folder, monkeypatch):
    """Offer a provider of one garment at a time."""
    (folder / "jeans.png").write_bytes(picture(colour=(9, 9, 99)))
    monkeypatch.setenv(REMEMBER_ENV, "1")
    return lambda **knobs: offer(**{"garments": [{"top"}, {"bottom"}], **knobs})


def _asked(provider):
    return [next(iter(request.garments)) for request in provider.requests]


@pytest.mark.parametrize("command", [("run", *OUTFIT, "--out", "out.png"), ("submit", *OUTFIT)])
def test_a_refused_pair_names_the_flag_and_the_commands_that_have_it(tryon, outfit, command):
    provider = outfit()
    ended = tryon(*command)
    assert (ended.code, provider.requests) == (2, [])
    assert "--chain does it in two steps, which cost twice" in ended.err
    assert "(`tryon run` and `tryon batch` have it)" in ended.err


def test_two_steps_give_one_image(tryon, outfit, folder):
    provider = outfit()
    ended = tryon(*CHAIN)
    assert (ended.code, ended.out.split()) == (0, ["out.png"])
    assert _asked(provider) == ["bottom", "top"]
    assert (folder / "out.png").exists()
    assert ended.err.count(f"accepted: {AGAIN} --out out.png") == 2


def test_a_vendor_that_takes_the_pair_gets_one_request(tryon, outfit):
    provider = outfit(garments=[{"top", "bottom"}])
    assert tryon(*CHAIN).code == 0
    assert len(provider.requests) == 1


def test_a_check_looks_at_both_steps(tryon, outfit, folder):
    provider = outfit()
    check = ("check", *OUTFIT)
    assert tryon(*check).code == 2
    assert tryon(*check, "--chain").out == "ok\n"
    (folder / "tee.png").write_bytes(picture(size=(1, 1)))
    (folder / "jeans.png").write_bytes(b"no image")
    ended = tryon(*check, "--chain", "--no-fit")
    assert ended.code == 2
    assert "--top: " in ended.err
    assert "--bottom: " in ended.err
    assert provider.calls == []


def test_an_error_of_a_step_says_which_and_gives_the_command_that_goes_on(tryon, outfit):
    provider = outfit(polls=None)
    ended = tryon(*CHAIN, "--timeout", "0.01")
    assert ended.code == 5
    assert "error: step 1 of 2, the bottom: " in ended.err
    assert ended.err.splitlines()[-1] == f"  {AGAIN} --out out.png"
    provider.polls = 0
    (command,) = [line for line in ended.err.splitlines() if line.startswith("  tryon run")]
    assert tryon(*shlex.split(command)[1:]).code == 0
    assert _asked(provider) == ["bottom", "top"]


def test_a_step_that_is_not_remembered_is_gone_on_with_by_its_token(tryon, outfit, monkeypatch):
    provider = outfit(polls=None)
    monkeypatch.setenv(REMEMBER_ENV, "0")
    ended = tryon(*CHAIN, "--timeout", "0.01")
    assert "--chain" not in ended.err
    command = ended.err.splitlines()[-1]
    assert command.startswith("  tryon resume tryon1.")
    assert command.endswith(" --out PATH")
    provider.polls = 0
    assert tryon(*shlex.split(command)[1:-1], "first.png").out == "first.png\n"
    assert _asked(provider) == ["bottom"]


def test_the_command_that_goes_on_has_all_that_was_typed(tryon, outfit):
    outfit(polls=None)
    more = ("-o", "seed=7", "-o", "quality=high", "--no-fit", "--force", "--timeout", "0.01")
    ended = tryon(*CHAIN, *more)
    again = AGAIN.replace("--chain", "-o seed=7 -o quality=high --no-fit --chain")
    assert ended.err.splitlines()[-1] == f"  {again} --out out.png --force"


def test_a_second_step_that_is_refused_says_that_the_first_is_paid(tryon, outfit):
    provider = outfit()

    def refuse():
        if len(provider.requests) == 2:
            raise errors.InputRefused("the top is not liked.")

    provider.before_submit = refuse
    ended = tryon(*CHAIN)
    assert ended.code == 2
    assert "error: step 2 of 2, the top: the top is not liked." in ended.err
    assert "The bottom is paid, and its image is kept for a day" in ended.err
    assert "billed: yes" in ended.err
    provider.before_submit = lambda: None
    assert tryon(*CHAIN).code == 0
    assert _asked(provider) == ["bottom", "top", "top"]


def test_a_lost_answer_of_a_step_is_not_sent_again_until_it_is_forgotten(tryon, outfit):
    provider = outfit(on_submit=errors.OutcomeUnknown("no answer came."))
    assert tryon(*CHAIN).code == 4
    provider.on_submit = None
    ended = tryon(*CHAIN)
    assert (ended.code, len(provider.requests)) == (4, 1)
    _, command = ended.err.split("forget it first: ")
    assert tryon(*shlex.split(command.splitlines()[0])[1:]).code == 0
    assert tryon(*CHAIN).code == 0
    assert len(provider.requests) == 3


def test_a_first_step_that_is_resumed_says_what_comes_next(tryon, outfit, folder):
    provider = outfit(polls=None)
    tryon(*CHAIN, "-o", "seed=7", "--timeout", "0.01")
    provider.polls = 0
    assert "first step of an outfit" in tryon("jobs").out
    ended = tryon("resume", "--last", "--out", "first.png")
    assert (ended.code, ended.out.split()) == (0, ["first.png"])
    assert "it is the first step of an outfit; the top comes next" in ended.err
    tee = folder / "tee.png"
    words = f"tryon run --provider fake --person first.png --top {tee} -o seed=7 --out PATH"
    assert ended.err.splitlines()[-1] == f"  {words}"


def test_an_image_that_is_none_is_fetched_again_by_its_own_job(tryon, outfit):
    provider = outfit()

    def spoil():
        if len(provider.requests) == 2:
            provider.images = [picture()[:-20]]

    provider.before_submit = spoil
    ended = tryon(*CHAIN)
    assert ended.code == 6
    assert "fetch it again, which is free, with:\n  tryon resume " in ended.err
