"""Files of documented exchanges are read strictly, and every problem is told at once."""

import json
import subprocess
import sys

import pytest

from tryon_core.errors import InputError
from tryon_testing.exchanges import placeholders, read_exchanges
from tryon_testing.exchanges.entries import finished

GOOD = """
- operation: submit
  source: https://acme.example/docs/run
  request:
    path: https://api.acme.example/v1/run?tier=$tier
    headers: {Authorization: Bearer $api_key}
    json: {person: $person, garment: $garment, kind: {$category: {top: tops}}}
  answer: {json: {id: $id}}
- operation: poll
  source: https://acme.example/docs/status
  request: {path: /v1/status/$id}
  answer: {json: {status: $state, at: 2026-01-02}}
  states: [queued, working]
- operation: poll
  source: https://acme.example/docs/status
  answer: {json: {status: done, images: [$image]}}
- operation: submit
  source: https://acme.example/docs/errors
  answer: {status: 402, json: {code: $code}}
  refuses: [no_money, 1001]
"""
SUBMIT = {
    "operation": "submit",
    "source": "https://acme.example/docs",
    "request": {"path": "/run", "json": {"person": "$person"}},
    "answer": {"json": {"id": "$id", "image": "$image"}},
}
POLL = {
    "operation": "poll",
    "source": "https://acme.example/docs",
    "request": {"path": "/status/$id"},
    "answer": {"json": {"image": "$image"}},
}
ONLY_ID = {**SUBMIT, "answer": {"json": {"id": "$id"}}}
FINISHED = {**POLL, "answer": {"json": {"status": "done", "url": "$image"}}}
BROKEN = {**POLL, "answer": {"json": {"status": "failed"}}}
CODED_STATE = {**POLL, "answer": {"json": {"status": "$code"}}, "fails": "failed"}


@pytest.fixture
def problems(tmp_path):
    def read(entries, name="exchanges.json"):
        path = tmp_path / name
        path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
        with pytest.raises(InputError) as caught:
            read_exchanges(path)
        return str(caught.value)

    return read


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "exchanges.yaml"
    path.write_text(GOOD)
    return read_exchanges(path)


def test_a_request_is_a_method_a_path_and_a_query(good):
    submit, poll = good[0].request, good[1].request
    assert (submit.method, submit.route, submit.query) == ("POST", "/v1/run", {"tier": "$tier"})
    assert (poll.method, poll.route) == ("GET", "/v1/status/$id")


def test_an_entry_without_request_has_that_of_its_operation_above(good):
    assert good[2].request == good[1].request
    assert good[3].request == good[0].request


def test_codes_are_one_or_several_and_keep_their_type(good):
    assert good[3].refusals == ("no_money", 1001)
    assert good[0].refusals == ()


def test_codes_may_have_statuses_of_their_own(tmp_path):
    path = tmp_path / "exchanges.json"
    refusal = {**SUBMIT, "answer": {"json": "$code"}, "refuses": {"no_money": 402, "slow": 429}}
    path.write_text(json.dumps([SUBMIT, refusal]))
    told = [(code, answer.status) for code, answer in read_exchanges(path)[1].refused]
    assert told == [("no_money", 402), ("slow", 429)]


def test_a_refusal_may_have_nothing_but_its_status(tmp_path):
    path = tmp_path / "exchanges.yaml"
    path.write_text(
        GOOD.replace("{status: 402, json: {code: $code}}", "{}").replace(
            "refuses: [no_money, 1001]", "refuses: {401: 401, 402: 402}"
        )
    )
    told = [(code, answer.status) for code, answer in read_exchanges(path)[3].refused]
    assert told == [(401, 401), (402, 402)]


def test_a_date_in_yaml_stays_text(good):
    assert good[1].answer.json["at"] == "2026-01-02"


def test_placeholders_are_found_at_any_depth(good):
    assert good[0].names == ("tier", "api_key", "person", "garment", "category")
    assert placeholders({"a": ["$x", {"$y": "${z}m $x"}], "b": 1}) == ("x", "y", "z")


def test_json_reads_like_yaml(tmp_path):
    for name in ("exchanges.json", "exchanges.yaml"):
        (tmp_path / name).write_text(json.dumps([SUBMIT, POLL]))
    assert read_exchanges(tmp_path / "exchanges.json") == read_exchanges(
        tmp_path / "exchanges.yaml"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"surce": "x"}, "entry 2: unknown keys (surce)"),
        ({"source": "a page"}, "entry 2: expected an address of http or https, got 'a page' @ sou"),
        ({"source": None}, "entry 2: expected a text that is not empty, got nothing @ s"),
        ({"request": {"path": "/s/$id", "hedders": {}}}, "entry 2: unknown keys (hedders) @ reque"),
        ({"request": {"path": 7}}, "entry 2: expected text, got whole number @ request.path"),
        ({"request": {"path": "/s/$id", "images": ["file"]}}, "got 'file' @ request.images[0]"),
        ({"request": {"path": "status/$id"}}, "begin with / or https://"),
        ({"request": {"path": "/status"}}, "has no $id, so that nobody knows which job"),
        ({"request": {"path": "/s/$id", "json": {}, "form": {}}}, "request has json and form"),
        ({"answer": {"status": "200"}}, "entry 2: expected whole number, got text @ answer.status"),
        ({"answer": {"status": 999}}, "the status 999 of the answer is no HTTP status"),
        ({"answer": {"json": {}, "text": "x"}}, "answer has json and text"),
        ({"operation": "Poll"}, "operation is 'Poll': use small letters"),
        ({"states": ["a"]}, "states and $state in the answer go together"),
        ({"answer": {"json": "$code"}}, "$code in the answer needs fails or refuses"),
        ({"fails": ["a", "b"]}, "several codes need $code in the answer"),
        ({"operation": "balance", "fails": "a"}, "states, fails and cancelled belong to entries"),
        ({"states": []}, "states is empty: name the words for a job on its way"),
        ({"states": {"a": 1}}, "entry 2: expected list, got keys with values @ states"),
        ({"fails": ""}, "fails is empty: name the code of the failed job; where failed jobs have"),
        ({"fails": []}, "fails is empty"),
        ({"fails": None}, "fails is empty"),
        ({"fails": ["a", " "]}, "fails is empty"),
        ({"fails": 1.5}, "expected true or false or text or whole number or list, got 1.5 @ fails"),
        ({"refuses": {}}, "refuses is empty: name the code of the refusal; where it has none"),
        ({"refuses": "x"}, "the code 'x' is not in the answer: write $code where it stands; where"),
        ({"fails": "x"}, "not in the answer: write $code where it stands; where failed jobs have"),
        ({"operation": "polls"}, "operation is 'polls': did you mean poll?"),
    ],
)
def test_a_problem_is_named_with_entry_and_place(problems, change, told):
    text = problems([SUBMIT, {**POLL, **change}])
    assert told in text
    assert text.startswith("exchanges.json, entry 2: ")


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"operation": "submit"}, "expected a list of entries, got keys with values"),
        ([], "expected a list of entries"),
        ([{**POLL, "request": None}], "request is missing, and no entry above has one for 'poll'"),
        ([POLL], "none has the operation submit"),
        (
            [SUBMIT, {**POLL, "operation": "status", "request": None}],
            "'status'. Operations are sub",
        ),
        (
            [SUBMIT, {**POLL, "answer": {"json": {"u": "$imgae"}}}],
            "$imgae in the answer is no plac",
        ),
        ([ONLY_ID, {**POLL, "operation": "status", "answer": {}}], "submit and poll has $image"),
        (
            [SUBMIT, FINISHED, {**POLL, "answer": {"json": {"status": "new"}}}],
            "entry 3: it has no i",
        ),
        ([SUBMIT, FINISHED, BROKEN], "entry 3: 'failed' seems to be the state of a failed job"),
        ([SUBMIT, BROKEN, FINISHED], "entry 2: 'failed' seems to be the state of a failed job"),
        ([SUBMIT, FINISHED, {**BROKEN, "fails": "failed"}], "A state is no code: write the word"),
        ([SUBMIT, FINISHED, CODED_STATE], "the code 'failed' stands where other polls have the st"),
        ([{**SUBMIT, "answer": {"json": {"ok": True}}}], "has neither $id, for the job's id, nor"),
        ([{**SUBMIT, "answer": {"json": {"id": "$id"}}}], "none of the operations submit and poll"),
        ([SUBMIT, {**POLL, "request": {"path": "/run?x=$id", "method": "POST"}}], "two operations"),
        (
            [SUBMIT, {**POLL, "answer": {"json": "$state"}, "states": ["a"]}],
            "GET /status/$id: no poll entry shows the finished job, which has no states",
        ),
    ],
)
def test_a_problem_of_the_whole_file_is_told(problems, entries, told):
    assert told in problems(entries)


def test_all_problems_are_told_at_once(problems):
    text = problems([{**SUBMIT, "source": 1, "x": 2}, {**POLL, "answer": {"status": 1}}])
    assert text.count("entry 1") == 2
    assert text.count("entry 2") == 1
    assert '"Test a provider" (https://' in text


def test_what_only_follows_from_another_problem_is_not_told(problems):
    broken = {**POLL, "states": 1.5}
    text = problems([SUBMIT, broken, {**POLL, "request": None}])
    assert "entry 2" in text
    assert "entry 3" not in text


def test_what_may_be_a_list_may_be_its_only_value(tmp_path):
    path = tmp_path / "exchanges.json"
    waiting = {**POLL, "states": "new", "answer": {"json": "$state"}}
    waiting["request"] = {"path": "/status/$id", "images": "url"}
    path.write_text(json.dumps([SUBMIT, waiting, FINISHED]))
    entry = read_exchanges(path)[1]
    assert (entry.states, entry.request.images) == (("new",), ("url",))


def test_a_failed_job_may_have_no_code(tmp_path):
    path = tmp_path / "exchanges.json"
    path.write_text(json.dumps([SUBMIT, FINISHED, {**BROKEN, "fails": True}]))
    entry = read_exchanges(path)[2]
    assert (entry.is_failed, entry.failures, entry.is_special) == (True, (), True)


def test_every_poll_with_an_image_shows_a_finished_job(tmp_path):
    path = tmp_path / "exchanges.json"
    inline = {**POLL, "answer": {"json": {"status": "done", "data": "$image_base64"}}}
    preview = {**POLL, "states": "half", "answer": {"json": {"status": "$state", "url": "$image"}}}
    path.write_text(json.dumps([SUBMIT, preview, FINISHED, inline]))
    assert [entry.answer.names for entry in finished(read_exchanges(path)[1:])] == [
        ("image",),
        ("image_base64",),
    ]


def test_a_key_that_is_there_twice_is_told(problems):
    assert "the key 'a' is there twice" in problems('[{"a": 1, "a": 2}]')
    twice = "- operation: submit\n  answer: {}\n  operation: poll\n"
    assert "'operation' is there twice behind line 1" in problems(twice, "exchanges.yaml")


def test_a_file_that_cannot_be_read_is_told(tmp_path, problems):
    assert "line 2 is no YAML" in problems("- a\n- [b?", "exchanges.yaml")
    assert "Expecting value" in problems("[", "exchanges.json")
    with pytest.raises(InputError, match="No such file"):
        read_exchanges(tmp_path / "absent.yaml")


def test_a_file_that_was_changed_is_read_again(tmp_path):
    path = tmp_path / "exchanges.json"
    path.write_text(json.dumps([SUBMIT]))
    assert len(read_exchanges(path)) == 1
    path.write_text(json.dumps([SUBMIT, POLL]))
    assert len(read_exchanges(path)) == 2


def test_json_needs_no_yaml(tmp_path):
    path = tmp_path / "exchanges.json"
    path.write_text(json.dumps([SUBMIT, POLL]))
    code = (
        "import pathlib, sys; sys.modules['yaml'] = None\n"
        "from tryon_testing.exchanges import read_exchanges\n"
        f"print(len(read_exchanges(pathlib.Path({str(path)!r}))))\n"
        f"read_exchanges(pathlib.Path({str(path.with_suffix('.yaml'))!r}))\n"
    )
    path.with_suffix(".yaml").write_text("[]")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "2\n"
    assert "need PyYAML" in done.stderr
    assert "write JSON" in done.stderr
