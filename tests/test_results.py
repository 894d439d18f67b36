import errno
import hashlib
import io
import os
import random
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from PIL import Image

from servers import ScriptedServer, answer, raw_answer
from tryon_core import saving
from tryon_core.errors import DownloadFailed, OutputError
from tryon_core.fetching import fetch_artifact, fetch_image, fetch_images
from tryon_core.models import (
    Artifact,
    BytesSource,
    Job,
    JobResult,
    Notice,
    PathSource,
    UrlSource,
)
from tryon_core.results import ResultImage, TryOnResult
from tryon_core.saving import check_target, write_atomically
from tryon_core.transport import Transport, TransportPolicy, Trust

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
needs_folders_without_permission = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write everywhere"
)


def encoded(format_name: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    # The same in each worker: older versions of pytest name tests by what they are given.
    noise = Image.frombytes("L", size, random.Random(3).randbytes(size[0] * size[1]))  # noqa: S311
    picture = Image.new(mode, size) if mode == "LAB" else noise.convert(mode)
    picture.save(file, format_name)
    return file.getvalue()


PNG, JPEG, WEBP = encoded("PNG"), encoded("JPEG"), encoded("WEBP")


@pytest.fixture
def transport():
    policy = TransportPolicy(
        allow_private_addresses=True, retries=1, backoff_s=0, max_download_bytes=100_000
    )
    with Transport(policy) as made:
        yield made


@pytest.fixture
def server():
    with ScriptedServer(answer(200, PNG)) as made:
        yield made


@pytest.fixture
def job() -> Job:
    return Job(provider="acme", id="a/b:1", submitted_at=NOW)


def image_of(data: bytes) -> ResultImage:
    return fetch_image(Artifact(source=BytesSource(data)), Transport())


def result_of(job: Job, *datas: bytes) -> TryOnResult:
    return TryOnResult(job=job, images=tuple(image_of(data) for data in datas))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Fetching


def test_an_image_is_fetched_as_it_is(server, transport):
    artifact = Artifact(source=UrlSource(server.url("/a.png?sign=canary")), expires_at=NOW)
    image = fetch_image(artifact, transport)
    assert (image.data, image.format, image.media_type) == (PNG, "PNG", "image/png")
    assert (image.width_px, image.height_px) == (40, 30)
    assert image.sha256 == hashlib.sha256(PNG).hexdigest()
    assert image.expires_at == NOW
    assert image.source_url == server.url("/a.png?…")
    assert "canary" not in repr(image)
    assert len(repr(image)) < 300


@pytest.mark.parametrize(("data", "name"), [(PNG, "PNG"), (JPEG, "JPEG"), (WEBP, "WEBP")])
def test_the_format_is_told_from_the_content(server, transport, data, name):
    server.play(answer(200, data, headers={"Content-Type": "text/html"}))
    image = fetch_image(Artifact(source=UrlSource(server.url("/wrong.gif"))), transport)
    assert (image.format, image.data) == (name, data)


def test_local_artifacts_need_no_network(transport, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    assert fetch_image(Artifact(source=PathSource(path)), transport).data == JPEG
    image = fetch_image(Artifact(source=BytesSource(PNG)), transport)
    assert (image.data, image.source_url) == (PNG, None)


def test_an_artifact_of_a_region_becomes_local(server, transport):
    artifact = fetch_artifact(Artifact(source=UrlSource(server.url())), transport)
    assert artifact.source == BytesSource(PNG, name="image.png")


UNSOUND = {
    "png-cut": PNG[:-40],
    "jpeg-cut": JPEG[:-40],
    "png-damaged": PNG[:60] + b"zzzz" + PNG[64:],
    "webp-cut": WEBP[:100],
    "magic-only": PNG[:8],
    "too-many-pixels": PNG[:16] + (60_000).to_bytes(4, "big") * 2 + PNG[24:],
    "jpeg-2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(range(256)),
    "icon": b"\0\0\1\0\1\0" + bytes(range(256)),
}
PAGES = {
    "empty": b"",
    "html": b"<html>Log in to the network</html>",
    "html-in-gbk": "<!DOCTYPE html><p>请登录</p>".encode("gbk"),
    "json": b'{"error": "expired"}',
    "text": "Zeit abgelaufen, schöne Grüße".encode(),
}


def of_known_length(data):
    return answer(200, data)


def chunked(data):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return raw_answer(head + f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")


def unfinished(data):
    """Answer without a length: the end of the connection may or may not be that of the file."""
    return raw_answer(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + data)


@pytest.mark.parametrize("data", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("send", [of_known_length, unfinished])
def test_a_page_in_place_of_an_image_is_refused(server, transport, job, data, send):
    _assert_refused(server, transport, job, send(data))


@pytest.mark.parametrize("data", UNSOUND.values(), ids=UNSOUND)
def test_what_may_be_cut_off_by_the_connection_is_refused(server, transport, job, data):
    _assert_refused(server, transport, job, unfinished(data))


@pytest.mark.parametrize("data", UNSOUND.values(), ids=UNSOUND)
@pytest.mark.parametrize("send", [of_known_length, chunked])
def test_what_came_whole_is_kept_whatever_a_decoder_says(server, job, tmp_path, data, send):
    transport = Transport(TransportPolicy(allow_private_addresses=True))
    server.play(send(data), answer(200, PNG), send(data))
    url = server.url("/a.png?sign=canary")
    whole = JobResult(images=(Artifact(source=UrlSource(url)),) * 2, notices=[Notice("a", "b")])
    result = fetch_images(job, whole, transport)
    assert [image.is_checked for image in result.images] == [False, True]
    assert not result.is_checked
    assert [notice.code for notice in result.notices] == ["a", "image_unchecked"]
    assert "canary" not in str(result.notices)
    paths = result.save(tmp_path)
    assert [path.name.endswith(".unchecked") for path in paths] == [True, False]
    assert paths[0].read_bytes() == data
    with pytest.raises(DownloadFailed):  # as a part of a parsing it is of no use
        fetch_artifact(Artifact(source=UrlSource(url)), transport)


@pytest.mark.parametrize(
    ("data", "name", "written"),
    [
        (PNG[:-40], "a.png", "a.png.unchecked"),
        (PNG[:-40], "a.jpg", "a.png.unchecked"),
        (UNSOUND["icon"], "a.png", "a.png.unchecked"),
        (UNSOUND["icon"], "plain/", "plain/acme-a-b-1.unchecked"),
        (JPEG[:-40], "plain/", "plain/acme-a-b-1.jpg.unchecked"),
    ],
)
def test_an_unchecked_image_says_so_in_its_name(job, tmp_path, data, name, written):
    found = JobResult(images=(Artifact(source=BytesSource(data)),))
    result = fetch_images(job, found, Transport())
    assert result.save(f"{tmp_path}/{name}") == (tmp_path / written,)
    assert result.images[0].save(tmp_path / "alone.webp").name.endswith(".unchecked")
    kind = "octet-stream" if data is UNSOUND["icon"] else "image/"
    assert kind in result.images[0].media_type


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_its_end_marker_only_is_sound(progressive):
    file = io.BytesIO()
    size = (64, 48)  # whole blocks: what is lost of a block beyond the edge changes no pixel
    pixels = random.Random(7).randbytes(3 * size[0] * size[1])  # noqa: S311  (a picture)
    Image.frombytes("RGB", size, pixels).save(file, "JPEG", progressive=progressive)
    whole = file.getvalue()
    assert image_of(whole[:-2]).is_checked
    for cut in (5, 10, 100, 500):  # the byte before the marker may be mere padding
        with pytest.raises(DownloadFailed, match="cut off"):
            image_of(whole[:-cut])


def _assert_refused(server, transport, job, step):
    server.play(step)
    url = server.url("/a.png?sign=canary")
    with pytest.raises(DownloadFailed) as caught:
        fetch_images(job, JobResult(images=(Artifact(source=UrlSource(url)),)), transport)
    assert caught.value.job == job
    assert caught.value.provider == "acme"
    assert caught.value.billed == "yes"
    assert "canary" not in str(caught.value)


def test_a_failed_download_carries_its_job_and_can_be_repeated(server, transport, job):
    server.play(answer(404), answer(200, PNG))
    result = JobResult(images=(Artifact(source=UrlSource(server.url())),))
    with pytest.raises(DownloadFailed, match="404") as caught:
        fetch_images(job, result, transport)
    assert (caught.value.job, caught.value.http_status) == (job, 404)
    assert fetch_images(job, result, transport).images[0].data == PNG


def test_a_local_file_that_is_gone_is_a_failed_download(transport, job, tmp_path):
    result = JobResult(images=(Artifact(source=PathSource(tmp_path / "none.png")),))
    with pytest.raises(DownloadFailed, match=r"none\.png") as caught:
        fetch_images(job, result, transport)
    assert caught.value.job == job


def test_the_cap_holds_for_local_artifacts_too(transport):
    with pytest.raises(DownloadFailed, match="100,000"):
        fetch_image(Artifact(source=BytesSource(PNG + bytes(100_000))), transport)


def test_a_private_address_needs_leave(server, transport, job):
    result = JobResult(images=(Artifact(source=UrlSource(server.url())),))
    with pytest.raises(DownloadFailed, match="not a public address"):
        fetch_images(job, result, transport, trust=Trust())


def test_an_animated_picture_is_taken(transport):
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    assert fetch_image(Artifact(source=BytesSource(file.getvalue())), transport).format == "WEBP"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "F", "LAB"])
def test_every_kind_of_pixels_is_taken(transport, mode):
    data = encoded("TIFF" if mode in {"CMYK", "F", "LAB"} else "PNG", mode=mode)
    assert fetch_image(Artifact(source=BytesSource(data)), transport).data == data


def test_without_pillow_the_sides_are_unknown(transport, monkeypatch):
    monkeypatch.setattr("tryon_core.images.probing.has_pillow", lambda: False)
    image = fetch_image(Artifact(source=BytesSource(PNG)), transport)
    assert (image.format, image.width_px, image.height_px) == ("PNG", None, None)
    with pytest.raises(DownloadFailed):
        fetch_image(Artifact(source=BytesSource(b"no image")), transport)


def test_what_the_vendor_said_goes_with_the_images(transport, job):
    notice = Notice("hands", "A hand may be hidden.")
    given_ = JobResult(
        images=(Artifact(source=BytesSource(PNG)), Artifact(source=BytesSource(JPEG))),
        notices=(notice,),
        usage={"image_count": "2"},
    )
    result = fetch_images(job, given_, transport)
    assert [image.format for image in result.images] == ["PNG", "JPEG"]
    assert (result.notices, result.usage, result.job) == ((notice,), {"image_count": "2"}, job)


def test_a_result_without_images_does_not_exist(job):
    with pytest.raises(ValueError, match="images"):
        TryOnResult(job=job, images=())


# Saving


def test_a_file_target_is_written_as_the_vendor_made_it(job, tmp_path):
    path = tmp_path / "out.png"
    assert result_of(job, PNG).save(path) == (path,)
    assert path.read_bytes() == PNG
    assert files_in(tmp_path) == ["out.png"]


def test_a_folder_target_is_made_and_filled(job, tmp_path):
    folder = tmp_path / "new" / "deep"
    paths = result_of(job, PNG, JPEG, WEBP).save(str(folder))
    assert [path.name for path in paths] == [
        "acme-a-b-1.png", "acme-a-b-1+2.jpg", "acme-a-b-1+3.webp"
    ]  # fmt: skip
    assert [path.read_bytes() for path in paths] == [PNG, JPEG, WEBP]


@pytest.mark.parametrize(
    ("name", "data", "written"),
    [
        ("out.png", JPEG, "out.jpg"),
        ("out.jpg", PNG, "out.png"),
        ("out.PNG", PNG, "out.PNG"),
        ("out.jpeg", JPEG, "out.jpeg"),
        ("my.out.webp", JPEG, "my.out.jpg"),
    ],
)
def test_the_suffix_never_lies(job, tmp_path, name, data, written):
    assert result_of(job, data).save(tmp_path / name) == (tmp_path / written,)
    assert files_in(tmp_path) == [written]
    assert (tmp_path / written).read_bytes() == data


def test_one_image_can_be_saved_alone(tmp_path):
    assert image_of(JPEG).save(tmp_path / "a.png") == tmp_path / "a.jpg"


def test_several_images_do_not_fit_into_one_file(job, tmp_path):
    with pytest.raises(OutputError, match="2 images do not fit"):
        result_of(job, PNG, PNG).save(tmp_path / "out.png")
    with pytest.raises(OutputError, match="2 images do not fit"):
        check_target(tmp_path / "out.png", 2)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("name", ["out.png/", "folder.png"])
def test_a_slash_or_a_folder_of_that_name_means_a_folder(job, tmp_path, name):
    (tmp_path / "folder.png").mkdir()
    [path] = result_of(job, PNG).save(f"{tmp_path}/{name}")
    assert path.parent == tmp_path / name.rstrip("/")


def test_an_existing_file_stays_unless_allowed(job, tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"exists already.*overwrite=True") as caught:
        result_of(job, PNG).save(path)
    assert (caught.value.job, caught.value.provider) == (job, "acme")
    assert path.read_bytes() == b"precious"
    result_of(job, PNG).save(path, overwrite=True)
    assert path.read_bytes() == PNG
    assert files_in(tmp_path) == ["out.png"]


def test_a_file_that_holds_the_image_already_is_left_as_it_is(job, tmp_path):
    result = result_of(job, PNG)
    (path,) = result.save(tmp_path / "out.png")
    before = path.stat().st_ino
    assert result.save(path) == (path,)
    assert result.images[0].save(path) == path
    assert path.stat().st_ino == before


@pytest.mark.parametrize("name", ["one.gif", "one.HEIC", "one.pdf", "one.tiff"])
def test_a_name_of_another_kind_of_file_is_refused(job, tmp_path, name):
    for save in (result_of(job, PNG).save, result_of(job, PNG).images[0].save, check_target):
        with pytest.raises(OutputError, match="is not written"):
            save(tmp_path / name)
    assert files_in(tmp_path) == []
    assert result_of(job, PNG).save(f"{tmp_path}/one.gif/")
    assert result_of(job, encoded("GIF", mode="P")).images[0].save(tmp_path / "own.gif")


def test_a_refusal_says_why_another_name_than_the_one_that_was_given(tmp_path):
    for name in ("big.jpg", "big.png.unchecked"):
        (tmp_path / name).touch()
        with pytest.raises(
            OutputError, match=rf"{name}' exists already, and '.*big\.png' may become"
        ):
            check_target(tmp_path / "big.png")
        (tmp_path / name).unlink()
    check_target(tmp_path / "big.png")


def test_an_existing_file_without_an_image_suffix_is_a_file(job, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(b"old")
    assert result_of(job, JPEG).save(path, overwrite=True) == (path,)
    assert path.read_bytes() == JPEG


def test_of_several_files_none_is_written_when_one_exists(job, tmp_path):
    (tmp_path / "acme-a-b-1+2.png").touch()
    with pytest.raises(OutputError, match="exists already"):
        result_of(job, PNG, PNG).save(tmp_path)
    assert files_in(tmp_path) == ["acme-a-b-1+2.png"]


@given(st.text(min_size=1, max_size=300))
def test_any_job_id_gives_a_name_inside_the_folder(tmp_path_factory, job_id):
    result = TryOnResult(
        job=Job(provider="acme", id=job_id, submitted_at=NOW),
        images=(ResultImage(data=PNG, format="PNG"),),
    )
    folder = tmp_path_factory.mktemp("out")
    [path] = result.save(folder)
    assert path.parent == folder
    assert path.name.startswith("acme-")
    assert path.suffix == ".png"


def test_a_new_file_has_the_usual_permissions(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    path = write_atomically(tmp_path / "a.png", PNG)
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_link_is_followed_and_kept(tmp_path, overwrite):
    (tmp_path / "real").mkdir()
    link = tmp_path / "a.png"
    link.symlink_to(tmp_path / "real" / "b.png")
    if not overwrite:
        with pytest.raises(OutputError, match="exists already"):
            write_atomically(link, PNG)
        return
    assert write_atomically(link, PNG, overwrite=True) == link
    assert link.is_symlink()
    assert (tmp_path / "real" / "b.png").read_bytes() == PNG


def test_a_file_that_appears_at_the_last_moment_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_new = saving.write_new

    def write_while_somebody_else_is_faster(temporary, *rest, **more):
        write_new(temporary, *rest, **more)
        path.write_bytes(b"theirs")

    monkeypatch.setattr(saving, "write_new", write_while_somebody_else_is_faster)
    with pytest.raises(OutputError, match="exists already"):
        write_atomically(path, PNG)
    assert path.read_bytes() == b"theirs"
    assert files_in(tmp_path) == ["a.png"]


@pytest.mark.parametrize("links", [True, False])
def test_of_many_writers_exactly_one_wins(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    path = tmp_path / "a.png"
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            write_atomically(path, b"%d" % number)
            outcomes.append(str(number))
        except OutputError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [outcome for outcome in outcomes if outcome != "refused"]
    assert path.read_text() == winner
    assert files_in(tmp_path) == ["a.png"]


def refusing(number: int):
    def refuse(*_: object, **__: object):
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_file_system_without_links_is_served_too(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refusing(errno.ENOTSUP))
    path = write_atomically(tmp_path / "a.png", PNG)
    assert path.read_bytes() == PNG
    assert files_in(tmp_path) == ["a.png"]


def test_without_links_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    monkeypatch.setattr(Path, "replace", refusing(errno.EIO))
    with pytest.raises(OutputError, match="Input/output error"):
        write_atomically(tmp_path / "a.png", PNG)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "Input/output error"),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_failure_is_told_and_leaves_nothing_behind(tmp_path, monkeypatch, number, words, step):
    monkeypatch.setattr(os, step, refusing(number))
    with pytest.raises(OutputError, match=words):
        write_atomically(tmp_path / "a.png", PNG)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_really_full_leaves_nothing_behind(tmp_path, monkeypatch):
    real = os.open

    def full(path, flags, *mode):
        # The name is made as usual, the bytes go where there is no space.
        os.close(real(path, flags, *mode))
        return real("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OutputError, match=r"the disk is full.*Free some space"):
        write_atomically(tmp_path / "a.png", PNG)
    monkeypatch.undo()
    assert files_in(tmp_path) == []


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.png", PNG)
    assert files_in(tmp_path) == []


def test_a_failed_overwrite_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", refusing(errno.EIO))
    with pytest.raises(OutputError):
        write_atomically(path, PNG, overwrite=True)
    assert path.read_bytes() == b"old"
    assert files_in(tmp_path) == ["a.png"]


def device(_: Path) -> str:
    return os.devnull


def folder_missing(tmp_path: Path) -> str:
    return f"{tmp_path}/none/a.png"


def file_as_folder(tmp_path: Path) -> str:
    (tmp_path / "file").touch()
    return f"{tmp_path}/file/a.png"


def file_below_file(tmp_path: Path) -> str:
    (tmp_path / "file").touch()
    return f"{tmp_path}/file/deeper/folder"


def null_in_name(tmp_path: Path) -> str:
    return f"{tmp_path}/a\0.png"


def name_too_long(tmp_path: Path) -> str:
    return f"{tmp_path}/{'a' * 300}.png"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (device, "a device or a pipe"),
        (folder_missing, "none' does not exist"),
        (file_as_folder, "is a file, not a folder"),
        (file_below_file, "is a file, not a folder"),
        (name_too_long, "too long"),
        (null_in_name, "not a file name"),
    ],
)
def test_what_cannot_be_saved_is_known_before_anything_is_paid(job, tmp_path, make, words):
    target = make(tmp_path)
    with pytest.raises(OutputError, match=words):
        check_target(target, overwrite=True)
    with pytest.raises(OutputError, match=words):
        result_of(job, PNG).save(target, overwrite=True)


@needs_folders_without_permission
def test_a_folder_without_permission_is_found_at_once(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="no permission"):
            check_target(tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_the_check_really_writes(tmp_path, monkeypatch, number):
    monkeypatch.setattr("tempfile.TemporaryFile", refusing(number))
    with pytest.raises(OutputError, match=r"permission|read-only|full"):
        check_target(tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_told(job, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", refusing(errno.EROFS))
    with pytest.raises(OutputError, match="read-only") as caught:
        result_of(job, PNG).save(tmp_path / "new")
    assert caught.value.job == job


def test_the_check_leaves_nothing_behind(tmp_path):
    check_target(tmp_path / "a.png")
    check_target(tmp_path / "new" / "folder", 4)
    check_target(tmp_path)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("existing", ["a.png", "a.jpg", "a.webp"])
def test_the_check_knows_every_name_that_may_be_written(tmp_path, existing):
    (tmp_path / existing).touch()
    with pytest.raises(OutputError, match="exists already"):
        check_target(tmp_path / "a.png")
    check_target(tmp_path / "a.png", overwrite=True)


def test_a_target_in_the_current_folder_is_fine(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_target("a.png")
    check_target("out")
    assert result_of(job, PNG).save("a.png") == (Path("a.png"),)


def test_an_address_that_is_dead_loses_one_image_only(server, transport, job, tmp_path):
    server.play(answer(200, PNG), answer(404), answer(200, WEBP))
    urls = [UrlSource(server.url(f"/{number}.png")) for number in (1, 2, 3)]
    whole = JobResult(images=[Artifact(source=url) for url in urls], notices=[Notice("a", "b")])

    result = fetch_images(job, whole, transport)

    assert [image.data for image in result.images] == [PNG, WEBP]
    assert (result.missing, result.numbers) == ((2,), (1, 3))
    assert [notice.code for notice in result.notices] == ["a", "image_not_fetched"]
    assert "image 2 of 3 is paid for and could not be fetched" in result.notices[1].message
    names = [path.name for path in result.save(f"{tmp_path}/")]
    assert names == ["acme-a-b-1.png", "acme-a-b-1+3.webp"]

    server.play(answer(200, PNG), answer(200, JPEG), answer(200, WEBP))
    again = fetch_images(job, whole, transport).save(f"{tmp_path}/")
    assert [path.name for path in again] == [names[0], "acme-a-b-1+2.jpg", names[1]]


def test_half_a_character_in_an_address_is_a_failed_download(server, transport, job):
    server.play(answer(404))
    whole = JobResult(images=[Artifact(source=UrlSource(server.url("/\ud800.png")))])
    with pytest.raises(DownloadFailed):
        fetch_images(job, whole, transport)


def test_without_any_image_there_is_no_result(server, transport, job):
    server.play(answer(404), answer(403))
    urls = [UrlSource(server.url(f"/{number}.png")) for number in (1, 2)]
    whole = JobResult(images=[Artifact(source=url) for url in urls])
    with pytest.raises(DownloadFailed, match=r"1\.png") as caught:
        fetch_images(job, whole, transport)
    assert caught.value.job is job
