"""The page of runs as it changes, served to this machine: read-only, and nothing but the page."""

import functools
import hashlib
import io
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from tryon_batch import RunFolder
from tryon_batch.journal_file import is_being_written
from tryon_core import PathSource
from tryon_core.errors import InputError, TryOnError
from tryon_core.images import load_upright, probe
from tryon_report.run_page.page import RunToShow, make_page
from tryon_report.run_page.rows import images_of
from tryon_report.run_page.writing import html_of
from tryon_report.thumbnails import ThumbnailStore

HOST = "127.0.0.1"
_HOSTS = frozenset({HOST, "localhost", "::1"})
_LARGE_PX = 1600
"""The longer side of an image that is not a file of the run, such as the photo of a person."""
_TYPES: Mapping[str, str] = {
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
"""What browsers show, by format."""
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@attrs.frozen
class Answer:
    """What a request is answered with.

    Attributes:
        body: the content.
        media_type: its type.
        mark: identifies this content at its address; empty when it changes with each request.
    """

    body: bytes
    media_type: str
    mark: str = ""


class LiveView:
    """The page of runs as their journals are now, and the images that it shows.

    Args:
        runs: at least one; processes may be working on them.
        refresh_s: seconds after which a browser asks for it again.
    """

    def __init__(self, runs: Sequence[RunFolder], *, refresh_s: float = 2.0) -> None:
        self._runs = runs
        self._refresh_s = refresh_s
        self._lock = threading.Lock()
        self._page: Answer | None = None
        self._files: dict[str, Path] = {}
        self._made = 0
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._open = ExitStack()
        self._stores = [self._open.enter_context(ThumbnailStore(run.folder)) for run in runs]
        self._thread = threading.Thread(target=self._make, name="tryon-page", daemon=True)

    def __enter__(self) -> "LiveView":  # noqa: PYI034  (Self needs Python 3.11)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._wanted.set()
        self._thread.join()
        self._open.close()

    def page(self) -> Answer:
        """Return the page.

        Raises:
            InputError: a journal is gone or damaged.
        """
        with self._lock:
            running = [is_being_written(run.journal) for run in self._runs]
            mark = _mark(running, self._made, *map(_stamp, self._runs))
            if self._page is None or self._page.mark != mark:
                self._page = Answer(self._html(running, mark), "text/html; charset=utf-8", mark)
                self._wanted.set()
            return self._page

    def image(self, name: str) -> Answer | None:
        """Return an image that the page shows, None when it shows none of that name."""
        path = self._files.get(name)
        if path is None:
            return None
        try:
            return _image(path, is_own=any(_is_inside(path, run.folder) for run in self._runs))
        except (TryOnError, OSError):
            return None

    def _html(self, running: Sequence[bool], mark: str) -> bytes:
        shown = [
            RunToShow(run=run, thumbnail=store.find, is_running=is_running)
            for run, store, is_running in zip(self._runs, self._stores, running, strict=True)
        ]
        page = make_page(shown, link=self._link)
        return html_of(page, mark=mark, refresh_s=self._refresh_s).encode()

    def _link(self, path: Path) -> str:
        """Return the address of a file. Only files that have one are served."""
        name = _mark(str(path))
        self._files[name] = path
        return f"image/{name}"

    def _make(self) -> None:
        """Make the thumbnails that are missing, each time the page has changed."""
        while not self._closed.is_set():
            self._wanted.wait()
            self._wanted.clear()
            for run, store in zip(self._runs, self._stores, strict=True):
                try:
                    images = dict.fromkeys(images_of(run, run.entries(), run.asked()))
                except TryOnError:
                    continue  # the page says it
                made, next_s = 0, time.monotonic() + self._refresh_s
                for path, side_px in images:
                    if self._closed.is_set():
                        return
                    made += store.make(path, side_px)
                    if time.monotonic() > next_s:
                        # Each new page takes time to make, too.
                        self._made, made = self._made + made, 0
                        next_s = time.monotonic() + self._refresh_s
                self._made += made


class Server(ThreadingHTTPServer):
    """Serves a view to this machine, under an address that cannot be guessed."""

    daemon_threads = True
    # Windows lets two programs listen at one port with it.
    allow_reuse_address = os.name != "nt"

    def __init__(self, view: LiveView, port: int) -> None:
        self.view = view
        self.root = f"/{secrets.token_urlsafe(16)}/"
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; the rest is a fault of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_address[1]}{self.root}"

    def find(self, path: str) -> Answer | None:
        """Return what is at a path, None when nothing is."""
        if not secrets.compare_digest(path[: len(self.root)].encode(), self.root.encode()):
            return None
        name = path[len(self.root) :]
        if not name:
            return self.view.page()
        folder, _, image = name.partition("/")
        return self.view.image(image) if folder == "image" else None


@contextmanager
def listen(view: LiveView, *, port: int) -> Iterator[Server]:
    """Listen for browsers of this machine.

    Args:
        view: what they are shown.
        port: where; 0 for any free port.

    Raises:
        InputError: the port cannot be had.
    """
    try:
        server = Server(view, port)
    except OSError as error:
        raise InputError(
            f"cannot listen at port {port}: {error.strerror}.",
            remedy="Name another one, or 0 for any free port.",
        ) from error
    with server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "tryon"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        # A page of another site may name this machine, so as to read what is served here.
        if _host(self.headers.get("Host", "")) not in _HOSTS:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, "This is not served under that name.")
            return
        try:
            found = self.server.find(urlsplit(self.path).path)
        except TryOnError as error:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        if found is None:
            self._say(HTTPStatus.NOT_FOUND, "Nothing is here: use the address that was printed.")
        elif found.mark and self.headers.get("If-None-Match") == f'"{found.mark}"':
            self._send(HTTPStatus.NOT_MODIFIED, attrs.evolve(found, body=b""))
        else:
            self._send(HTTPStatus.OK, found)

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        self._send(status, Answer(f"{sentence}\n".encode(), "text/plain; charset=utf-8"))

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        self.send_response(status)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-cache" if answer.mark else "no-store")
        if answer.mark:
            self.send_header("ETag", f'"{answer.mark}"')
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request to read."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, explain = HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are answered."
        super().send_error(code, message, explain)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (of the base class)
        """Print nothing: the terminal belongs to the user."""


def _image(path: Path, *, is_own: bool) -> Answer:
    """Return an image: a file of the run as it is, any other one drawn again in a usual size.

    Raises:
        UnusableImage: it is no image.
    """
    media_type = _TYPES.get(probe(PathSource(path), field="image").format)
    if is_own and media_type is not None:
        return Answer(path.read_bytes(), media_type, _mark(_stat(path)))
    return _drawn_again(path, _stat(path))


@functools.lru_cache(maxsize=32)
def _drawn_again(path: Path, stat: str) -> Answer:
    file = io.BytesIO()
    image = load_upright(PathSource(path), field="image", max_side_px=_LARGE_PX)
    image.convert("RGB").save(file, "JPEG", quality=88)
    return Answer(file.getvalue(), "image/jpeg", _mark(stat))


def _host(text: str) -> str | None:
    """Return the name in a header `Host`, without the port; None when it is nonsense."""
    try:
        return urlsplit(f"//{text}").hostname
    except ValueError:
        return None


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a file is in a folder, whatever links lead to it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _stamp(run: RunFolder) -> str:
    """Return what changes when a journal is written."""
    log = run.journal.with_name(f"{run.journal.name}-wal")
    return f"{_stat(run.journal)} {_stat(log)}"


def _stat(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "-"
    return f"{found.st_size} {found.st_mtime_ns}"


def _mark(*facts: object) -> str:
    """Return a short text that differs when the facts do."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]
