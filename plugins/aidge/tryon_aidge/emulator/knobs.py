"""How the emulated service behaves where AIDGE's documents leave it open."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Knobs:
    """Each default is what the documents show, or the most likely reading of them.

    Attributes:
        result_encoding: whether `data.result` of an accepted submission is JSON in a text, as in
            the documented sample, or an object, as the vendor's programs expect.
        result_shape: `A` has an `imageList` in each sub-task, `B` nested texts with `structData`.
        verdict_types: whether `resCode` and `success` are texts, or a number and a boolean.
        gateway_fields: whether answers have `code` and `request_id`; the vendor's table of the
            answer has neither.
        business_code: whether `code` is `0` beside an error of the service, or equals `resCode`.
        gateway_status: HTTP status of the gateway's errors.
        submit_field: the field in which a task may come.
        submit_object: whether a task may come without a list around it.
        most_tasks: longest list of tasks.
        query_field: the field in which the id of a task may come.
        timestamp_window_s: seconds by which the time in a signature may differ.
        hybrid_signature: whether a v2 query may have a signature of the IOP kind.
        bare_rest: whether `/rest` alone is served, with the path in the field `method`.
        submissions_per_minute: submissions allowed in 60 seconds, for each key.
        queries_per_minute: polls allowed in 60 seconds, 0 for any number.
        min_side_px: shortest side of a garment image.
        max_side_px: longest side of a garment image; a later page of the vendor says 6500.
        flat_lay: whether garment images pass the check that `inputQualityDetect` asks for.
        model_names: names of the model library, separated by commas; empty for any.
        own_photos_only: whether `model` is refused, as a later page suggests.
        photo_images: whether own photos give one image each, or `generateCount` images each.
        image_faults: whether unusable garment images are refused, or fail the task.
        parts: whether a task is one sub-task, or one for each image.
        failing_parts: sub-tasks of each task that fail.
        odd_part: what comes first among the sub-tasks, beside the sound ones: nothing, `null`, a
            `text`, one still `running` while its task is finished, or one whose image has
            `no_address`.
        foreign_polls: polls of each task that are answered with the state of another one.
        failing_code: code with which every task fails, empty for none.
        failure_place: where a failed task says why.
        paid_calls: calls that the account has bought.
        trial_calls: free calls of the account.
        result_lifetime_s: seconds until the address of a result answers 403.
    """

    result_encoding: Literal["string", "object"] = "string"
    result_shape: Literal["A", "B"] = "A"
    verdict_types: Literal["text", "native"] = "text"
    gateway_fields: bool = True
    business_code: Literal["zero", "res_code"] = "zero"
    gateway_status: int = 200
    submit_field: Literal["any", "paramJson", "requestParams"] = "any"
    submit_object: bool = True
    most_tasks: int = 1
    query_field: Literal["any", "task_id", "taskId"] = "any"
    timestamp_window_s: float = 7200.0
    hybrid_signature: bool = False
    bare_rest: bool = True
    submissions_per_minute: int = 3
    queries_per_minute: int = 0
    min_side_px: int = 150
    max_side_px: int = 3000
    flat_lay: bool = True
    model_names: str = ""
    own_photos_only: bool = False
    photo_images: Literal["one", "count"] = "one"
    image_faults: Literal["submit", "task"] = "submit"
    parts: Literal["task", "image"] = "task"
    failing_parts: int = 0
    odd_part: Literal["", "null", "text", "running", "no_address"] = ""
    foreign_polls: int = 0
    failing_code: str = ""
    failure_place: Literal["resMessage", "sub_task"] = "resMessage"
    paid_calls: int = 1000
    trial_calls: int = 100
    result_lifetime_s: float = 1e9
