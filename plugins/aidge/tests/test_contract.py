"""The contract of all providers."""

from tryon_testing.contract import ProviderContract


class TestAidge(ProviderContract):
    provider = "aidge"


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
