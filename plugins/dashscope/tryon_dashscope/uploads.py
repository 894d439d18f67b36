"""The vendor's store of temporary files ("Obtain a temporary file URL"); it keeps them for 48 h."""

import re
from datetime import timedelta
from pathlib import PurePath

import attrs

import tryon_core as core
from tryon_core.images import digest
from tryon_dashscope.codes import TABLE
from tryon_dashscope.declaration import PARSING_MODEL
from tryon_dashscope.tasks import read

_LIFETIME = timedelta(hours=48)
_ALREADY_THERE = "FileAlreadyExists"
_ELEMENT = re.compile(r"<(Code|Message|RequestId)>([^<]{1,500})</\1>")


@attrs.frozen
class UploadPolicy:
    """What the store wants to see in a form."""

    policy: str
    signature: str
    upload_dir: core.NonEmpty
    upload_host: core.WebAddress
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str | bool


def upload(image: core.ImageSource, ctx: core.CallContext) -> core.UrlSource:
    """Put an image into the store, for the model that will read it: it gives it to no other."""
    now, request = ctx.clock.now(), ctx.request
    is_parsing = isinstance(request, core.ParseRequest)
    model = PARSING_MODEL if is_parsing else request.options.model  # type: ignore[union-attr]
    answer = ctx.http.get("uploads", params={"action": "getPolicy", "model": model})
    policy = read(answer, UploadPolicy, at="data")
    where = policy.upload_host
    # An image of a person travels encrypted, as the key does.
    if answer.url.startswith("https:") and not where.startswith("https:"):
        fault = f"expected an https address, got {where!r:.100}"
        raise TABLE.broken(answer, f"{fault} @ response.data.upload_host")
    # Neither the user's own file name nor characters that an address cannot hold.
    name = f"{digest(image)[:32]}{PurePath(core.upload_name(image)).suffix.lower()}"
    key = f"{policy.upload_dir}/{name}"
    form: list[tuple[str, str | core.FilePart]] = [
        ("OSSAccessKeyId", policy.oss_access_key_id),
        ("Signature", policy.signature),
        ("policy", policy.policy),
        ("x-oss-object-acl", policy.x_oss_object_acl),
        ("x-oss-forbid-overwrite", str(policy.x_oss_forbid_overwrite).lower()),
        ("key", key),
        ("success_action_status", "200"),
        ("file", core.FilePart(image)),  # whatever follows the file is ignored by the store
    ]
    # The store must not learn the key: the policy is all that it wants.
    stored = ctx.http.post(where, multipart=form, idempotent=True)
    elements = dict(_ELEMENT.findall(stored.body.decode(errors="replace")))
    code = elements.get("Code", "")
    # A form that was repeated finds its own file, which is as good.
    if stored.is_success or code == _ALREADY_THERE:
        return core.UrlSource(f"oss://{key}", expires_at=now + _LIFETIME)
    raise TABLE.refusal(
        stored,
        code=f"OSS.{code}" if code else "",
        message=elements.get("Message", "the store refused the upload"),
        request_id=elements.get("RequestId") or stored.headers.get("x-oss-request-id"),
    )
