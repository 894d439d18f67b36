"""The vectors are those of the vendor's own clients, see the vendor's samples and SDKs."""

import pytest

from tryon_aidge.gateway import iop_query, sign_iop, sign_v2, v2_query

SECRET = "S3cr3tExampleKey0000000000000000"
TIME_MS = "1735689600000"
TASK = '[{"clothesList":[{"imageUrl":"http://h/a.jpg","type":"tops"}],"generateCount":1}]'
SYSTEM = {"app_key": "512345", "sign_method": "sha256", "timestamp": TIME_MS}
JAVA = SYSTEM | {"partner_id": "iop-sdk-java-20181207"}
SUBMIT = "/ai/virtual/tryon-pro"


def test_v2_signs_the_time_alone():
    expected = "8D20B98A92B2A35777DB09A55A9EBAC9C6448121ADECD112CE278611387542F7"
    assert sign_v2(SECRET, TIME_MS) == expected
    assert v2_query("512345", SECRET, TIME_MS) == {
        "partner_id": "aidge",
        "sign_method": "sha256",
        "sign_ver": "v2",
        "app_key": "512345",
        "timestamp": TIME_MS,
        "sign": expected,
    }


@pytest.mark.parametrize(
    ("secret", "path", "params", "expected"),
    [
        pytest.param(
            SECRET,
            SUBMIT,
            JAVA | {"paramJson": TASK},
            "FC1E783A3E9CC6622A15313F1475F8FA6CE06DDFFD745FF64FFF0CE0FD31BAE7",
            id="submission of the Java SDK",
        ),
        pytest.param(
            SECRET,
            "/ai/virtual/tryon-results",
            JAVA | {"task_id": "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"},
            "C46E606F9E55D2E5F4249C365B3C073B63368C2EF0C4D7486F4EEFE4C4C1EE9F",
            id="status question of the Java SDK",
        ),
        pytest.param(
            SECRET,
            SUBMIT,
            SYSTEM
            | {
                "format": "json",
                "method": SUBMIT,
                "paramJson": TASK,
                "partner_id": "iop-sdk-python-20220609",
                "simplify": "false",
            },
            "175B34238AA6DB0A573F836B73A8BDD27DEFACE0237BE779665608681EB6E82D",
            id="submission of the Python SDK",
        ),
        pytest.param(
            "helloworld",
            "/auth/token/create",
            {
                "app_key": "12345678",
                "code": "3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26",
                "sign_method": "sha256",
                "timestamp": "1517820392000",
            },
            "35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81",
            id="published by the platform, AliExpress document 1385",
        ),
    ],
)
def test_iop_signs_path_and_all_parameters(secret, path, params, expected):
    assert sign_iop(secret, path, params) == expected


def test_iop_leaves_out_the_signature_itself_and_blank_parameters():
    signed = sign_iop(SECRET, SUBMIT, JAVA)
    assert sign_iop(SECRET, SUBMIT, JAVA | {"sign": "X", "access_token": " ", " ": "y"}) == signed


def test_an_iop_query_is_signed_together_with_the_business_parameters():
    query = iop_query("512345", SECRET, TIME_MS, api_path=SUBMIT, business={"paramJson": TASK})
    assert query == JAVA | {
        "sign": "FC1E783A3E9CC6622A15313F1475F8FA6CE06DDFFD745FF64FFF0CE0FD31BAE7"
    }
