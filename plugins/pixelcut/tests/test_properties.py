"""Whatever is asked of the plugin, and whatever Pixelcut answers."""

from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest


def at_a_foreign_store(request):
    """Give the photo by an address that only another vendor reads."""
    return InvalidRequest.of(
        request, field="person", why="an oss:// address", person="oss://elsewhere/person.jpg"
    )


class TestPixelcutProperties(ProviderProperties):
    provider = "pixelcut"
    knobs = {"credits": 10**9}  # noqa: RUF012  (as the contract declares it)

    def invalid_requests(self):
        return super().invalid_requests() | self.valid_requests().map(at_a_foreign_store)


class TestOtherReading(TestPixelcutProperties):
    """Where the documents differ, the vendor is as strict and as odd as it may be."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "cancelled_status": "canceled",
        "credits": 10**9,
        "credits_as_text": True,
        "error_shape": "nested",
        "formats": "JPEG,PNG",
        "job_error_shape": "flat",
        "location": "dead",
        "status_job_id": "none",
        "switches": "text",
    }


class TestWaiting(TestPixelcutProperties):
    """The vendor answers with the finished image."""

    only_the_wire = True
    settings = {"wait_for_result": "true"}  # noqa: RUF012  (as the contract declares it)
