"""The store of temporary files: policies, and the files that were put under them.

Source: Model Studio, "Obtain a temporary file URL"; the rules of forms are those of OSS PostObject.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs

from tryon_core import Clock
from tryon_testing.emulation import Part

ACCESS_KEY_ID = "LTAI5tEmulatedAccessKey"
BUCKET = "dashscope-file-mgr"
LIFETIME = timedelta(hours=48)
_SECRET = b"emulated-store-secret"


class StoreRefused(Exception):
    """An upload that the store refuses; answered as XML.

    Args:
        status: the HTTP status.
        code: the store's code.
        message: the store's text.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@attrs.frozen(kw_only=True)
class StoredFile:
    """One temporary file."""

    data: bytes = attrs.field(repr=False)
    model: str
    account: str
    stored_at: datetime


@attrs.frozen(kw_only=True)
class Grant:
    """Who may put a file for which model below a folder."""

    account: str
    model: str


class Store:
    """Files by key; safe to use from many threads.

    Args:
        clock: tells when policies and files expire.
        policy_s: seconds for which a policy is good.
        file_mb: largest file in MB.
        overwrites: a second file of the same key replaces the first one.
    """

    def __init__(self, clock: Clock, *, policy_s: int, file_mb: int, overwrites: bool) -> None:
        self._clock = clock
        self._policy_s = policy_s
        self._most_bytes = file_mb * 2**20
        self._overwrites = overwrites
        self._grants: dict[str, Grant] = {}
        self._files: dict[str, StoredFile] = {}
        self._lock = threading.Lock()

    def grant(self, grant: Grant, *, host: str, number: str) -> dict[str, Any]:
        """Return the policy under which one file may be put.

        Args:
            grant: who, and for which model.
            host: where the form goes.
            number: id of the call, which names the folder.
        """
        day = f"{self._clock.now():%Y-%m-%d}"
        owner = hashlib.sha256(grant.account.encode()).hexdigest()[:32]
        folder = f"dashscope-instant/{owner}/{day}/{number}"
        with self._lock:
            self._grants[folder] = grant
        policy = base64.b64encode(json.dumps(self._policy(folder)).encode()).decode()
        return {
            "policy": policy,
            "signature": _signed(policy),
            "upload_dir": folder,
            "upload_host": host,
            "expire_in_seconds": 300,
            "max_file_size_mb": self._most_bytes // 2**20,
            "capacity_limit_mb": 999_999_999,
            "oss_access_key_id": ACCESS_KEY_ID,
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }

    def put(self, parts: list[Part]) -> int:
        """Keep the file of a form, and return the status of the answer.

        Raises:
            StoreRefused: the form breaks the policy.
        """
        fields = _fields(parts)
        grant = self._check(fields)
        data = parts[-1].data
        if len(data) > self._most_bytes:
            raise StoreRefused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum.")
        file = StoredFile(
            data=data, model=grant.model, account=grant.account, stored_at=self._clock.now()
        )
        with self._lock:
            if fields["key"] in self._files and not self._overwrites:
                raise StoreRefused(
                    409, "FileAlreadyExists", "The object you specified already exists."
                )
            self._files[fields["key"]] = file
        wanted = fields.get("success_action_status")
        return int(wanted) if wanted in {"200", "201", "204"} else 204

    def get(self, key: str) -> StoredFile | None:
        """Return a file, None when there is none of that key, or no longer."""
        with self._lock:
            file = self._files.get(key)
        if file is None or self._clock.now() - file.stored_at >= LIFETIME:
            return None
        return file

    def _policy(self, folder: str) -> dict[str, Any]:
        ends = self._clock.now() + timedelta(seconds=self._policy_s)
        return {
            "expiration": f"{ends.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}.000Z",
            "conditions": [
                ["content-length-range", 0, self._most_bytes],
                ["starts-with", "$key", folder],
                {"bucket": BUCKET},
                {"x-oss-object-acl": "private"},
                {"x-oss-forbid-overwrite": "true"},
            ],
        }

    def _check(self, fields: Mapping[str, str]) -> Grant:
        if fields.get("OSSAccessKeyId") != ACCESS_KEY_ID:
            raise StoreRefused(403, "InvalidAccessKeyId", "The OSS Access Key Id does not exist.")
        policy = fields.get("policy", "")
        if not hmac.compare_digest(fields.get("Signature", ""), _signed(policy)):
            raise StoreRefused(
                403, "SignatureDoesNotMatch", "The signature we calculated does not match."
            )
        told = json.loads(base64.b64decode(policy))
        if self._clock.now() >= datetime.fromisoformat(told["expiration"].replace("Z", "+00:00")):
            raise _against_policy("Policy expired.")
        folder = told["conditions"][1][2]
        for name in ("x-oss-object-acl", "x-oss-forbid-overwrite"):
            if {name: fields.get(name)} not in told["conditions"]:
                raise _against_policy(f"Policy Condition failed: {name}")
        if not fields.get("key", "").startswith(f"{folder}/"):
            raise _against_policy(f'Policy Condition failed: ["starts-with", "$key", "{folder}"]')
        return self._grants[folder]


def _fields(parts: list[Part]) -> dict[str, str]:
    names = [part.name for part in parts]
    if "file" not in names:
        raise StoreRefused(400, "IncorrectNumberOfFilesInPOSTRequest", "There is no file.")
    if names.index("file") != len(names) - 1:
        raise StoreRefused(400, "InvalidArgument", "The field 'file' must be the last one.")
    return {part.name: part.data.decode("utf-8", "replace") for part in parts[:-1]}


def _signed(policy: str) -> str:
    digest = hmac.new(_SECRET, policy.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _against_policy(what: str) -> StoreRefused:
    return StoreRefused(403, "AccessDenied", f"Invalid according to Policy: {what}")
