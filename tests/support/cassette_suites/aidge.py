"""The cassettes of AIDGE, with the sample of its page on submitting."""

from pathlib import Path
from typing import Any

from tryon_core import LibraryModel
from tryon_testing.cassettes import Case, Sample, SampleImage, Suite

_SUBMIT = (
    "https://docs.aidc-ai.com/aidge-resource/api-reference/e-commerce-virtual-model/"
    "virtual-tryon/virtual-try-on-submit-api-reference"
)
_JAMES = LibraryModel(base="General", name="James")

ACCEPTED = Sample(
    source=_SUBMIT,
    body=r"""{
  "code": "0",
  "data": {
    "result": "{\"taskId\":\"1ce4fd33-b9d5-4e21-a24c-0c4027d2b105\"}"
  },
  "requestId": "212cd83017085872506144758e3fca",
  "success": "true",
  "resCode": "200",
  "resMessage": "success",
  "request_id": "0ba2887315178178017221014"
}""",
)

_ONE = {"images": 1, "formats": ["PNG"]}


def _case(name: str, expect: dict[str, Any], **more: Any) -> Case:
    """Return a case with addresses, since the vendor takes nothing else."""
    return Case(name=name, images="url", expect=expect, **more)


_REFUSALS = {
    "500": "VendorUnavailable",
    "501": "RateLimited",
    "700": "InputRefused",
    "701": "InputRefused",
    "703": "InputRefused",
    "707": "InputRefused",
    "1001": "VendorUnavailable",
    "1002": "InputRefused",
    "InvalidAppKey": "AuthenticationFailed",
    "IncompleteSignature": "AuthenticationFailed",
    "IllegalTimestamp": "AuthenticationFailed",
    "AppWhiteIpLimit": "AccessDenied",
    "ApiCallLimit": "RateLimited",
    "NoResource": "CreditsExhausted",
}

_CASES = (
    _case("top", _ONE),
    _case("bottom", _ONE, categories=("bottom",)),
    _case("dress", _ONE, categories=("dress",)),
    _case("top-bottom", _ONE, categories=("top", "bottom")),
    _case("library-model", _ONE, person=_JAMES),
    _case(
        "four-images",
        {"images": 4},
        person=_JAMES,
        options={"generate_count": 4, "view_type": "mixed"},
    ),
    _case("more-photos", {"images": 2}, options={"more_photos": [SampleImage("person2")]}),
    _case("iop-signing", _ONE, settings={"signing": "iop"}),
    _case(
        "request-params", _ONE, settings={"submit_field": "requestParams", "submit_shape": "object"}
    ),
    _case("trial", _ONE, settings={"trial": "true"}),
    _case("result-as-object", _ONE, knobs={"result_encoding": "object"}),
    _case("shape-b", _ONE, knobs={"result_shape": "B"}),
    _case("native-types", _ONE, knobs={"verdict_types": "native"}),
    _case(
        "partial-success",
        {"images": 3},
        person=_JAMES,
        options={"generate_count": 4},
        knobs={"parts": "image", "failing_parts": 1},
    ),
    _case("balance", {"amount": "1000"}, action="balance"),
    *(
        _case(
            f"refused-{code.lower()}",
            {"error": error, "vendor_code": code},
            faults=[f"submit:{code}"],
        )
        for code, error in _REFUSALS.items()
    ),
    *(
        _case(
            f"failed-{code}",
            {"error": "JobFailed", "vendor_code": code},
            knobs={"failing_code": code},
        )
        for code in ("801", "1000")
    ),
    _case("result-gone", {"error": "DownloadFailed", "http_status": 403}, faults=["result:403"]),
    _case(
        "documented-accepted",
        {"job_id": "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"},
        action="submit",
        samples=[ACCEPTED],
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="aidge",
        cases=_CASES,
        folder=folder,
        keys={"app_key": "000000", "app_secret": "obviously-fake"},
        hosts={
            "": "https://api.aidc-ai.com",
            "/_tryon/results": "https://aibz-aigc-record.oss-ap-southeast-1.aliyuncs.com",
        },
    )
