import pytest

from tryon_core import ErrorCode, errors


def _entry(code, **answers):
    return ErrorCode(code=code, error=errors.InputRefused, meaning="It is so.", **answers)


@pytest.mark.parametrize(
    ("code", "status", "given", "given_status", "fits"),
    [
        ("Throttling", None, "Throttling", 429, True),
        ("Throttling", None, "Throttling.RateQuota", 429, False),
        ("Throttling*", None, "Throttling.RateQuota", 429, True),
        ("Throttling*", None, "Throttling", None, True),
        ("Throttling", 429, "Throttling", 400, False),
        ("", 429, "Whatever", 429, True),
        ("", 429, "", 429, True),
        ("", None, "", 429, False),
    ],
)
def test_an_entry_fits_its_code_its_family_or_its_status(code, status, given, given_status, fits):
    assert _entry(code, http_status=status).fits(given, given_status) is fits


def test_what_the_entry_does_not_say_is_said_by_the_class():
    error = _entry("BadPose", retry="no").to_error("Acme: no person.", request_id="r-1")
    assert isinstance(error, errors.InputRefused)
    assert (error.fault, error.retry, error.billed) == ("input", "no", "no")
    assert error.request_id == "r-1"


def test_the_remedy_of_the_entry_beats_that_of_the_class():
    entry = ErrorCode(
        code="Arrearage", error=errors.CreditsExhausted, meaning="Debt.", remedy="Pay the bill."
    )
    assert str(entry.to_error("No credits.")) == "No credits. Pay the bill."


@pytest.mark.parametrize("wrong", ["InputRefused", ValueError, errors.InputRefused("text")])
def test_only_classes_of_our_errors_are_taken(wrong):
    with pytest.raises(TypeError, match=r"error: expected a class of tryon_core\.errors"):
        ErrorCode(code="x", error=wrong, meaning="")
