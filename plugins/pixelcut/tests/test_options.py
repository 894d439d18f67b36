import pytest

from tryon_core import errors
from tryon_pixelcut.declaration import Options

PERSON = "https://shop.example/person.jpg"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("garment_mode", "sideways"),
        ("garment_mode", ["auto"]),
        ("preprocess_garment", "true"),
        ("remove_background", 1),
        ("remove_background", None),
    ],
)
def test_an_instance_with_a_wrong_value_is_refused(vendor, name, value):
    client, server = vendor(lambda _: False)
    with pytest.raises(errors.UnknownOption, match=name):
        client.submit(PERSON, top=PERSON, options=Options(**{name: value}))
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("garment_mode", "sideways"), ("preprocess_garment", "perhaps"), ("wait_for_result", True)],
)
def test_a_wrong_option_is_named_by_the_client(vendor, name, value):
    client, server = vendor(lambda _: False)
    with pytest.raises(errors.UnknownOption, match=name):
        client.submit(PERSON, top=PERSON, options={name: value})
    assert server.connections == 0


def test_switches_are_read_from_text_as_a_command_line_gives_them(vendor):
    client, _ = vendor(lambda _: False)
    request = client.request(PERSON, top=PERSON, options={"remove_background": "true"})
    assert request.options == Options(remove_background=True)
