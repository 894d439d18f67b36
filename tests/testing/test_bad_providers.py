"""Each bad provider fails the check that is made for it, with the message that helps."""

import io
import json
import re

import attrs
import pytest
from PIL import Image

import acme_bad as bad
import acme_careless as careless
import flash_bad
from acme import AcmeProvider
from acme_emulator import emulator as acme_emulator
from flash_emulator import emulator as flash_emulator
from tryon_core import BytesSource
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed
from tryon_testing.checks.failing_jobs import FailureChecks
from tryon_testing.checks.finished import FinishedChecks
from tryon_testing.checks.look_up import LookUpChecks
from tryon_testing.checks.told import ToldChecks
from tryon_testing.checks.understood import UnderstoodChecks


def _contract(subject):
    class Contract(ProviderContract):
        provider = subject
        emulator = {"acme": acme_emulator, "flash": flash_emulator}[subject.info.id]

    return Contract()


def _thumbnail():
    buffer = io.BytesIO()
    Image.new("RGBA", (30, 40)).save(buffer, "PNG")
    return BytesSource(buffer.getvalue())


_PAUSE = "retry_after_is_heeded"
_ODD_ID = "an_odd_id_asks_for_nothing_else"
_DECLARED = "every_documented_error_comes_out_as_declared"
_ADDRESSES = "it_takes_no_addresses_that_the_vendor_cannot_read"
_HELD = "an_answer_that_takes_its_time_is_waited_for"
_JUDGE = "a_judge_of_its_own_never_raises_and_touches_nothing"
CASES = [
    (bad.NAMELESS, "it_declares_itself", "`info.name` is empty"),
    (bad.Unmarked, "its_hooks_fit", r"submit\(\) is not marked with @hookimpl"),
    (bad.Misspelt, "its_hooks_fit", "validate_input"),
    (bad.RenamedArgument, "its_hooks_fit", "task"),
    (bad.LOOSE_OPTIONS, "its_options_are_a_frozen_documented_class", r"@attrs\.frozen"),
    (bad.UNDOCUMENTED_OPTIONS, "its_options_are_a_frozen_documented_class", "no documentation"),
    (bad.DEMANDING_OPTIONS, "its_options_are_a_frozen_documented_class", "no default"),
    (bad.OPEN_KEY, "its_settings_can_be_found", "not `secret=True`"),
    (bad.HIDDEN_KEY, "its_settings_can_be_found", "give `env=`.*no `help`"),
    (bad.PLAIN_ADDRESS, "its_settings_can_be_found", "https only"),
    (bad.UNSOURCED_LIMITS, "its_limits_name_their_source", "`person_rules`.*without `source`"),
    (bad.NO_GARMENTS, "its_limits_name_their_source", "`garments` is empty"),
    (bad.NO_ERRORS, "its_errors_are_in_the_table", "`info.errors` is empty"),
    (bad.NO_REMEDY, "its_errors_are_in_the_table", "bad_image.*no remedy"),
    (bad.NO_MEANING, "its_errors_are_in_the_table", "bad_key.*no `meaning`"),
    (bad.REPEATS_WHAT_MAY_BE_BILLED, "its_errors_are_in_the_table", "busy.*retry='later'"),
    (bad.TELLS_TO_BUY_AGAIN, "its_errors_are_in_the_table", "busy.*the remedy is 'Submit the"),
    (bad.GUESSES_THAT_IT_IS_FREE, "its_errors_are_in_the_table", "503.*of a status alone"),
    (bad.AnswersNone, "validation_returns_a_list_of_problems", "returned None.*Return \\[\\]"),
    (bad.AnswersText, "validation_returns_a_list_of_problems", "list of Problem"),
    (bad.StrangeField, "validation_returns_a_list_of_problems", "'photo', which callers do not"),
    (bad.RaisesInValidation, "validation_never_raises", "raised AttributeError|raised ValueError"),
    (bad.AsksInValidation, "validation_uses_no_network", r"ctx\.http\.get\(\)"),
    (bad.OpensSockets, "validation_uses_no_network", "create_connection"),
    (bad.Remembers, "validation_is_the_same_every_time", "Keep no state"),
    (bad.RefusesAll, "validation_accepts_the_sample_requests", "override requests"),
    (bad.ODD_SIZE, "the_size_of_results_can_be_read", "size_of said 'large'"),
    (bad.UNKNOWN_SIZE, "the_size_of_results_can_be_read", "size_of raised AttributeError"),
    (bad.PROMISES_ANOTHER_SIZE, "every_sample_request_gives_images", "instead of 1024x1024"),
    (
        bad.JudgeThatRaises,
        _JUDGE,
        "raised UnusableImage",
    ),
    (
        bad.JudgeThatNeedsTheRequest,
        _JUDGE,
        "request is not known",
    ),
    (bad.JudgeThatAsks, _JUDGE, "create_connection"),
    (
        bad.JudgeThatRemembers,
        _JUDGE,
        "Keep no state",
    ),
    (
        bad.JudgeThatTalks,
        _JUDGE,
        "returned 'it is dark'",
    ),
    (bad.PaysTwice, "every_sample_request_gives_images", "2 paid requests"),
    (bad.HandsOverSomethingElse, "every_sample_request_gives_images", "is no sound image"),
    (bad.FilesOnly, "files_bytes_and_addresses_are_taken", "UrlSource"),
    (bad.SendsTheName, "files_bytes_and_addresses_are_taken", "UnicodeEncodeError"),
    (bad.WithoutUnit, "the_balance_is_read", "has no unit"),
    (bad.Sleeps, "hooks_never_sleep", r"time\.sleep\(0\.25\)"),
    (bad.NeverLost, "an_unknown_job_is_not_found", "said RUNNING"),
    (
        bad.ForgetsAState,
        "a_job_is_followed_until_it_is_final",
        "UNKNOWN .*Map every documented status",
    ),
    (bad.CannotCancel, "cancelling_stops_a_job_or_refuses", "Raise CancelRefused"),
    (bad.CroppedMask, "parsing_gives_a_region_for_each_category", "mask of the top has 30x40 px"),
    (bad.OpaqueMask, "parsing_gives_a_region_for_each_category", "is RGB, not RGBA"),
    (bad.WidthsForCorners, "parsing_gives_a_region_for_each_category", "x, y, width, height"),
    (bad.IgnoresItsTable, "every_documented_error_comes_out_as_declared", "says CreditsExhausted"),
    (bad.HidesTheCode, "every_documented_error_comes_out_as_declared", "vendor_code is None"),
    (bad.TakesRefusalsForProgress, "a_refused_poll_is_no_progress", "poll.. said RUNNING"),
    (
        bad.EndsJobsByRefusedPolls,
        "a_refused_poll_is_no_progress",
        "bad_key: .*a code that ends no job, and poll.. said FAILED.*poll_refusal",
    ),
    (bad.HasTwoTables, "a_refused_poll_is_no_progress", "no_credits: poll.. raised InputRef"),
    (bad.LACKS_A_CODE, "every_code_that_comes_has_an_entry", "'no_credits' .HTTP 402. has no"),
    (bad.KnowsAllCodes, "an_unknown_code_goes_by_its_status", "KeyError"),
    (bad.TakesRefusalsForJobs, "every_documented_error_comes_out_as_declared", "returned a job"),
    (bad.IgnoresItsTable, "a_wrong_key_is_refused_in_our_words", "AuthenticationFailed"),
    (bad.SubmitsAgain, "a_lost_answer_is_one_request_and_an_unknown_outcome", "2 paid|the job"),
    (bad.ClaimsIdempotence, "a_lost_answer_is_one_request_and_an_unknown_outcome", "2 paid"),
    (bad.CallsAnOutageFree, "a_gateway_that_gave_up_leaves_the_outcome_open", "billed='no'"),
    (bad.ParsesTwice, "a_lost_parsing_is_one_request", "2 requests"),
    (
        bad.LosesJobs,
        "a_job_is_never_lost_for_the_rest_of_the_answer",
        r"response.extra is .* the job whose id is at response.task_id was lost",
    ),
    (
        bad.LooksForACodeFirst,
        "a_job_is_never_lost_for_the_rest_of_the_answer",
        "the code 'bad_key' is beside the id, and the job whose id is at response.task_id was lost",
    ),
    (
        bad.TakesAnyStatus,
        "a_status_of_another_job_is_not_taken",
        r"response.task_id names the job 3f1d.* poll\(\) said SUCCEEDED",
    ),
    (bad.ReadsByHand, "any_wrong_value_gives_a_value_or_an_error", "task_id is .*decode"),
    (bad.MakesTextOfNothing, "any_wrong_value_gives_a_value_or_an_error", "the id 'None'"),
    (bad.InsistsOnAnAnswer, "any_body_gives_a_value_or_an_error", "2 paid requests"),
    (bad.CallsTheUnknownRunning, "an_unknown_state_is_unknown", "said RUNNING"),
    (bad.TakesPagesForTheEnd, "a_page_does_not_end_a_job", "HTTP 404.*said JobExpired"),
    (bad.TakesPagesForAnUnknownJob, "a_page_does_not_end_a_job", "HTTP 404.*said NOT_FOUND"),
    (bad.HidesTheUnknown, "an_unknown_state_is_unknown", "never said UNKNOWN"),
    (bad.FollowsRedirects, "redirects_are_refused", "followed"),
    (bad.TakesRedirectsForAnswers, "redirects_are_refused", "taken for an answer"),
    (
        bad.TrustsItsTokens,
        "addresses_in_tokens_get_no_key",
        "'status_url'.*named another origin, and the key went there",
    ),
    (bad.TrustsLocation, "addresses_in_answers_get_no_key", "Location.*the key went there"),
    (bad.KEEPS_JOBS_IN_MEMORY, "a_job_is_resumed_in_another_process", r"new_job\(data="),
    (bad.ReliesOnItsToken, "a_token_of_another_version_is_no_bug", "KeyError.*with a default"),
    (bad.TokenWithKey, "no_key_shows_in_texts_and_tokens", r"Job\.data: \['auth'\]"),
    (bad.LogsTheKey, "no_key_shows_in_logs_and_warnings", "a log record holds the key"),
    (bad.QuotesTheKey, "no_key_shows_in_errors", "holds the key"),
    (bad.EncodesTheKey, "no_key_shows_in_cassettes", "cassette.*holds the key"),
    (flash_bad.TakesPagesForImages, "a_page_is_no_image", "took it for an image.*as_artifact"),
    (
        flash_bad.KeepsImagesInTokens,
        "a_job_is_resumed_in_another_process",
        r"the token of a job has [0-9,]+ characters.*JobResult",
    ),
    (
        flash_bad.CallsOddAnswersFree,
        "any_body_gives_a_value_or_an_error",
        "billed='no' for the code 'no_image', which is none of the vendor's",
    ),
    (
        careless.WrongHeader,
        "a_first_request_is_served",
        "AuthenticationFailed.*POST /v1/tasks; headers .*x-api-key; fields kind.*HTTP 401.*bad_key",
    ),
    (
        careless.WrongHeader,
        "a_first_request_is_served",
        "compare `ProviderInfo.headers` .the name of the header, and its form",
    ),
    (
        careless.CallsEveryFileAJpeg,
        "images_are_announced_as_what_they_are",
        "a PNG was announced as image/jpeg.*Leave `media_type` away",
    ),
    (careless.ForgetsThePause, _PAUSE, "refused with HTTP 429.*RateLimited.*retry_after_s=1.0"),
    (careless.PollsAtOnce, _PAUSE, r"a poll was answered.*JobUpdate.*retry_after_s=0.0"),
    (careless.OneIdForAll, "two_jobs_have_two_ids", "'task'.*the image of somebody else"),
    (careless.MakesUpAnId, "an_empty_id_is_no_job", "response.task_id is ''.*job with the id"),
    (careless.TakesAnyText, "an_empty_id_is_no_job", "raised ValueError.*answer.no_job"),
    (
        careless.TakesAPageForAJob,
        "a_gateway_that_gave_up_leaves_the_outcome_open",
        "a gateway's page with status 200, and submit.. returned the job 'later'",
    ),
    (careless.PastesTheId, _ODD_ID, "asked for GET /v1/tryon-kit.*Quote ids"),
    (careless.PastesTheIdIntoAPath, _ODD_ID, "sent nothing.*would ask for something else"),
    (careless.OUTAGE_AS_LIMIT, _DECLARED, "500 .HTTP 500.: .* is an outage.*VendorUnavailable"),
    (careless.BillsRefusals, _DECLARED, "bad_image .HTTP 400.: .*billed is 'yes'"),
    (careless.TakesAStatusForAnother, _DECLARED, "406 .HTTP 406.: submit.. raised InputRefused"),
    (careless.PollsInSubmit, "submit_only_submits", "GET /v1/tasks/.*The core polls"),
    (careless.LosesTheJobThatItPolls, "submit_only_submits", "asked for the job"),
    (
        careless.SaysFreeAfterSuccess,
        "any_body_gives_a_value_or_an_error",
        "billed='no' for the code 'bad_image', .* or not in the answer",
    ),
    (careless.READS_OUR_FILES, _ADDRESSES, "`url_schemes` has file"),
    (careless.READS_A_STORE, _ADDRESSES, "`url_schemes` has oss.*`publish_image`"),
    (
        careless.KeepsACache,
        "nothing_is_kept_in_the_users_folders",
        r"wrote ~/.cache/acme.*declare a setting",
    ),
    (careless.Impatient, _HELD, "usually for 20 s, and submit.. waits 60 s.*read_timeout_s"),
    (careless.Timeless, _HELD, "`Capabilities.typical_job_s` is 0"),
]


@pytest.mark.parametrize(
    ("subject", "check", "message"),
    CASES,
    ids=[f"{getattr(s, '__name__', number)}-{c}" for number, (s, c, _) in enumerate(CASES)],
)
def test_a_bad_provider_is_found_out(subject, check, message, monkeypatch):
    monkeypatch.setattr(bad, "THUMBNAIL", _thumbnail())
    provider = subject() if isinstance(subject, type) else subject
    contract = _contract(provider)
    with pytest.raises(CheckFailed) as caught:
        getattr(contract, f"test_{check}")()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)


def test_a_table_of_statuses_alone_is_checked():
    _contract(careless.GoesByStatus()).test_every_documented_error_comes_out_as_declared()


def _refusal_with_a_pause(code):
    answer = acme_emulator.refuse(code)
    if answer is not None:
        answer.set_data(json.dumps({**answer.json, "retry_after": 30}))
    return answer


def test_a_pause_in_a_body_that_nobody_reads_is_told():
    contract = _contract(AcmeProvider())
    type(contract).emulator = attrs.evolve(acme_emulator, refuse=_refusal_with_a_pause)
    with pytest.raises(CheckFailed, match=r"response\.retry_after = 30 and no header.*=None. Read"):
        contract.test_retry_after_is_heeded()


def test_every_check_has_a_bad_provider():
    elsewhere = (FinishedChecks, LookUpChecks, FailureChecks, ToldChecks, UnderstoodChecks)
    names = {*dir(ProviderContract)}.difference(*map(vars, elsewhere))
    checks = {name.removeprefix("test_") for name in names if "test_" in name[:5]}
    assert checks - {check for _, check, _ in CASES} == {"importing_it_does_no_work"}


def test_a_module_that_works_at_import_is_found_out(tmp_path, monkeypatch):
    (tmp_path / "busy_plugin.py").write_text(
        "import socket, threading, requests\n"
        "from acme import AcmeProvider\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "socket.getaddrinfo('localhost', 80)\n"
        f"open({str(tmp_path / 'cache')!r}, 'w').close()\n"
        "class Busy(AcmeProvider):\n    pass\n"
        "provider = Busy()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import busy_plugin

    with pytest.raises(CheckFailed) as caught:
        _contract(busy_plugin.provider).test_importing_it_does_no_work()
    for deed in ("socket.getaddrinfo", "open(", "starts 1 threads", "imports requests"):
        assert deed in str(caught.value)


def test_a_module_that_ends_the_process_is_found_out(tmp_path, monkeypatch):
    (tmp_path / "ending_plugin.py").write_text(
        "import os\nfrom acme import AcmeProvider\n"
        "if 'WORKER' in os.environ:\n    raise SystemExit(3)\n"
        "class Ending(AcmeProvider):\n    pass\n"
        "provider = Ending()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import ending_plugin

    monkeypatch.setenv("WORKER", "1")
    with pytest.raises(CheckFailed, match="ends the process with 3"):
        _contract(ending_plugin.provider).test_importing_it_does_no_work()
