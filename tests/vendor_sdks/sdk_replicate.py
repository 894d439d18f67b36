"""The vendor's own client, `replicate` 1.x, against the emulator of Replicate."""

import time
import warnings

import pytest

with warnings.catch_warnings():  # the client imports pydantic's old interface
    warnings.simplefilter("ignore")
    import replicate
from replicate.exceptions import ModelError, ReplicateError

IDM = "cuuupid/idm-vton"
VERSION = "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985"
P_IMAGE = "prunaai/p-image-try-on"


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("replicate", "--job-seconds=0.3") as service:
        yield service


@pytest.fixture
def client():
    """The vendor's client of a service."""

    def connect(service, token=None):
        made = replicate.Client(
            api_token=token or service.settings["api_key"], base_url=service.base_url
        )
        made.poll_interval = 0.1
        return made

    return connect


@pytest.fixture
def wear(address):
    """Inputs of IDM-VTON."""
    return lambda **more: {
        "human_img": address("person.jpg"),
        "garm_img": address("top.png"),
        "garment_des": "",
        **more,
    }


@pytest.fixture
def dress_in(address):
    """Inputs of p-image-try-on: `dress_in("top.png", "bottom.png")`."""
    return lambda *names, **more: {
        "person_image": address("person.jpg"),
        "garment_images": [address(name) for name in names],
        **more,
    }


def test_a_version_runs_to_its_image(client, service, wear, download):
    output = client(service).run(f"{IDM}:{VERSION}", wear(category="upper_body"))
    assert download(output).size == (768, 1024)


@pytest.mark.parametrize(
    "garments", [["top.png"], ["dress.png"], ["top.png", "bottom.png"]], ids="-".join
)
def test_an_official_model_runs_by_its_name(client, service, dress_in, download, garments):
    output = client(service).run(P_IMAGE, dress_in(*garments, turbo=True, output_quality=80))
    assert download(output).size == (768, 1024)


def test_files_are_uploaded_and_used(client, service, pictures, download):
    with (pictures / "person.jpg").open("rb") as person, (pictures / "top.png").open("rb") as top:
        output = client(service).run(P_IMAGE, {"person_image": person, "garment_images": [top]})
    assert download(output).size == (768, 1024)
    assert len(service.received("upload")) >= 2


def test_files_may_go_as_data_uris(client, service, pictures, download):
    with (pictures / "person.jpg").open("rb") as person, (pictures / "top.png").open("rb") as top:
        output = client(service).run(
            P_IMAGE,
            {"person_image": person, "garment_images": [top]},
            file_encoding_strategy="base64",
        )
    assert download(output).size == (768, 1024)


def test_a_file_can_be_looked_at_and_removed(client, service, pictures):
    files = client(service).files
    sent = files.create(pictures / "top.png")
    assert (sent.name, sent.content_type) == ("top.png", "image/png")
    assert files.get(sent.id).urls["get"] == f"{service.base_url}/v1/files/{sent.id}"
    assert sent.expires_at > sent.created_at
    assert files.delete(sent.id)
    with pytest.raises(ReplicateError) as caught:
        files.get(sent.id)
    assert caught.value.status == 404


def test_a_model_names_its_version(client, service):
    model = client(service).models.get(IDM)
    assert model.id == IDM
    assert model.latest_version.id == VERSION
    with pytest.raises(ReplicateError) as caught:
        client(service).models.get("nobody/nothing")
    assert caught.value.status == 404


def test_without_waiting_a_prediction_goes_through_the_states(client, service, wear):
    made = client(service).predictions.create(version=VERSION, input=wear())
    assert (made.status, made.output) == ("starting", None)
    made.wait()
    assert (made.status, made.error) == ("succeeded", None)
    assert made.metrics["predict_time"] > 0
    assert made.started_at < made.completed_at


def test_a_client_that_waits_gets_the_finished_prediction_at_once(client, service, wear):
    made = client(service).predictions.create(version=VERSION, input=wear(), wait=True)
    assert (made.status, bool(made.output)) == ("succeeded", True)


def test_waiting_ends_with_the_state_of_that_moment(emulate, client, wear):
    with emulate("replicate", "--job-seconds=30") as slow:
        made = client(slow).predictions.create(version=VERSION, input=wear(), wait=1)
        assert made.status in {"starting", "processing"}
        assert made.output is None


def test_a_prediction_can_be_cancelled_once(emulate, client, wear):
    with emulate("replicate", "--job-seconds=30") as slow:
        made = client(slow).predictions.create(version=VERSION, input=wear())
        made.cancel()
        assert made.status == "canceled"
        made.cancel()
        assert made.status == "canceled"


def test_predictions_are_listed_the_newest_first_page_by_page(emulate, client, wear):
    with emulate("replicate", "--job-seconds=0", "--knob=page_size=2") as service:
        predictions = client(service).predictions
        made = [predictions.create(version=VERSION, input=wear(seed=n)).id for n in range(3)]
        page = predictions.list()
        later = predictions.list(page.next)
        assert [each.id for each in [*page, *later]] == made[::-1]
        assert later.next is None
        assert page.results[0].input["seed"] == 2


def test_this_client_does_not_know_a_prediction_that_was_aborted(emulate, wear):
    """Its deadline is past before it starts; the emulator tells so, and the client breaks."""
    with emulate("replicate", "--job-seconds=30") as slow:
        late = replicate.Client(
            api_token=slow.settings["api_key"],
            base_url=slow.base_url,
            headers={"Cancel-After": "1s", "Authorization": f"Bearer {slow.settings['api_key']}"},
        )
        made = late.predictions.create(version=VERSION, input=wear())
        time.sleep(1.1)
        with pytest.raises(ValueError, match="unexpected value"):
            made.reload()


@pytest.mark.parametrize("failure", ["E9243", "PA", "list index out of range"])
def test_a_failed_prediction_has_its_text(emulate, client, wear, failure):
    knob = f"--knob=job_failure={failure}"
    with (
        emulate("replicate", "--job-seconds=0", knob) as service,
        pytest.raises(ModelError, match=failure),
    ):
        client(service).run(f"{IDM}:{VERSION}", wear())


@pytest.mark.parametrize("person", ["gone.jpg", "text.jpg"])
def test_what_is_no_image_fails_in_the_model(client, service, wear, address, person):
    with pytest.raises(ModelError, match="cannot identify image file"):
        client(service).run(f"{IDM}:{VERSION}", wear(human_img=address(person)))


def test_a_wrong_token_is_refused_everywhere(client, service, wear, pictures):
    stranger = client(service, token="r8_of_somebody_else")
    for ask in (
        lambda: stranger.predictions.create(version=VERSION, input=wear()),
        lambda: stranger.predictions.get("0" * 26),
        lambda: stranger.files.create(pictures / "top.png"),
        stranger.predictions.list,
    ):
        with pytest.raises(ReplicateError) as caught:
            ask()
        assert (caught.value.status, caught.value.title) == (401, "Unauthenticated")


@pytest.mark.parametrize(
    "more",
    [{"category": "shoes"}, {"steps": 41}, {"seed": "1"}, {"garm_img": ""}, {"mode": "fast"}],
    ids=repr,
)
def test_wrong_inputs_are_refused(client, service, wear, more):
    with pytest.raises(ReplicateError) as caught:
        client(service).predictions.create(version=VERSION, input=wear(**more))
    assert (caught.value.status, caught.value.title) == (422, "Input validation failed")
    assert next(iter(more)) in caught.value.detail


@pytest.mark.parametrize("version", ["f" * 64, f"{IDM}:latest"])
def test_an_unknown_version_is_refused(client, service, wear, version):
    with pytest.raises(ReplicateError) as caught:
        client(service).predictions.create(version=version, input=wear())
    assert (caught.value.status, caught.value.title) == (422, "Invalid version or not permitted")


def test_a_community_model_has_no_route_of_its_own(client, service, wear):
    with pytest.raises(ReplicateError) as caught:
        client(service).run(IDM, wear())
    assert caught.value.status == 404


def test_without_credit_nothing_starts(emulate, client, wear):
    with emulate("replicate", "--knob=credit_usd=0") as poor:
        with pytest.raises(ReplicateError) as caught:
            client(poor).predictions.create(version=VERSION, input=wear())
        assert (caught.value.status, caught.value.title) == (402, "Insufficient credit")
        assert poor.log()["jobs"] == []


def test_little_credit_means_one_at_a_time(emulate, client, wear):
    with emulate("replicate", "--knob=credit_usd=1") as poor:
        client(poor).predictions.create(version=VERSION, input=wear())
        with pytest.raises(ReplicateError, match=r"less than \$5.0 in credit") as caught:
            client(poor).predictions.create(version=VERSION, input=wear())
        assert caught.value.status == 429


def test_this_client_repeats_polls_but_no_submissions(emulate, client, wear):
    faults = ("--fault=submit:503*1", "--fault=poll:503*1")
    with emulate("replicate", "--job-seconds=0", *faults) as service:
        with pytest.raises(ReplicateError):
            client(service).predictions.create(version=VERSION, input=wear())
        made = client(service).predictions.create(version=VERSION, input=wear())
        made.reload()
        assert (made.status, len(service.received("poll"))) == ("succeeded", 2)


def test_a_lost_answer_leaves_a_prediction_that_the_list_shows(emulate, client, wear):
    with emulate("replicate", "--job-seconds=0", "--fault=submit:drop*1") as service:
        with pytest.raises(Exception, match="disconnected"):
            client(service).predictions.create(version=VERSION, input=wear())
        (found,) = client(service).predictions.list()
        assert found.input["human_img"] == wear()["human_img"]


def test_a_result_is_refused_to_who_sends_the_token_along(client, service, wear, download):
    connected = client(service)
    output = connected.run(f"{IDM}:{VERSION}", wear())
    with pytest.raises(ReplicateError) as caught:
        connected._request("GET", output)
    assert caught.value.status == 403
    assert download(output)
