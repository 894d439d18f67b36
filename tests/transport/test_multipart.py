import email
import email.policy
import os
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from servers import head
from tryon_core.errors import UnusableImage
from tryon_core.http import FilePart
from tryon_core.models import BytesSource, PathSource, UrlSource
from tryon_core.transport.multipart import MultipartForm

MIB = 1024 * 1024
JPEG = b"\xff\xd8\xff\xe0 image"


def body_of(*fields) -> bytes:
    with MultipartForm(fields, boundary="BOUNDARY") as form:
        body = b"".join(form)
        assert len(body) == len(form)
    return body


def test_parts_are_written_in_order():
    body = body_of(("a", "text"), ("b", FilePart(BytesSource(JPEG, name="me.jpg"))), ("c", "é"))
    assert body == (
        b'--BOUNDARY\r\nContent-Disposition: form-data; name="a"\r\n\r\ntext\r\n'
        b'--BOUNDARY\r\nContent-Disposition: form-data; name="b"; filename="me.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n"
        b'--BOUNDARY\r\nContent-Disposition: form-data; name="c"\r\n\r\n\xc3\xa9\r\n'
        b"--BOUNDARY--\r\n"
    )


def test_a_form_without_parts_is_closed():
    assert body_of() == b"--BOUNDARY--\r\n"


def test_the_boundary_is_random_unless_given():
    with MultipartForm([]) as one, MultipartForm([]) as other:
        assert one.content_type != other.content_type
    with MultipartForm([], boundary="x") as form:
        assert form.content_type == "multipart/form-data; boundary=x"


@given(st.text(min_size=1), st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_name_can_add_a_header_or_end_its_quotes(filename, name):
    name = name.encode("utf-8", "ignore").decode()
    part = FilePart(BytesSource(JPEG), filename=filename.encode("utf-8", "ignore").decode() or "x")
    body = body_of((name, part))
    first, disposition, media_type, empty = body.split(b"\r\n")[:4]
    assert (first, empty) == (b"--BOUNDARY", b"")
    assert disposition.startswith(b"Content-Disposition: form-data; name=")
    assert disposition.count(b'"') == 4
    assert media_type == b"Content-Type: image/jpeg"


@pytest.mark.parametrize(
    ("filename", "written"),
    [
        ('a"b.jpg', b"a%22b.jpg"),
        ("a\r\nX-Evil: 1.jpg", b"a%0D%0AX-Evil: 1.jpg"),
        ("żółw 着.png", "żółw 着.png".encode()),
        ("a\\b;c.jpg", b"a\\b;c.jpg"),
        (os.fsdecode("模特.png".encode("gbk")), b"\xc4\xa3__.png"),
        ("\ud83d.png", b"_.png"),
    ],
)
def test_names_are_escaped_as_browsers_do(filename, written):
    body = body_of(("f", FilePart(BytesSource(JPEG), filename=filename)))
    assert b'; filename="' + written + b'"\r\n' in body


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"\xff\xd8\xff", b"image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", b"image/png"),
        (b"RIFF\0\0\0\0WEBP", b"image/webp"),
        (b"GIF89a", b"image/gif"),
        (b"hello", b"application/octet-stream"),
    ],
)
def test_the_media_type_comes_from_the_content(start, media_type):
    body = body_of(("f", FilePart(BytesSource(start + b"...", name="wrong.txt"))))
    assert b"Content-Type: " + media_type + b"\r\n" in body


def test_a_media_type_that_is_given_wins():
    body = body_of(("f", FilePart(BytesSource(JPEG), media_type="image/x-own")))
    assert b"Content-Type: image/x-own\r\n" in body


def test_a_file_of_any_size_is_sent_whole(tmp_path: Path):
    data = os.urandom(3 * MIB + 17)
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    body = body_of(("f", FilePart(PathSource(path))))
    message = email.message_from_bytes(
        b"Content-Type: multipart/form-data; boundary=BOUNDARY\r\n\r\n" + body,
        policy=email.policy.HTTP,
    )
    [part] = message.iter_parts()
    assert part.get_filename() == "a.bin"
    assert data in body


def test_a_form_can_be_sent_twice(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    with MultipartForm([("f", FilePart(PathSource(path)))]) as form:
        assert b"".join(form) == b"".join(form)
        assert repr(form) == f"MultipartForm({len(form)} bytes)"


def test_an_address_in_a_form_is_a_mistake_with_a_remedy(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    fields = [
        ("a", FilePart(PathSource(path))),
        ("b", FilePart(UrlSource("https://x.example/a.jpg?sign=canary"))),
    ]
    with pytest.raises(TypeError, match=r"'b'.*download it first") as caught:
        MultipartForm(fields)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (Path.exists, "missing"),
        (Path.mkdir, "is_folder"),
        (Path.touch, "empty"),
        (os.mkfifo, "unreadable"),
    ],
)
def test_what_cannot_be_read_is_found_at_once(tmp_path: Path, make, code):
    path = tmp_path / "a.jpg"
    make(path)
    with pytest.raises(UnusableImage) as caught:
        MultipartForm([("person", FilePart(PathSource(path)))])
    assert (caught.value.field, caught.value.code) == ("person", code)


@pytest.mark.parametrize("change", ["shrink", "grow", "rewrite"])
def test_a_file_that_changes_is_never_sent_to_its_end(tmp_path: Path, change):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG * 50_000)
    with MultipartForm([("f", FilePart(PathSource(path)))], boundary="B") as form:
        blocks = iter(form)
        sent = [next(blocks)]
        size = {"shrink": 10, "grow": 60_000, "rewrite": 50_000}[change]
        path.write_bytes(JPEG * size)
        os.utime(path, ns=(1, 1))
        with pytest.raises(UnusableImage, match=r"shorter|was changed") as caught:
            sent.extend(blocks)
    assert caught.value.code == "changed_while_sending"
    assert len(b"".join(sent)) < len(form)
    assert b"--B--" not in b"".join(sent)


def test_a_disk_that_fails_is_not_taken_for_the_network(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    with MultipartForm([("f", FilePart(PathSource(path)))]) as form:
        opened = next(piece for piece in form._pieces if not isinstance(piece, bytes))

        class Broken:
            def seek(self, _):
                raise OSError(5, "Input/output error")

        opened.file = Broken()
        with pytest.raises(UnusableImage, match="Input/output error"):
            b"".join(form)


def swallow(link):
    received = link.read_head()
    left = int(received.headers.get("content-length", "0"))
    while left:
        left -= len(link.reader.read1(min(left, 65536)))
    link.send(head(200, {"Content-Length": "0"}))
    return True


def test_a_large_file_costs_little_memory(serve, client, tmp_path: Path):
    path = tmp_path / "large.jpg"
    path.write_bytes(JPEG + bytes(25 * MIB))
    server = serve(swallow)
    client.get(server.url())
    tracemalloc.start()
    try:
        client.post(server.url(), multipart=[("f", FilePart(PathSource(path)))])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MIB


PROGRAM = """
    import resource, sys
    from pathlib import Path
    from tryon_core.http import FilePart
    from tryon_core.models import PathSource
    from tryon_core.transport import Transport

    url, small, large = sys.argv[1:]
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Transport() as transport:
        client = transport.client(provider="acme")
        client.post(url, multipart=[("f", FilePart(PathSource(small)))])
        before = peak()
        client.post(url, multipart=[("f", FilePart(PathSource(large)))])
        print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="units of ru_maxrss differ")
def test_a_large_file_hardly_grows_the_process(serve, tmp_path: Path):
    small, large = tmp_path / "small.jpg", tmp_path / "large.jpg"
    small.write_bytes(JPEG + bytes(MIB))
    large.write_bytes(JPEG + bytes(25 * MIB))
    server = serve(swallow)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), server.url(), str(small), str(large)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(done.stdout) < 8 * 1024


def test_a_file_is_announced_with_the_suffix_of_its_format_unless_it_is_named():
    assert b'filename="image.jpg"' in body_of(("a", FilePart(BytesSource(JPEG))))
    assert b'filename="me.jpg"' in body_of(("a", FilePart(BytesSource(JPEG, name="me.png"))))
    given = FilePart(BytesSource(JPEG), filename="me.png")
    assert b'filename="me.png"' in body_of(("a", given))
