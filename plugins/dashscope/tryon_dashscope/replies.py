"""What the service answers; unknown further fields are ignored."""

from typing import Any

import attrs

from tryon_core import make_converter

CONVERTER = make_converter()
ABSENT = object()
"""Stands for a field that an answer does not have."""


@attrs.frozen
class TaskOutput:
    """Where a task stands.

    One page of the vendor calls `image_url` a list, all samples show a text. A paid result must not
    be lost for the sake of fields that decide nothing, so that anything is taken for those.
    """

    task_status: str
    image_url: Any = None
    task_id: Any = None
    code: Any = None
    message: Any = None
    end_time: Any = None


@attrs.frozen
class Task:
    """The answer to a status question."""

    output: TaskOutput
    usage: Any = None


@attrs.frozen
class Cancelled:
    """The answer to a cancellation: nothing but the id of the call."""


@attrs.frozen
class ParsedClothes:
    """Three lists in the order in which the kinds of clothes were asked for; each entry may be odd.

    None stands for a list in which nothing was found, `ABSENT` for a list that is not there.
    """

    parsing_img_url: Any = ABSENT
    crop_img_url: Any = ABSENT
    bbox: Any = ABSENT


@attrs.frozen
class Parsed:
    """The answer to a parsing."""

    output: ParsedClothes


@attrs.frozen
class UploadPolicy:
    """What the store of temporary files wants to see in a form."""

    policy: str
    signature: str
    upload_dir: str = attrs.field(validator=attrs.validators.min_len(1))
    upload_host: str
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str | bool


@attrs.frozen
class UploadGrant:
    """The answer to the question for an upload policy."""

    data: UploadPolicy
