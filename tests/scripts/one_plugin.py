"""Run in an environment that has the core and one vendor's plugin; exits 1 with a reason."""

import importlib.util
import json
import struct
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

OTHERS = (
    "tryon_aidge",
    "tryon_ailab",
    "tryon_batch",
    "tryon_dashscope",
    "tryon_doctor",
    "tryon_local",
    "tryon_report",
    "tryon_testing",
)
KEY = "sk_not_a_real_key"


class Refusing(BaseHTTPRequestHandler):
    """Knows no key, like the vendor when it is given a wrong one."""

    def do_POST(self):
        """Refuse."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"error_code": "invalid_auth_token", "error": "no such key"}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


def png(side_px: int) -> bytes:
    """Return a grey picture, without Pillow, which is not here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x7f" * side_px) * side_px
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def main() -> None:
    """Use the one plugin."""
    present = [name for name in (*OTHERS, "flask", "PIL") if importlib.util.find_spec(name)]
    if present:
        sys.exit(f"one plugin brought {', '.join(present)}")
    from tryon_core import Client, errors, list_providers

    found = [entry.id for entry in list_providers()]
    if found != ["pixelcut"]:
        sys.exit(f"installed are {found}")
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        base_url = f"http://127.0.0.1:{server.server_port}"
        with Client("pixelcut", api_key=KEY, base_url=base_url, config={}) as client:
            try:
                client.submit(png(300), top=png(300))
            except errors.AuthenticationFailed as error:
                if KEY in str(error) or error.vendor_code != "invalid_auth_token":
                    sys.exit(f"the refusal reads: {error!r}")
            else:
                sys.exit("a wrong key was taken")


main()
