"""The vendor's store of temporary files ("Obtain a temporary file URL"); it keeps them for 48 h."""

import re
from datetime import timedelta
from pathlib import PurePath
from typing import cast
from urllib.parse import urlsplit

from tryon_core import (
    CallContext,
    FilePart,
    HttpResponse,
    ImageSource,
    ParseRequest,
    TryOnRequest,
    UrlSource,
    errors,
    upload_name,
)
from tryon_core.images import digest
from tryon_dashscope.codes import TABLE
from tryon_dashscope.declaration import PARSING_MODEL, Options
from tryon_dashscope.wire import UploadPolicy, read, succeeded

_LIFETIME = timedelta(hours=48)
_ALREADY_THERE = "FileAlreadyExists"
_ELEMENT = re.compile(r"<(Code|Message|RequestId)>([^<]{1,500})</\1>")


def upload(image: ImageSource, ctx: CallContext) -> UrlSource:
    """Put an image into the store, for the model that will read it.

    Raises:
        TryOnError: the service or its store refuses it.
    """
    now = ctx.clock.now()
    policy = _policy(ctx)
    key = f"{policy.upload_dir}/{_name(image)}"
    # The store must not learn the key: the policy is all that it wants.
    answer = ctx.http.post(_host(policy, ctx), multipart=_form(policy, key, image), idempotent=True)
    _check_stored(answer)
    return UrlSource(f"oss://{key}", expires_at=now + _LIFETIME)


def _policy(ctx: CallContext) -> UploadPolicy:
    params = {"action": "getPolicy", "model": _model(ctx.request)}
    answer = ctx.http.get("uploads", params=params)
    policy, _ = read(answer, UploadPolicy, at="data")
    return policy


def _model(request: TryOnRequest | ParseRequest | None) -> str:
    """Return the model that will read the image: the store gives it to no other."""
    if isinstance(request, ParseRequest):
        return PARSING_MODEL
    options: Options = cast("TryOnRequest", request).options
    return options.model


def _name(image: ImageSource) -> str:
    # Neither the user's own file name nor characters that an address cannot hold.
    return f"{digest(image)[:32]}{PurePath(upload_name(image)).suffix.lower()}"


def _host(policy: UploadPolicy, ctx: CallContext) -> str:
    """Return where to send the form: an image of a person travels encrypted, as the key does."""
    wanted = urlsplit(ctx.settings.text("base_url")).scheme
    host = policy.upload_host
    if host.startswith("https://") or (wanted == "http" and host.startswith("http://")):
        return host
    raise errors.UnexpectedResponse(
        f"the answer breaks its contract: expected an https address, got {host[:100]!r} "
        "@ response.data.upload_host"
    )


def _form(policy: UploadPolicy, key: str, image: ImageSource) -> list[tuple[str, str | FilePart]]:
    return [
        ("OSSAccessKeyId", policy.oss_access_key_id),
        ("Signature", policy.signature),
        ("policy", policy.policy),
        ("x-oss-object-acl", policy.x_oss_object_acl),
        ("x-oss-forbid-overwrite", str(policy.x_oss_forbid_overwrite).lower()),
        ("key", key),
        ("success_action_status", "200"),
        ("file", FilePart(image)),  # whatever follows the file is ignored by the store
    ]


def _check_stored(answer: HttpResponse) -> None:
    """Refuse all answers but success; a repeated form finds its own file, which is as good."""
    text = answer.body.decode(errors="replace")
    elements = dict(_ELEMENT.findall(text))
    code = elements.get("Code", "")
    if succeeded(answer) or code == _ALREADY_THERE:
        return
    raise TABLE.refusal(
        answer,
        code=f"OSS.{code}" if code else "",
        message=elements.get("Message", "the store refused the upload"),
        request_id=elements.get("RequestId") or answer.headers.get("x-oss-request-id"),
    )
