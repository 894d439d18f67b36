"""The contract of all providers."""

from tryon_testing import ProviderContract


class TestKling(ProviderContract):
    provider = "kling"


class TestLater(ProviderContract):
    """Virtual Try-On 3.0, whose answers have another form."""

    provider = "kling"

    def requests(self):
        return [each for each in super().requests() if each.options.model == "virtual-try-on-3.0"]


class TestWithTokens(TestKling):
    """With an access key and its secret in place of an API key."""

    settings = {"api_key": ""}  # noqa: RUF012  (as the contract declares it)

    def requests(self):
        return [each for each in super().requests() if each.options.model != "virtual-try-on-3.0"]
