"""The storage: an address for an upload, the upload, and the file for everybody."""

import json

from flask import Flask, Response, request

from tryon_fal.emulator.knobs import Knobs
from tryon_testing.emulation import EmulatorContext, Refused, json_object

_LIFECYCLE = ("X-Fal-Object-Lifecycle", "X-Fal-Object-Lifecycle-Preference")
_TOKEN = {"token": "emulated-upload-token", "token_type": "Bearer"}
_FILE = "/_cdn/files/b/<path:name>"


def lifetime_s() -> float:
    """Return how long files of this request live: as its client says, or seven days."""
    given = next((request.headers[name] for name in _LIFECYCLE if name in request.headers), "{}")
    return float(json.loads(given).get("expiration_duration_seconds") or 7 * 86400)


def add_storage(app: Flask, ctx: EmulatorContext, knobs: Knobs) -> None:
    """Add the routes; the first two are those of the account, the others want no key of it."""
    files: dict[str, Response] = {}
    dies_s: dict[str, float] = {}

    def new_url(name: str) -> str:
        name = f"{ctx.new_id()[:8]}/{name}"
        dies_s[name] = ctx.clock.monotonic() + lifetime_s()
        return f"{ctx.address}/_cdn/files/b/{name}"

    @app.post("/_rest/storage/upload/initiate")
    def upload() -> dict[str, str]:
        if request.args.get("storage_type") == "gcs" and not knobs.older_uploads:
            raise Refused("400", "Invalid storage type")
        url = new_url(str(json_object().get("file_name") or "upload.bin"))
        return {"upload_url": f"{url}?signature=emulated", "file_url": url}

    @app.post("/_rest/storage/auth/token")
    def upload_token() -> dict[str, str]:
        return {"base_url": f"{ctx.address}/_cdn", "expires_at": "2100-01-01T00:00:00Z", **_TOKEN}

    @app.post("/_cdn/files/upload", endpoint="store_direct", defaults={"name": ""})
    @app.put(_FILE)
    def store(name: str) -> dict[str, str]:
        url = "" if name else new_url(request.headers.get("X-Fal-File-Name", "upload.bin"))
        wanted = " ".join(reversed(_TOKEN.values())) if url else ""
        if request.headers.get("Authorization", "") != wanted and not knobs.older_uploads:
            raise Refused("401" if url else "400", "Wrong Authorization")
        file = Response(request.get_data(), mimetype=request.content_type)
        files[name or url.partition("/b/")[2]] = file
        return {"access_url": url}

    @app.get(_FILE)
    def file(name: str) -> Response:
        if name not in files or ctx.clock.monotonic() >= dies_s[name]:
            raise Refused("NOT_FOUND")
        return files[name]
