"""The cassettes of DashScope, with the samples of its two pages on try-on and parsing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tryon_testing.cassettes import Case, Sample, SampleImage, Suite

_PLUS = "https://www.alibabacloud.com/help/en/model-studio/aitryon-plus-api"
_PARSING = "https://help.aliyun.com/en/model-studio/aitryon-parsing-api"
_TASK, _DONE, _BROKEN = (
    "0385dc79-5ff8-4d82-bcb6-xxxxxx",
    "15991992-1487-40d4-ae66-xxxxxx",
    "e32bd911-5a3d-4687-bf53-xxxxxx",
)
_RESULT = "http://dashscope-result-hz.oss-cn-hangzhou.aliyuncs.com"
_PARTS = "http://dashscope-result-sh.oss-cn-shanghai.aliyuncs.com"

ACCEPTED = Sample(
    source=_PLUS,
    body="""{
"output": {
"task_status": "PENDING",
"task_id": "0385dc79-5ff8-4d82-bcb6-xxxxxx"
},
"request_id": "4909100c-7b5a-9f92-bfe5-xxxxxx"
}""",
)
NO_KEY = Sample(
    source=_PLUS,
    status=401,
    body="""{
"code": "InvalidApiKey",
"message": "No API-key provided.",
"request_id": "7438d53d-6eb8-4596-8835-xxxxxx"
}""",
)
SUCCEEDED = Sample(
    source=_PLUS,
    body="""{
"request_id": "98d46cd0-1f90-9231-9a6c-xxxxxx",
"output": {
"task_id": "15991992-1487-40d4-ae66-xxxxxx",
"task_status": "SUCCEEDED",
"submit_time": "2025-06-30 14:37:53.838",
"scheduled_time": "2025-06-30 14:37:53.858",
"end_time": "2025-06-30 14:38:11.472",
"image_url": "http://dashscope-result-hz.oss-cn-hangzhou.aliyuncs.com/tryon.jpg?Expires=xxx"
},
"usage": {
"image_count": 1
}
}""",
)
FAILED = Sample(
    source=_PLUS,
    body="""{
"request_id": "6bf4693b-c6d0-933a-b7b7-xxxxxx",
"output": {
"task_id": "e32bd911-5a3d-4687-bf53-xxxxxx",
"task_status": "FAILED",
"code": "InvalidParameter",
"message": "The request is missing required parameters xxxxx"
}
}""",
)
PARSED = Sample(
    source=_PARSING,
    body=f"""{{
"output": {{
"bbox": [[331, 239,641,637]],
"parsing_img_url": ["{_PARTS}/example_parsing_img.png?Expires=xxxx"],
"crop_img_url": ["{_PARTS}/example_crop_img.jpg?Expires=xxxx"]
}},
"usage": {{
"image_count": 1
}},
"request_id": "b68147d6-e7d0-920f-b889-xxxxxx"
}}""",
)
NOT_WORN = Sample(
    source=_PARSING,
    body="""{
"output":{
"bbox":[null],
"parsing_img_url":[null],
"crop_img_url":[null]
},
"usage":{
"image_count":1
},
"request_id":"c56f62df-724e-9c19-96bd-308627cf5262"
}""",
)
WRONG_CLOTHES = Sample(
    source=_PARSING,
    status=400,
    body="""{
"request_id": "1d075a37-3768-9bc9-b781-xxxx",
"code": "InvalidParameter.ClothesType",
"message": "The request parameter is invalid, please check the request parameter."
}""",
)

_ONE = {"images": 1, "formats": ["JPEG"], "usage": {"image_count": "1"}}
_TOP_BOX, _BOTTOM_BOX = ["top", 60, 60, 240, 240], ["bottom", 60, 200, 240, 380]


def _refused(code: str, error: str, **more: Any) -> Mapping[str, Any]:
    return {"error": error, "vendor_code": code, **more}


_REFUSALS = {
    "InvalidParameter": "InputRefused",
    "InvalidGarment": "InputRefused",
    "DataInspectionFailed": "InputRefused",
    "InvalidApiKey": "AuthenticationFailed",
    "Arrearage": "CreditsExhausted",
    "AllocationQuota.FreeTierOnly": "CreditsExhausted",
    "AccessDenied.Unpurchased": "AccessDenied",
    "Throttling.RateQuota": "RateLimited",
    "Throttling.AllocationQuota": "LimitError",
    "NotFound": "UnexpectedResponse",
    "ModelUnavailable": "VendorUnavailable",
}
_FAILURES = {
    "InvalidURL": "input",
    "InvalidPerson": "input",
    "InvalidInputLength": "input",
    "DataInspectionFailed": "input",
    "InternalError.Algo": "vendor",
    "InternalError.Timeout": "vendor",
}


def _file_name(code: str) -> str:
    return code.lower().replace(".", "-")


_CASES = (
    Case(name="top", images="url", expect=_ONE),
    Case(name="bottom", images="url", categories=("bottom",), expect=_ONE),
    Case(name="dress", images="url", categories=("dress",), expect=_ONE),
    Case(name="top-bottom", images="url", categories=("top", "bottom"), expect=_ONE),
    Case(name="upload-top", expect=_ONE),
    Case(
        name="options",
        images="url",
        options={"model": "aitryon", "resolution": 1024, "restore_face": False},
        expect=_ONE,
    ),
    Case(
        name="refiner",
        images="url",
        options={
            "model": "aitryon-refiner",
            "coarse_image": SampleImage("coarse"),
            "gender": "woman",
        },
        expect=_ONE,
    ),
    Case(name="parse-top", images="url", action="parse", expect={"regions": [_TOP_BOX]}),
    Case(
        name="parse-top-bottom",
        images="url",
        action="parse",
        categories=("top", "bottom"),
        expect={"regions": [_TOP_BOX, _BOTTOM_BOX]},
    ),
    Case(
        name="parse-bottom-not-worn",
        images="url",
        action="parse",
        categories=("top", "bottom"),
        knobs={"worn": "top"},
        expect={"regions": [_TOP_BOX, None]},
    ),
    Case(
        name="parse-nothing-worn",
        images="url",
        action="parse",
        categories=("dress",),
        expect={"regions": [None]},
    ),
    Case(
        name="parse-refused",
        images="url",
        action="parse",
        faults=["parse:InvalidParameter.ClothesType"],
        expect=_refused("InvalidParameter.ClothesType", "InputRefused", http_status=400),
    ),
    Case(name="upload-parse", action="parse", expect={"regions": [_TOP_BOX]}),
    Case(name="upload-policy-expired", knobs={"policy_s": 0}, expect={"http_status": 403}),
    Case(name="cancel", images="url", action="cancel", expect={"state": "CANCELLED"}),
    Case(
        name="cancel-too-late",
        images="url",
        action="cancel",
        wait_s=5,
        expect=_refused("UnsupportedOperation", "CancelRefused"),
    ),
    Case(
        name="unknown-task",
        action="poll",
        job_id="1111",
        expect={"state": "NOT_FOUND", "vendor_status": "UNKNOWN"},
    ),
    *(
        Case(
            name=f"refused-{_file_name(code)}",
            images="url",
            faults=[f"submit:{code}"],
            expect=_refused(code, error),
        )
        for code, error in _REFUSALS.items()
    ),
    *(
        Case(
            name=f"failed-{_file_name(code)}",
            images="url",
            knobs={"task_failure": code},
            expect=_refused(code, "JobFailed", fault=fault),
        )
        for code, fault in _FAILURES.items()
    ),
    Case(
        name="result-gone",
        images="url",
        faults=["result:403"],
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
    Case(
        name="documented-accepted",
        images="url",
        action="submit",
        samples=[ACCEPTED],
        expect={"job_id": _TASK, "request_id": "4909100c-7b5a-9f92-bfe5-xxxxxx"},
    ),
    Case(
        name="documented-succeeded",
        action="poll",
        job_id=_DONE,
        samples=[SUCCEEDED],
        expect={
            "state": "SUCCEEDED",
            "urls": [f"{_RESULT}/tryon.jpg?Expires=xxx".replace("http:", "https:")],
        },
    ),
    Case(
        name="documented-failed",
        action="poll",
        job_id=_BROKEN,
        samples=[FAILED],
        expect={"state": "FAILED", "failure": "InvalidParameter"},
    ),
    Case(
        name="documented-no-key",
        images="url",
        samples=[NO_KEY],
        expect=_refused("InvalidApiKey", "AuthenticationFailed", fault="account"),
    ),
    Case(
        name="documented-parse",
        images="url",
        action="parse",
        samples=[PARSED],
        expect={"regions": [["top", 331, 239, 641, 637]]},
    ),
    Case(
        name="documented-parse-not-worn",
        images="url",
        action="parse",
        samples=[NOT_WORN],
        expect={"regions": [None]},
    ),
    Case(
        name="documented-parse-refused",
        images="url",
        action="parse",
        samples=[WRONG_CLOTHES],
        expect=_refused("InvalidParameter.ClothesType", "InputRefused"),
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="dashscope",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "sk-obviously-fake"},
        base_path="/api/v1",
        hosts={
            "": "https://dashscope.aliyuncs.com",
            "/_store": "https://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com",
            "/_tryon/results": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com",
        },
        # The plugin asks with TLS, whatever the vendor's samples say.
        files={host: host.replace("http:", "https:") for host in (_RESULT, _PARTS)},
    )
