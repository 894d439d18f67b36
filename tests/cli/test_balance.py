import pytest


@pytest.mark.usefixtures("fake")
def test_a_provider_without_such_a_question_says_where_to_look(tryon):
    ended = tryon("balance", "-p", "fake")
    assert ended.code == 3
    assert "Fake try-on does not tell what is left on an account" in ended.err
    assert "dashboard" in ended.err
