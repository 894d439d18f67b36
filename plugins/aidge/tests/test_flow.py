"""From images to result: the client, the plugin and the emulated service."""

import logging

import pytest

from tryon_core import Job, JobState, LibraryModel, UrlSource, errors, hookimpl

CANARY = "c4n4ry-0bv10usly-f4ke-s3cret"


class Shelf:
    """Publishes local images at the emulator, as a bucket would."""

    def __init__(self, running):
        self.running = running
        self.count = 0

    @hookimpl
    def publish_image(self, image, ctx):
        if isinstance(image, UrlSource):
            return image
        self.count += 1
        data = image.data if hasattr(image, "data") else image.path.read_bytes()
        return UrlSource(self.running.ctx.publish(data))


def _connected(connect, running, **more):
    return connect(running.base_url, **more)


def _served(connect, emulate, **knobs):
    running = emulate(**knobs)
    return running, _connected(connect, running)


@pytest.mark.parametrize(
    "names", [("top",), ("bottom",), ("dress",), ("top", "bottom")], ids="+".join
)
def test_every_combination_of_garments_gives_an_image(connect, emulate, show, names):
    running, client = _served(connect, emulate)
    garments = {name: show(running, colour="red") for name in names}
    states = []
    result = client.try_on(
        show(running), **garments, on_update=lambda update: states.append(update.vendor_status)
    )
    assert len(result.images) == 1
    assert result.images[0].data.startswith(b"\x89PNG")
    assert result.notices == ()
    assert states[-1] == "finished"
    assert set(states) <= {"submitted", "running", "finished"}
    assert list(running.ctx.billed.values()) == [1]


def test_a_task_is_submitted_then_runs_then_is_finished(connect, emulate, show, clock):
    running, client = _served(connect, emulate, job_s=10)
    job = client.submit(LibraryModel(), top=show(running))
    states = []
    for _ in range(3):
        states.append(client.poll(job).state)
        clock.advance(5)
    assert states == [JobState.PENDING, JobState.RUNNING, JobState.SUCCEEDED]


@pytest.mark.parametrize(
    "knobs",
    [
        {"result_encoding": "object"},
        {"result_shape": "B"},
        {"verdict_types": "native"},
        {"parts": "image"},
        {"result_shape": "B", "parts": "image", "verdict_types": "native"},
    ],
    ids=str,
)
def test_every_reading_of_the_documents_is_understood(connect, emulate, show, knobs):
    running, client = _served(connect, emulate, **knobs)
    options = {"generate_count": 3, "view_type": "mixed"}
    result = client.try_on(LibraryModel(), dress=show(running), options=options)
    assert len(result.images) == 3
    assert result.notices == ()


@pytest.mark.parametrize(
    ("settings", "knobs"),
    [
        ({"signing": "iop"}, {}),
        ({"submit_field": "requestParams"}, {"submit_field": "requestParams"}),
        ({"submit_shape": "object"}, {}),
        ({"query_field": "taskId"}, {"query_field": "taskId"}),
        ({"signing": "iop", "submit_field": "requestParams", "query_field": "taskId"}, {}),
        ({}, {"submit_field": "paramJson", "query_field": "task_id", "submit_object": False}),
    ],
    ids=str,
)
def test_every_form_that_can_be_sent_is_accepted(connect, emulate, show, settings, knobs):
    running = emulate(**knobs)
    client = _connected(connect, running, **settings)
    assert len(client.try_on(show(running), top=show(running)).images) == 1


@pytest.mark.parametrize(
    ("settings", "knobs"),
    [
        ({"submit_field": "requestParams"}, {"submit_field": "paramJson"}),
        ({"submit_shape": "object"}, {"submit_object": False}),
    ],
    ids=str,
)
def test_a_form_that_is_not_taken_names_the_settings(connect, emulate, show, settings, knobs):
    running = emulate(**knobs)
    with pytest.raises(errors.InputRefused, match="submit_field=requestParams") as caught:
        _connected(connect, running, **settings).submit(show(running), top=show(running))
    assert caught.value.vendor_code == "700"


def test_eight_photos_give_eight_images(connect, emulate, show):
    running, client = _served(connect, emulate)
    photos = [show(running, colour=(index, 0, 0)) for index in range(8)]
    result = client.try_on(photos[0], top=show(running), options={"more_photos": photos[1:]})
    assert len(result.images) == 8


@pytest.mark.parametrize(
    "model",
    [
        LibraryModel(),
        LibraryModel(name="James"),
        LibraryModel(gender="male", style="universal_2", age="youngadult", body="curvy"),
    ],
    ids=str,
)
@pytest.mark.parametrize("count", [1, 8])
def test_a_library_model_gives_as_many_images_as_asked(connect, emulate, show, model, count):
    running, client = _served(connect, emulate, model_names="James, Ariel")
    result = client.try_on(model, top=show(running), options={"generate_count": count})
    assert len(result.images) == count


def test_a_model_that_is_not_in_the_library_is_refused(connect, emulate, show):
    running, client = _served(connect, emulate, model_names="James")
    with pytest.raises(errors.InputRefused, match=r"model\.name"):
        client.submit(LibraryModel(name="Nobody"), top=show(running))


def test_paths_and_bytes_go_the_way_of_an_extension(connect, emulate, image, tmp_path):
    running = emulate()
    shelf = Shelf(running)
    client = _connected(connect, running, extensions=[shelf])
    path = tmp_path / "person.jpg"
    path.write_bytes(image(kind="JPEG"))
    result = client.try_on(
        path, top=image(kind="WEBP"), bottom=image(kind="BMP"), options={"more_photos": path}
    )
    assert len(result.images) == 2
    assert shelf.count == 4


def test_a_garment_that_is_too_large_is_made_to_fit(connect, emulate, image, show):
    running = emulate()
    client = _connected(connect, running, extensions=[Shelf(running)])
    result = client.try_on(show(running), top=image((3200, 400)), fit=True)
    assert len(result.images) == 1


@pytest.mark.parametrize("shape", ["A", "B"])
def test_a_failed_sub_task_leaves_the_other_images(connect, emulate, show, shape):
    running, client = _served(connect, emulate, parts="image", failing_parts=1, result_shape=shape)
    options = {"generate_count": 3}
    result = client.try_on(LibraryModel(), top=show(running), options=options)
    assert len(result.images) == 2
    (notice,) = result.notices
    assert "1 of 3 images are missing" in notice.message


@pytest.mark.parametrize("shape", ["A", "B"])
def test_a_task_of_which_all_parts_failed_has_failed(connect, emulate, show, shape):
    running, client = _served(connect, emulate, failing_parts=1, result_shape=shape)
    with pytest.raises(errors.JobFailed, match="model failed") as caught:
        client.try_on(show(running), top=show(running))
    assert caught.value.vendor_code == "801"


@pytest.mark.parametrize("code", ["701", "703", "707", "801", "1000", "1001", "1002", "999"])
@pytest.mark.parametrize("place", ["resMessage", "sub_task"])
def test_every_code_of_a_failed_task(connect, emulate, show, code, place):
    running, client = _served(connect, emulate, failing_code=code, failure_place=place)
    with pytest.raises(errors.JobFailed) as caught:
        client.try_on(show(running), top=show(running))
    assert caught.value.billed == "unknown"
    assert caught.value.vendor_code == (code if place == "resMessage" else "failed")
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("options", "size", "knobs", "code"),
    [
        ({}, (149, 300), {}, "703"),
        ({}, (300, 3001), {}, "703"),
        ({"input_quality_detect": True}, (300, 300), {"flat_lay": False}, "707"),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["submit", "task"])
def test_unusable_garments_are_refused_at_once_or_later(
    connect, emulate, show, *, options, size, knobs, code, place
):
    running, client = _served(connect, emulate, image_faults=place, **knobs)
    kind = errors.InputRefused if place == "submit" else errors.JobFailed
    with pytest.raises(kind) as caught:
        client.try_on(show(running), top=show(running, size), options=options)
    assert (caught.value.vendor_code, caught.value.fault) == (code, "input")


def test_a_later_page_allows_larger_garments(connect, emulate, show):
    running, client = _served(connect, emulate, max_side_px=6500)
    assert client.try_on(show(running), top=show(running, (160, 3400))).images


@pytest.mark.parametrize("address", ["{base}/nothing.png", "https://shop.example/a.png", "text"])
def test_a_garment_that_cannot_be_fetched_is_refused(connect, emulate, show, address):
    running, client = _served(connect, emulate)
    top = running.ctx.publish(b"text") if address == "text" else address
    with pytest.raises(errors.InputRefused) as caught:
        client.submit(show(running), top=top.format(base=running.base_url))
    assert caught.value.vendor_code == "701"
    assert "without login" in caught.value.remedy


def test_a_photo_that_cannot_be_fetched_is_refused_by_name(connect, emulate, show):
    running, client = _served(connect, emulate)
    with pytest.raises(errors.InputRefused, match=r"modelImage\[1\]"):
        client.submit(
            show(running),
            top=show(running),
            options={"more_photos": f"{running.base_url}/nothing.png"},
        )


def test_a_quality_check_that_passes_changes_nothing(connect, emulate, show):
    running, client = _served(connect, emulate)
    options = {"input_quality_detect": True, "view_type": "halfbody"}
    assert client.try_on(show(running), top=show(running), options=options).images


def test_a_fourth_submission_within_a_minute_waits_for_its_turn(connect, emulate, show, clock):
    running, client = _served(connect, emulate)
    person, top = show(running), show(running)
    jobs = [client.submit(person, top=top) for _ in range(4)]
    assert len({job.id for job in jobs}) == 4
    assert clock.sleeps == [pytest.approx(60.0, abs=0.01)]
    assert running.log.count("submit") == 4


def test_status_questions_may_have_a_limit_too(connect, emulate, show):
    running, client = _served(connect, emulate, queries_per_minute=2, job_s=100)
    assert client.try_on(show(running), top=show(running)).images


def test_a_lost_answer_is_one_request(connect, emulate, show):
    running = emulate("submit:drop")
    client = _connected(connect, running)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.try_on(show(running), top=show(running))
    assert running.log.count("submit") == 1
    assert len(running.ctx.jobs.all()) == 1
    assert caught.value.fingerprint


@pytest.mark.parametrize("kind", ["html", "cut", "500", "900", "1001"])
def test_a_fault_of_a_submission_is_one_request_and_names_what_is_open(
    connect, emulate, show, kind
):
    running = emulate(f"submit:{kind}")
    client = _connected(connect, running)
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(show(running), top=show(running))
    assert running.log.count("submit") == 1
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")


def test_the_task_of_a_broken_answer_is_waited_for(connect, emulate, show):
    running = emulate("submit:truncated")
    assert _connected(connect, running).try_on(show(running), top=show(running)).images
    assert running.log.count("submit") == 1


@pytest.mark.parametrize("kind", ["html*2", "drop*2", "truncated*0", "500*3", "501*2", "slow=3*1"])
def test_faults_of_questions_pass(connect, emulate, show, kind):
    running = emulate(f"poll:{kind}")
    assert _connected(connect, running).try_on(show(running), top=show(running)).images


def test_the_vendors_words_come_with_a_gateway_fault(connect, emulate, show):
    running = emulate("submit:NoResource*1", "submit:IllegalTimestamp*1", "submit:418*1")
    client = _connected(connect, running)
    person, top = show(running), show(running)
    for kind in (errors.CreditsExhausted, errors.AuthenticationFailed, errors.UnexpectedResponse):
        with pytest.raises(kind):
            client.submit(person, top=top)


def test_a_job_goes_on_from_its_token(connect, emulate, show):
    running, client = _served(connect, emulate)
    token = client.submit(show(running), top=show(running)).to_token()
    assert connect(running.base_url, signing="iop").resume(token).images
    assert Job.from_token(token).data == {"expected_images": "1"}


def test_the_refusal_of_a_poll_is_no_verdict_on_the_task(connect, emulate, show):
    running, client = _served(connect, emulate)
    job = client.submit(show(running), top=show(running))
    other = _connected(connect, emulate())
    with pytest.raises(errors.InputRefused, match="task_id is unknown") as caught:
        other.poll(job)
    assert caught.value.retry == "later"


@pytest.mark.parametrize("field", ["task_id", "taskId"])
def test_a_service_that_takes_the_other_name_of_the_id_is_understood(connect, emulate, show, field):
    running, client = _served(connect, emulate, query_field=field)
    assert client.try_on(show(running), top=show(running)).images


@pytest.mark.parametrize(
    "knobs", [{}, {"result_encoding": "object", "verdict_types": "native"}], ids=str
)
def test_answers_without_the_fields_of_the_gateway_are_understood(connect, emulate, show, knobs):
    running, client = _served(connect, emulate, gateway_fields=False, **knobs)
    assert client.try_on(show(running), top=show(running)).images


@pytest.mark.parametrize("shape", ["A", "B"])
@pytest.mark.parametrize("odd", ["null", "text", "running", "no_address"])
def test_an_odd_sub_task_leaves_the_other_images(connect, emulate, show, shape, odd):
    running, client = _served(connect, emulate, odd_part=odd, result_shape=shape)
    result = client.try_on(LibraryModel(), top=show(running), timeout_s=None)
    assert len(result.images) == 1
    assert [notice.code for notice in result.notices] == ["images_missing"]


def test_a_status_of_another_task_is_not_taken(connect, emulate, show, clock):
    running, client = _served(connect, emulate, foreign_polls=1)
    job = client.submit(show(running), top=show(running))
    clock.advance(60)
    with pytest.raises(errors.UnexpectedResponse, match="speaks of"):
        client.poll(job)
    assert client.poll(job).result


def test_a_task_is_not_judged_by_another_service(connect, emulate, show):
    running, client = _served(connect, emulate)
    job = client.submit(show(running), top=show(running))
    other = _connected(connect, emulate())
    with pytest.raises(errors.SettingsError, match="was asked") as caught:
        other.wait(job)
    assert caught.value.job == job
    assert client.wait(job).images


def test_a_result_whose_address_died_can_be_fetched_no_more(connect, emulate, show, clock):
    running, client = _served(connect, emulate, result_lifetime_s=60)
    job = client.submit(show(running), top=show(running))
    clock.advance(30)
    assert client.poll(job).state is JobState.SUCCEEDED
    clock.advance(100)
    with pytest.raises(errors.DownloadFailed) as caught:
        client.wait(job)
    assert caught.value.http_status == 403


def test_a_job_cannot_be_cancelled(connect, emulate, show):
    running, client = _served(connect, emulate)
    job = client.submit(show(running), top=show(running))
    with pytest.raises(errors.CancelRefused):
        client.cancel(job)


def test_the_balance_falls_with_each_submission(connect, emulate, show):
    running, client = _served(connect, emulate, paid_calls=2)
    person, top = show(running), show(running)
    assert client.read_balance().amount == 2
    client.submit(person, top=top)
    assert client.read_balance().amount == 1
    client.submit(person, top=top)
    with pytest.raises(errors.CreditsExhausted, match="trial=true") as caught:
        client.submit(person, top=top)
    assert caught.value.vendor_code == "NoResource"


def test_free_calls_are_used_with_the_trial_only(connect, emulate, show):
    running = emulate(paid_calls=0, trial_calls=1)
    trial = _connected(connect, running, trial=True)
    assert trial.try_on(show(running), top=show(running)).images
    assert running.ctx.billed == {}
    with pytest.raises(errors.CreditsExhausted):
        trial.submit(show(running), top=show(running))


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"app_key": "600600"}, "InvalidAppKey"), ({"app_secret": CANARY}, "IncompleteSignature")],
)
@pytest.mark.parametrize("signing", ["v2", "iop"])
def test_wrong_keys_are_refused(connect, emulate, show, *, settings, code, signing):
    running = emulate()
    client = _connected(connect, running, signing=signing, **settings)
    with pytest.raises(errors.AuthenticationFailed) as caught:
        client.submit(show(running), top=show(running))
    assert caught.value.vendor_code == code
    assert running.log.count("submit") == 1


def test_secrets_are_shown_nowhere(connect, emulate, show, caplog, monkeypatch):
    from tryon_aidge.emulator import application

    monkeypatch.setitem(application.KEYS, "k3y-n4me-c4n4ry", CANARY)
    caplog.set_level(logging.DEBUG)
    running = emulate("poll:html*2")
    for signing in ("v2", "iop"):
        client = _connected(
            connect, running, signing=signing, app_key="k3y-n4me-c4n4ry", app_secret=CANARY
        )
        job = client.submit(show(running), top=show(running))
        update = client.wait(job)
        texts = [caplog.text, job.to_token(), repr(job), repr(update), repr(client)]
        with pytest.raises(errors.InputRefused) as caught:
            client.submit(show(running), top=f"{running.base_url}/none")
        texts += [repr(caught.value), str(caught.value), repr(vars(caught.value))]
        for text in texts:
            assert CANARY not in text
            assert "k3y-n4me-c4n4ry" not in text
    for entry in running.log:
        assert CANARY not in entry.path
        assert CANARY not in str(entry.query.values())
        assert set(entry.query.get("sign", "*")) == {"*"}
