import email
import email.policy
import json

import pytest

from servers import json_answer
from tryon_core import Client, errors

PERSON = "https://shop.example/person.jpg"
GARMENT = "https://shop.example/garment.jpg"
ACCEPTED = json_answer({"job_id": "6ba7b810-9dad"}, 202)


def parts_of(received):
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + received.body, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def texts_of(received):
    return {name: data.decode() for name, file, _, data in parts_of(received) if file is None}


def test_two_addresses_are_sent_as_json_with_switches_as_text(vendor):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=GARMENT)
    (received,) = server.requests
    assert (received.method, received.target) == ("POST", "/v1/try-on")
    assert received.headers["content-type"] == "application/json"
    assert json.loads(received.body) == {
        "person_image_url": PERSON,
        "garment_image_url": GARMENT,
        "garment_mode": "upper",
        "preprocess_garment": "true",
        "remove_background": "false",
        "wait_for_result": "false",
    }


def test_key_and_accepted_type_are_in_the_headers(vendor, key):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=GARMENT)
    assert server.requests[0].headers["x-api-key"] == key
    assert server.requests[0].headers["accept"] == "application/json"


def test_switches_can_be_sent_as_json_booleans(vendor):
    client, server = vendor(ACCEPTED, switches="boolean")
    client.submit(PERSON, top=GARMENT, options={"remove_background": True})
    body = json.loads(server.requests[0].body)
    assert body["preprocess_garment"] is True
    assert body["remove_background"] is True
    assert body["wait_for_result"] is False


@pytest.mark.parametrize("switches", ["text", "boolean"])
def test_two_files_are_sent_as_a_form_of_text_fields_and_files(vendor, image, switches):
    client, server = vendor(ACCEPTED, switches=switches)
    person, garment = image(), image(kind="PNG")
    client.submit(person, top=garment)
    assert parts_of(server.requests[0]) == [
        ("garment_mode", None, "text/plain", b"upper"),
        ("preprocess_garment", None, "text/plain", b"true"),
        ("remove_background", None, "text/plain", b"false"),
        ("wait_for_result", None, "text/plain", b"false"),
        ("person_image", "image.jpg", "image/jpeg", person),
        ("garment_image", "image.png", "image/png", garment),
    ]


def test_a_path_is_sent_as_a_file_with_its_name(vendor, image, tmp_path):
    path = tmp_path / "tee.jpg"
    path.write_bytes(image())
    client, server = vendor(ACCEPTED)
    client.submit(image(), top=path)
    assert ("garment_image", "tee.jpg", "image/jpeg", image()) in parts_of(server.requests[0])


@pytest.mark.parametrize("remote", ["person", "garment"])
def test_an_address_and_a_file_go_into_one_form(vendor, image, remote):
    client, server = vendor(ACCEPTED)
    person, garment = (PERSON, image()) if remote == "person" else (image(), GARMENT)
    client.submit(person, top=garment)
    local = "garment" if remote == "person" else "person"
    texts = texts_of(server.requests[0])
    assert texts[f"{remote}_image_url"] == (PERSON if remote == "person" else GARMENT)
    files = [name for name, file, *_ in parts_of(server.requests[0]) if file]
    assert files == [f"{local}_image"]


@pytest.mark.parametrize(
    ("category", "mode"), [("top", "upper"), ("bottom", "lower"), ("dress", "full")]
)
def test_the_category_gives_the_mode(vendor, category, mode):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, **{category: GARMENT})
    assert json.loads(server.requests[0].body)["garment_mode"] == mode


@pytest.mark.parametrize("mode", ["auto", "full", "upper", "lower"])
def test_an_option_overrules_the_category(vendor, mode):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, bottom=GARMENT, options={"garment_mode": mode})
    assert json.loads(server.requests[0].body)["garment_mode"] == mode


@pytest.mark.parametrize("name", ["preprocess_garment", "remove_background"])
@pytest.mark.parametrize("value", [True, False])
def test_switches_of_the_options_are_sent_in_json_and_in_a_form(vendor, image, name, value):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=GARMENT, options={name: value})
    client.submit(PERSON, top=image(), options={name: value})
    text = str(value).lower()
    assert json.loads(server.requests[0].body)[name] == text
    assert texts_of(server.requests[1])[name] == text


def test_the_waiting_mode_is_a_setting(vendor):
    client, server = vendor(ACCEPTED, wait_for_result="True")
    client.submit(PERSON, top=GARMENT)
    assert json.loads(server.requests[0].body)["wait_for_result"] == "true"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wait_for_result", "perhaps"),
        ("switches", "digits"),
        ("wait_timeout_s", "long"),
        ("wait_timeout_s", "0"),
        ("wait_timeout_s", "-5"),
        ("wait_timeout_s", "nan"),
        ("wait_timeout_s", "inf"),
    ],
)
def test_a_wrong_setting_is_named_when_the_client_is_made(name, value):
    settings = {"wait_for_result": "true", "base_url": "http://127.0.0.1:9", "api_key": "k"}
    with pytest.raises(errors.SettingsError, match=name) as caught:
        Client("pixelcut", **{**settings, name: value})
    assert value in str(caught.value)
