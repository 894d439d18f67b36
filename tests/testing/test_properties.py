"""The properties hold for a well-behaved provider."""

from hypothesis import strategies as st

from acme import provider as acme
from acme_emulator import emulator
from tryon_testing.fuzzing import life_of_a_job, world_of
from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.answers import status_words


class TestAcme(ProviderProperties):
    provider = acme
    emulator = emulator
    options = {"seed": st.none() | st.integers(0, 2**31)}  # noqa: RUF012  (as the class declares it)


def test_the_life_of_a_job_shows_every_word_of_the_vendor():
    with world_of(TestAcme()) as world:
        _, answers = life_of_a_job(world)
    assert status_words(answers)["status",] == {"queued", "working", "done"}
