"""How the emulator behaves where the vendor's documents are silent or disagree."""

from typing import Literal

import attrs

Place = Literal["submit", "task"]


@attrs.frozen(kw_only=True)
class Knobs:
    """One knob for each such point; the defaults are what seems most likely.

    Attributes:
        worn: what parsing finds on every photo: `top`, `bottom`, `dress`, separated by commas.
        people: how many people are seen on every photo.
        task_failure: code with which every task fails, empty for success.
        field_errors: where wrong fields are refused: the call, or the accepted task.
        image_errors: where images are refused that cannot be read or have wrong sizes.
        unknown_fields: what becomes of fields that no document names, such as the `prompt` that the
            vendor's own client sends.
        parameters: whether the body must have `parameters`.
        resolutions: whether other numbers than -1, 1024 and 1280 are taken, as the longer side.
        formats: which images are read: those of the vendor's tables (with HEIC), those of its
            error text (with WEBP), or both.
        kilobyte: bytes in a KB of the limits of 5 KB and 5 MB.
        sides: whether images of exactly 150 and 4096 px are within the limits.
        clothes_lists: whether parsing takes other lists than the four documented ones.
        refine_without_top: whether the refiner takes a bottom alone.
        waiting: what becomes of a sixth task: it waits, or the call is refused with 429.
        retry_after_s: seconds that a 429 asks for, None for no such header.
        states: whether tasks show the two states with hyphens (`long`), not (`short`), or the
            undescribed `SUSPENDED` instead of them.
        lag: polls after a submission that find no task yet.
        list_zone: the zone of the times in the query of a list.
        foreign_polls: polls of each task that are answered with the state of another one.
        cancel_unknown: what the cancellation of an unknown task is refused with.
        failed_times: whether failed tasks tell their times.
        code_beside: what is sent as `code` and `message` beside an answer that refuses nothing.
        image_url: whether the address of the result is a text or a list with one.
        result_format: file format of results.
        mask_size: whether the mask of a parsing is as large as the photo, or as the box.
        box: whether the boxes of a parsing lie in the photo, leave it at two sides, lie outside of
            it, or end before they begin.
        none: how lists of a parsing show what is not worn: as `null`, or as the text `None`; the
            vendor's page names both.
        crop_ground: whether a parsing's crop keeps what is behind the garment.
        parse_errors: whether parsing tells errors at the top, or inside `output` as an older page.
        oss_error: code for an `oss://` address that may not be read.
        store: whether the store of temporary files refuses a second file of the same name.
        file_mb: largest file, in MB, that the store takes.
        policy_s: seconds for which an upload policy is good.
        missing_key: the answer to a call without a key.
        unknown_path: code for an address that does not exist.
        workspace: id of the only workspace, empty to take any.
        second_key: a key of another account.
    """

    worn: str = "top,bottom"
    people: int = 1
    task_failure: str = ""
    field_errors: Place = "submit"
    image_errors: Place = "task"
    unknown_fields: Literal["ignore", "refuse"] = "ignore"
    parameters: Literal["optional", "required"] = "optional"
    resolutions: Literal["documented", "any"] = "documented"
    formats: Literal["both", "tables", "error_text"] = "both"
    kilobyte: Literal[1024, 1000] = 1024
    sides: Literal["inclusive", "exclusive"] = "inclusive"
    clothes_lists: Literal["documented", "any"] = "documented"
    refine_without_top: Literal["refuse", "accept"] = "refuse"
    waiting: Literal["queue", "refuse"] = "queue"
    retry_after_s: int | None = None
    states: Literal["long", "short", "suspended"] = "long"
    lag: int = 0
    list_zone: Literal["beijing", "utc"] = "beijing"
    foreign_polls: int = 0
    cancel_unknown: Literal["UnsupportedOperation", "NotFound"] = "UnsupportedOperation"
    failed_times: bool = False
    code_beside: Literal["nothing", "200", "Success"] = "nothing"
    image_url: Literal["text", "list"] = "text"
    result_format: Literal["JPEG", "PNG"] = "JPEG"
    mask_size: Literal["photo", "box"] = "photo"
    box: Literal["inside", "leaving", "outside", "reversed"] = "inside"
    none: Literal["null", "None"] = "null"
    crop_ground: Literal["kept", "white"] = "kept"
    parse_errors: Literal["flat", "nested"] = "flat"
    oss_error: Literal["InvalidParameter.DataInspection", "invalid_parameter_error"] = (
        "InvalidParameter.DataInspection"
    )
    store: Literal["refuse", "overwrite"] = "refuse"
    file_mb: int = 1024
    policy_s: int = 23 * 60
    missing_key: Literal["No API-key provided.", "Invalid API-key provided."] = (
        "No API-key provided."
    )
    unknown_path: Literal["NotFound", "InvalidParameter"] = "NotFound"
    workspace: str = ""
    second_key: str = "sk-emulated-other-account"
