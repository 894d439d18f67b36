"""How an image gets its address, and what is said when it cannot."""

import json
import re
import threading
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests

from providers import FakeProvider, fake_info, picture
from servers import head, serving
from tryon_core import Client, errors
from tryon_s3 import S3
from tryon_s3.bucket import refusal
from tryon_testing import FakeClock

DAY, WEEK = 86_400, 604_800


def _client(fittings, provider=None, **settings):
    """A client of a service that takes addresses only, and that is on this machine."""
    provider = provider or FakeProvider(info=fake_info(delivery={"url"}))
    extension = S3(**{**fittings.settings, **settings})
    return provider, Client(
        provider, extensions=[extension], allow_private_addresses=True, clock=FakeClock(), config={}
    )


def _sent(provider):
    return [image.url for request in provider.requests for image in request.images.values()]


def test_the_vendor_gets_a_signed_address_and_reads_the_image_there(bucket):
    provider, client = _client(bucket)
    person, top = picture(kind="JPEG"), picture(colour=(1, 2, 3))
    client.submit(person, top=top)
    answers = [requests.get(url, timeout=10) for url in _sent(provider)]
    assert [answer.content for answer in answers] == [person, top]
    assert [answer.headers["content-type"] for answer in answers] == ["image/jpeg", "image/png"]


def test_nobody_can_guess_the_name_and_nobody_reads_it_without_the_signature(bucket):
    provider, client = _client(bucket)
    client.submit(picture(), top=picture())
    names = bucket.keys
    assert all(re.fullmatch(r"tryon/[A-Za-z0-9_-]{32}\.png", name) for name in names)
    assert len(set(names)) == 2  # equal images, and yet two objects
    grants = bucket.service.get_object_acl(Bucket=bucket.name, Key=names[0])["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]
    assert {"X-Amz-Signature"} <= set(parse_qs(urlsplit(_sent(provider)[0]).query))


@pytest.mark.parametrize(
    ("job_lifetime_s", "lifetime_s", "expected"),
    [
        (None, None, DAY),
        (600, None, DAY),
        (3 * DAY, None, 3 * DAY),
        (30 * DAY, None, WEEK),
        (3 * DAY, 7200, 7200),
    ],
)
def test_an_address_outlives_the_job(bucket, job_lifetime_s, lifetime_s, expected):
    info = fake_info(delivery={"url"}, job_lifetime_s=job_lifetime_s)
    provider, client = _client(bucket, FakeProvider(info=info), lifetime_s=lifetime_s)
    client.submit(picture(), top=picture())
    for url in _sent(provider):
        assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(expected)]


def test_the_same_image_of_many_threads_has_an_object_for_each_request(bucket):
    provider, client = _client(bucket)
    photo = picture()
    threads = [
        threading.Thread(target=client.submit, args=(photo,), kwargs={"top": "https://a.example/t"})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({request.person.url for request in provider.requests}) == 8
    assert len(bucket.keys) == 8


def test_a_vendor_that_takes_files_gets_files(bucket):
    provider, client = _client(bucket, FakeProvider(info=fake_info(delivery={"upload"})))
    client.submit(picture(), top=picture())
    assert bucket.keys == []
    assert provider.requests[0].person.data


# Faults


def _refused(fittings, kind, **settings):
    provider, client = _client(fittings, **settings)
    with pytest.raises(kind) as caught:
        client.submit(picture(), top=picture())
    assert provider.requests == []
    assert caught.value.billed == "no"
    assert caught.value.remedy
    assert "obviously-fake-secret" not in str(caught.value)
    return caught.value


def test_a_bucket_that_is_not_there(bucket):
    error = _refused(bucket, errors.SettingsError, bucket="nowhere")
    assert "cannot write into the bucket 'nowhere'" in error.message
    assert error.vendor_code == "NoSuchBucket"


def test_no_keys(bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = _refused(bucket, errors.MissingCredential)
    assert "AWS_ACCESS_KEY_ID" in error.remedy


def test_a_profile_that_is_not_there(bucket):
    assert "(shop)" in _refused(bucket, errors.SettingsError, profile="shop").message


def test_a_server_that_is_not_there(bucket):
    error = _refused(bucket, errors.NotSent, endpoint_url="http://127.0.0.1:1")
    assert "endpoint_url" in error.remedy


def test_an_endpoint_that_is_no_address(bucket):
    _refused(bucket, errors.SettingsError, endpoint_url="fittings.example")


@pytest.fixture
def strict(bucket, monkeypatch):
    """Have the server check keys and rights; ours are those of a user who may read only."""
    endpoint = bucket.endpoint
    iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    right = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    rights = json.dumps({"Version": "2012-10-17", "Statement": [right]})
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=rights)
    requests.post(f"{endpoint}/moto-api/reset-auth", data=b"0", timeout=10)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    yield
    requests.post(f"{endpoint}/moto-api/reset-auth", data=b"inf", timeout=10)
    iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="reader", PolicyName="reads")
    iam.delete_user(UserName="reader")


@pytest.mark.usefixtures("strict")
def test_keys_that_may_not_write(bucket):
    error = _refused(bucket, errors.AccessDenied)
    assert "s3:PutObject" in error.remedy


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"),
    ],
)
def test_keys_that_the_store_does_not_know(bucket, monkeypatch, variable, code):
    monkeypatch.setenv(variable, "AKIAOBVIOUSLYFAKE000")
    error = _refused(bucket, errors.AuthenticationFailed)
    assert error.vendor_code == code
    assert "where boto3 finds them" in error.remedy


def _says(code=""):
    """Answer as S3 does, before the body is read."""
    page = f"<Error><Code>{code}</Code><Message>In its own words.</Message></Error>" * bool(code)
    headers = {"Content-Type": "application/xml", "Content-Length": str(len(page))}

    def step(link):
        if link.read_head() is not None:
            link.send(head(403 if code else 200, headers) + page.encode())
        return False

    return step


@pytest.fixture
def store():
    """A store that answers as told."""
    with serving() as server:
        yield server


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ExpiredToken", errors.AuthenticationFailed),
        ("RequestTimeTooSkewed", errors.ConfigurationError),
        ("AuthorizationHeaderMalformed", errors.SettingsError),
        ("NewInTheNextYear", errors.ConfigurationError),
    ],
)
def test_what_a_code_of_s3_means(bucket, store, code, kind):
    store.play(_says(code))
    error = _refused(bucket, kind, endpoint_url=store.url())
    assert error.message.endswith(f"In its own words ({code}).")
    assert error.vendor_code == code


def test_a_store_that_cannot_serve_now_may_be_asked_again_later():
    error = refusal("cannot write", "SlowDown", "Please reduce your request rate.")
    assert isinstance(error, errors.VendorUnavailable)
    assert error.retryable


def test_keys_that_may_write_and_not_read_are_found_before_anything_is_paid(bucket, store):
    store.play(_says(), _says("AccessDenied"), _says())
    error = _refused(bucket, errors.AccessDenied, endpoint_url=store.url())
    assert "cannot be read at its address: In its own words (AccessDenied)" in error.message
    assert "s3:GetObject" in error.remedy
    assert [request.method for request in store.requests] == ["PUT", "GET", "DELETE"]
    assert store.requests[0].target == store.requests[2].target


def test_only_the_first_image_is_read_back(bucket, store):
    store.play(*[_says()] * 4)
    provider, client = _client(bucket, endpoint_url=store.url())
    client.submit(picture(), top=picture())
    assert [request.method for request in store.requests] == ["PUT", "GET", "PUT"]
    assert "authorization" not in store.requests[1].headers
    assert len(provider.requests) == 1


def test_a_bucket_of_this_machine_is_refused_for_a_vendor_elsewhere(bucket):
    provider = FakeProvider(info=fake_info(delivery={"url"}))
    client = Client(provider, extensions=[S3(**bucket.settings)], config={})
    with pytest.raises(
        errors.ConfigurationError, match="on this machine or in a private"
    ) as caught:
        client.submit(picture(), top=picture())
    assert caught.value.billed == "no"
    assert provider.requests == []
    assert bucket.keys == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bucket": ""},
        {"bucket": "b", "prefix": "/a"},
        {"bucket": "b", "prefix": "a"},
        {"bucket": "b", "prefix": "a b/"},
        {"bucket": "b", "lifetime_s": 0},
        {"bucket": "b", "lifetime_s": WEEK + 1},
        {"bucket": "b", "addressing_style": "host"},
    ],
)
def test_settings_that_cannot_be_used_are_refused_when_the_client_is_built(settings):
    config = {"extensions": {"s3": settings}}
    with pytest.raises(errors.SettingsError, match="extension s3: "):
        Client(FakeProvider(), extensions=["s3"], config=config)
