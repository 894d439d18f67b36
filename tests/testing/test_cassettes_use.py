"""Recording from a real socket, and playing without any."""

import base64
import hashlib
import json
from datetime import date

import pytest
import vcr.errors
import yaml

from no_network import no_network
from providers import picture
from servers import answer, json_answer, serving
from tryon_core.base64_images import Base64Part, as_artifact
from tryon_core.http import FilePart
from tryon_core.models import BytesSource
from tryon_core.transport import Transport, Trust
from tryon_testing.cassettes import (
    Provenance,
    draw_png,
    read_provenance,
    record_cassette,
    use_cassette,
)
from tryon_testing.cassettes.stored import STAND_INS

REAL = "https://api.vendor.example"
FILES = "https://files.vendor.example"
CANARY = "canary-sk-0123456789"
EMULATED = Provenance(kind="emulated", made_on=date(2026, 1, 2), made_by="a test")
DOCUMENTED = Provenance(
    kind="documented", made_on=date(2026, 1, 2), made_by="a test", sources=("https://d.example",)
)
ID = "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"
PERSON = draw_png(3, 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vendor" / "case.yaml"


@pytest.fixture
def server():
    with serving(json_answer({})) as running:
        yield running


def record(path, server, work, provenance=EMULATED):
    swaps = {server.url("/files"): FILES, server.url(""): REAL}
    with (
        Transport() as transport,
        record_cassette(path, provenance, secrets=[CANARY], swaps=swaps),
    ):
        work(transport, server.url(""))
    return path.read_text(encoding="utf-8")


def play(path, work, base=REAL):
    with no_network(), Transport() as transport, use_cassette(path):
        return work(transport, base)


def submit_and_fetch(transport, base):
    client = transport.client(provider="acme", secrets=[CANARY])
    form = [("mode", "auto"), ("person", FilePart(BytesSource(PERSON)))]
    reply = client.post(f"{base}/jobs", headers={"X-API-Key": CANARY}, multipart=form).json()
    return reply, transport.download(reply["url"], trust=Trust(everything=base.startswith("http:")))


def play_a_job(server):
    server.play(
        json_answer({"id": ID, "url": server.url("/files/a.png?Expires=9&Signature=abcdefghij")}),
        answer(200, picture(), headers={"Content-Type": "image/png"}),
    )


def ask(transport, base):
    return transport.client(provider="acme").get(f"{base}/jobs").json()


def test_what_was_recorded_is_played_without_a_socket_or_a_name(path, server):
    play_a_job(server)
    record(path, server, submit_and_fetch)
    reply, file = play(path, submit_and_fetch)
    assert reply["url"] == f"{FILES}/a.png?Expires=9&Signature=********"
    assert file.media_type == "image/png"
    assert file.data.startswith(b"\x89PNG")


def test_a_cassette_can_be_read(path, server):
    play_a_job(server)
    text = record(path, server, submit_and_fetch)
    first, second = yaml.safe_load(text)["interactions"]
    assert first["request"]["uri"] == f"{REAL}/jobs"
    assert '"name": "mode",\n    "value": "auto"' in first["request"]["body"]
    assert f'"content": "{len(PERSON)} bytes, sha256 ' in first["request"]["body"]
    assert first["request"]["headers"] == {
        "accept": "*/*",
        "content-type": "multipart/form-data",
        "x-api-key": "********",
    }
    assert second["request"]["uri"] == f"{FILES}/a.png?Expires=9&Signature=********"
    assert "    body: |-\n      [\n" in text


def test_no_host_of_this_machine_stays(path, server):
    play_a_job(server)
    assert "127.0.0.1" not in record(path, server, submit_and_fetch)


def test_images_of_the_service_are_replaced_by_a_tiny_one(path, server):
    play_a_job(server)
    text = record(path, server, submit_and_fetch)
    stored = yaml.safe_load(text)["interactions"][1]["response"]["body"]["string"]
    assert stored.startswith(b"\x89PNG")
    assert stored != picture()
    assert len(stored) < 200


PHOTO = base64.b64encode(PERSON * 9).decode()
URI = f"data:image/png;base64,{PHOTO}"


def send_photos(transport, base):
    client = transport.client(provider="acme")
    part = Base64Part(BytesSource(PERSON * 9))
    client.post(f"{base}/jobs", json={"inputs": [{"person": part, "by_hand": URI}]})
    client.post(f"{base}/jobs", json={"in": json.dumps({"bare": PHOTO})})
    client.post(f"{base}/jobs", form={"image_base64": PHOTO})
    client.post(f"{base}/jobs", multipart=[("image_base64", PHOTO)])


def test_a_photo_as_base64_is_kept_as_size_and_digest_whoever_wrote_it(path, server):
    text = record(path, server, send_photos)
    assert PHOTO[:40] not in text
    digest = hashlib.sha256(PERSON * 9).hexdigest()
    shown = f"data:image/png;base64,<{len(PERSON) * 9} bytes, sha256 {digest}>"
    assert (text.count(shown), text.count(digest)) == (2, 5)
    play(path, send_photos)


def test_another_photo_as_base64_is_not_answered(path, server):
    def send(photo):
        return lambda transport, base: transport.client(provider="acme").post(
            f"{base}/jobs", json={"person": Base64Part(BytesSource(photo))}
        )

    record(path, server, send(PERSON))
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
        play(path, send(draw_png(3, 2, shade=9)))


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_images_as_base64_in_answers_are_replaced_by_a_tiny_one(path, server, head):
    server.play(json_answer({"output": [head + PHOTO], "token_like": "ab" * 300}))

    def read(transport, base):
        return transport.client(provider="acme").get(f"{base}/jobs").json()

    assert PHOTO[:40] not in record(path, server, read)
    played = play(path, read)
    assert as_artifact(played["output"][0], place="output[0]").source.data == STAND_INS["PNG"]
    assert played["token_like"] == "ab" * 300


def test_ids_of_the_service_are_numbered_and_those_of_the_caller_are_not(path, server):
    server.play(json_answer({"id": ID, "yours": "a" * 32, "digest": "b" * 64}))

    def work(transport, base):
        transport.client(provider="acme").post(f"{base}/jobs", json={"mine": "a" * 32})
        transport.client(provider="acme").get(f"{base}/jobs/{ID}")

    text = record(path, server, work)
    assert ID not in text
    assert text.count("00000000-0000-4000-8000-000000000001") == 3
    assert text.count("a" * 32) == 3
    assert "b" * 64 in text


def test_documented_answers_are_kept_to_the_letter(path, server):
    server.play(json_answer({"id": ID}))
    text = record(path, server, ask, DOCUMENTED)
    assert ID in text
    assert play(path, ask) == {"id": ID}


def test_the_same_recording_leaves_the_file_alone_whatever_the_day(path, server):
    first = record(path, server, ask)
    later = Provenance(kind="emulated", made_on=date(2027, 1, 1), made_by="a test")
    assert record(path, server, ask, later) == first
    server.play(json_answer({"changed": True}))
    assert "2027-01-01" in record(path, server, ask, later)


def test_another_request_is_not_answered(path, server):
    record(path, server, ask)

    def ask_for_more(transport, base):
        return transport.client(provider="acme").get(f"{base}/jobs", params={"all": "1"})

    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException, match="all=1"):
        play(path, ask_for_more)


@pytest.mark.parametrize(
    "changed",
    [{"a": 2}, {"a": 1, "b": None}, {"a": "1"}, {}],
    ids=["value", "more", "type", "less"],
)
def test_another_body_is_not_answered(path, server, changed):
    def send(value):
        return lambda transport, base: transport.client(provider="a").post(f"{base}/x", json=value)

    record(path, server, send({"a": 1}))
    play(path, send({"a": 1}))
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException, match="body"):
        play(path, send(changed))


def test_a_key_that_is_not_sent_any_more_is_noticed(path, server):
    def with_key(transport, base):
        transport.client(provider="acme").get(f"{base}/", headers={"Authorization": "Bearer x"})

    def without(transport, base):
        transport.client(provider="acme").get(f"{base}/")

    record(path, server, with_key)
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException, match="headers"):
        play(path, without)


def test_boundaries_times_and_signatures_may_differ(path, server):
    def send(stamp):
        def work(transport, base):
            params = {"app_key": f"key{stamp}", "timestamp": stamp, "sign": f"ABC{stamp}"}
            form = [("timestamp", stamp), ("sign", stamp), ("a", "b")]
            client = transport.client(provider="acme")
            return client.post(f"{base}/x", params=params, multipart=form, idempotent=True).json()

        return work

    record(path, server, send("1735689600000"))
    assert play(path, send("1767326645000")) == {}


def test_an_answer_that_nobody_asks_for_is_left_over(path, server):
    play_a_job(server)
    record(path, server, submit_and_fetch)
    with pytest.raises(AssertionError, match=r"no request asked for POST .*/jobs, GET .*a\.png"):
        play(path, lambda *_: None)


def test_an_error_inside_is_not_hidden_by_answers_that_are_left_over(path, server):
    record(path, server, ask)
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        1 / 0  # noqa: B018  (raises)


def test_nothing_is_written_when_the_recording_fails(path, server):
    def fail(transport, base):
        ask(transport, base)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(path, server, fail)
    assert not path.exists()


def test_a_cassette_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no cassette"), use_cassette(tmp_path / "a.yaml"):
        pass


def test_the_provenance_stands_at_the_head_of_the_file(path, server):
    text = record(path, server, ask)
    assert text.startswith("# Our emulator of the vendor gave these answers, not the vendor.")
    assert read_provenance(path) == EMULATED


@pytest.mark.parametrize(
    "stated",
    ["version: 1", "provenance: {kind: real, made_on: 2026-01-02, made_by: me}", "provenance: 3"],
    ids=["none", "unknown-kind", "no-mapping"],
)
def test_a_cassette_without_provenance_is_not_played(path, stated):
    path.parent.mkdir()
    path.write_text(f"{stated}\ninteractions: []\n")
    with pytest.raises(ValueError, match=r"case\.yaml: `provenance` is missing or wrong"):
        play(path, ask)


def test_documented_needs_its_sources():
    with pytest.raises(ValueError, match="pages with the samples"):
        Provenance(kind="documented", made_on=date(2026, 1, 2), made_by="a test")
