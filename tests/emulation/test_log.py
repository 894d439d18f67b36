import pytest
import requests
from hypothesis import given, strategies as st

from tryon_testing.emulation import Part, read_parts


@given(st.lists(st.tuples(st.sampled_from(["a", "file", "x-y"]), st.binary(max_size=40))))
def test_parts_come_in_the_order_in_which_they_were_sent(pairs):
    files = [(name, (f"{name}.bin", data, "image/png")) for name, data in [*pairs, ("last", b"")]]
    prepared = requests.Request("POST", "http://x", files=files).prepare()
    parts = read_parts(prepared.body, prepared.headers["content-type"])
    assert [(part.name, part.data) for part in parts] == [*pairs, ("last", b"")]
    assert parts[-1] == Part(name="last", data=b"", filename="last.bin", media_type="image/png")


def test_a_text_has_no_filename():
    prepared = requests.Request("POST", "http://x", files={"a": (None, "b")}).prepare()
    (part,) = read_parts(prepared.body, prepared.headers["content-type"])
    assert (part.name, part.data, part.filename) == ("a", b"b", None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"", "multipart/form-data"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"no boundary at all", "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_form_is_refused(body, kind):
    with pytest.raises(ValueError, match="multipart form"):
        read_parts(body, kind)
