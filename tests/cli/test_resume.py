import pytest

from distributions import write_distribution
from tryon_core.errors import AnswerLost
from tryon_core.models import Failure, Job, JobState
from tryon_core.registry import REGISTRY

TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")


@pytest.fixture
def token(tryon):
    def submit():
        return tryon("submit", *TRY, "--quiet").out.strip()

    return submit


@pytest.mark.usefixtures("fake")
def test_submit_prints_the_token_and_nothing_else(tryon):
    ended = tryon("submit", *TRY, "--quiet")
    assert ended.code == 0
    assert ended.err == ""
    assert Job.from_token(ended.out).id == "job-1"
    assert ended.out.count("\n") == 1


def test_submit_interrupted_while_the_answer_is_out_says_so(tryon, offer):
    offer(on_submit=KeyboardInterrupt())
    ended = tryon("submit", *TRY)
    assert ended.code == 130
    assert "not known" in ended.err


@pytest.mark.parametrize("state", list(JobState))
def test_poll_prints_the_word_for_the_state_and_ends_with_0(tryon, offer, token, state):
    provider = offer()
    line = token()
    provider.state = state
    ended = tryon("poll", line)
    assert (ended.code, ended.out, ended.err) == (0, f"{state.value}\n", "")
    assert provider.calls == ["submit", "poll"]


def test_poll_without_an_answer_ends_like_a_job_that_goes_on(tryon, offer, token):
    provider = offer()
    line = token()
    provider.on_poll = AnswerLost("no answer.")
    assert tryon("poll", line).code == 5


def test_resume_fetches_the_result(tryon, offer, token, folder):
    provider = offer(polls=1)
    ended = tryon("resume", token(), "--out", "out.png")
    assert (ended.code, ended.out) == (0, "out.png\n")
    assert (folder / "out.png").read_bytes() == provider.images[0]


def test_resume_checks_the_target_before_asking(tryon, fake, token):
    ended = tryon("resume", token(), "--out", "nowhere/out.png")
    assert ended.code == 2
    assert "poll" not in fake.calls


def test_resume_of_a_failed_job_ends_with_1(tryon, offer, token):
    offer(failure=Failure(code="E", message="no"))
    assert tryon("resume", token(), "--out", "out.png").code == 1


@pytest.mark.parametrize("command", ["poll", "cancel"])
@pytest.mark.parametrize("text", ["nonsense", "tryon1.nonsense", "tryon9.abc"])
def test_a_damaged_token_ends_with_2(tryon, command, text):
    ended = tryon(command, text)
    assert ended.code == 2
    assert ended.err.startswith("error: token: ")


def test_cancel_prints_where_the_job_stands(tryon, offer, token):
    offer(can_cancel=True)
    ended = tryon("cancel", token())
    assert (ended.code, ended.out) == (0, "cancelled\n")


@pytest.mark.usefixtures("fake")
def test_cancel_that_is_not_offered_ends_with_1(tryon, token):
    ended = tryon("cancel", token())
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: ")


def test_a_job_of_a_provider_that_is_not_installed_ends_with_3(tryon, offer, token):
    offer()
    line = token()
    REGISTRY.unregister("fake")
    assert tryon("poll", line).code == 3


def test_two_distributions_of_a_provider_are_told_apart_by_name(
    tryon, folder, monkeypatch: pytest.MonkeyPatch
):
    source = """
from providers import FakeProvider, fake_info
provider = FakeProvider(info=fake_info("twin"), polls=None)
"""
    for name in ("first", "second"):
        write_distribution(
            folder,
            f"twin-{name}",
            providers={"twin": f"twin_{name}:provider"},
            modules={f"twin_{name}": source},
        )
    monkeypatch.syspath_prepend(str(folder))
    REGISTRY.refresh()
    try:
        inputs = ("--person", "person.png", "--top", "tee.png")
        assert tryon("submit", "-p", "twin", *inputs).code == 3
        line = tryon("submit", "-p", "twin@twin-second", *inputs).out.strip()
        assert tryon("poll", line).code == 3
        assert tryon("poll", line, "-p", "twin@twin-second").out == "running\n"
        late = tryon("run", "-p", "twin@twin-first", *inputs, "--out", "out/", "--timeout", "0.01")
        assert late.err.splitlines()[-1].endswith(" --out out/ --provider twin@twin-first")
    finally:
        monkeypatch.undo()
        REGISTRY.refresh()
