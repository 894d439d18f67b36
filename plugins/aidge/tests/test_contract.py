"""The contract of all providers."""

import attrs

from tryon_core import LibraryModel
from tryon_testing.contract import ProviderContract


class TestAidge(ProviderContract):
    provider = "aidge"

    def requests(self):
        """Ask for a model of the library, too, which the kit knows none of."""
        found = super().requests()
        model = LibraryModel(gender="male", style="universal_2", age="youngadult", body="slim")
        return [*found, attrs.evolve(found[0], person=model)]


class TestAidgeOtherwise(ProviderContract):
    """The forms that are not the default, against a service that answers in its other forms."""

    provider = "aidge"
    settings = {  # noqa: RUF012  (as the contract declares it)
        "signing": "iop",
        "submit_field": "requestParams",
        "submit_shape": "object",
        "query_field": "taskId",
        "trial": "true",
    }
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "result_encoding": "object",
        "result_shape": "B",
        "verdict_types": "native",
        "business_code": "res_code",
    }
