import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from providers import FakeProvider, fake_info, picture
from servers import answer, serving
from tryon_batch.costs import summarise
from tryon_core import (
    Artifact,
    Client,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    Problem,
    SettingSpec,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_extensions import Cache, Policy
from tryon_testing import FakeClock


def _drawn(seed=1, size=(64, 96)):
    """An image that no judge doubts: not of one colour, and as large as the photo."""
    buffer = io.BytesIO()
    Image.effect_noise(size, 40 + seed).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _provider(**knobs):
    return FakeProvider(**{"images": [_drawn()], **knobs})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def make(folder):
    def make(provider=None, *extensions, clock=None, days=30, **settings):
        return Client(
            provider or _provider(),
            extensions=["cache", *extensions],
            config={"extensions": {"cache": {"folder": str(folder), "days": days}}},
            clock=clock or FakeClock(),
            **settings,
        )

    return make


def _try(client, person=None, **options):
    return client.try_on(person or picture(), top=picture(), options=options)


def test_the_same_request_is_answered_from_disk_and_nothing_is_sent(make):
    provider = _provider(notices=[Notice("dark", "Dark.")])
    first = _try(make(provider))
    again = _try(make(provider))  # another process
    assert again.images[0].data == first.images[0].data
    assert provider.calls == ["submit", "poll"]
    assert [notice.code for notice in again.notices] == ["dark", "cached"]
    assert f"made by the job {first.job.id}" in again.notices[1].message
    assert again.job.id != first.job.id


def test_its_cost_is_nothing_in_a_run(make):
    provider = _provider()
    client = make(provider)
    _try(client)
    request = client.request(picture(), top=picture())
    (outcome,) = client.run_batch([request])
    assert outcome.state == "saved"
    ledger = summarise([outcome.entry])
    assert (str(ledger.spent), ledger.free) == ("nothing", 1)
    assert len(provider.requests) == 1


def test_a_token_of_such_a_job_leads_to_its_images(make):
    client = make()
    _try(client)
    token = client.submit(picture(), top=picture()).to_token()
    assert make().resume(token).images


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"seed": 2}},
        {"person": picture(colour=(5, 5, 5))},
        {"api_key": "another"},
        {"base_url": "https://other.example"},
    ],
    ids=str,
)
def test_what_differs_is_bought(make, other):
    settings = [
        SettingSpec(name="api_key", secret=True, default="one"),
        SettingSpec(name="base_url", default="https://api.example"),
    ]
    provider = _provider(info=fake_info(settings=settings))
    _try(make(provider))
    options, person = other.pop("options", {}), other.pop("person", None)
    _try(make(provider, **other), person, **options)
    assert len(provider.requests) == 2


def test_an_image_given_by_address_may_change_and_is_bought_each_time(make):
    provider = _provider(info=fake_info(delivery={"url"}))
    for _ in range(2):
        make(provider).try_on("https://shop.example/p.jpg", top="https://shop.example/t.jpg")
    assert len(provider.requests) == 2


def test_local_images_that_were_published_count_by_their_content(make):
    class Bucket:
        count = 0

        @hookimpl
        def publish_image(self, image, ctx):
            self.count += 1
            return UrlSource(f"https://bucket.example/{self.count}")

    provider = _provider(info=fake_info(delivery={"url"}))
    for _ in range(2):
        _try(make(provider, Bucket()))
    assert len(provider.requests) == 1


def test_a_result_is_kept_while_its_address_lives_and_given_when_it_is_dead(make):
    class Remote(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            result = JobResult(images=[Artifact(source=UrlSource(self.url))])
            return JobUpdate(state=JobState.SUCCEEDED, result=result)

    provider = Remote()
    with serving(answer(200, _drawn(), headers={"Content-Type": "image/png"})) as server:
        provider.url = server.url("/out.png")
        found = _try(make(provider, allow_private_addresses=True))
    assert _try(make(provider)).images[0].data == found.images[0].data
    assert len(provider.requests) == 1


def test_a_doubtful_result_is_not_given_again(make):
    class Strict:
        @hookimpl
        def check_result(self, result, ctx):
            return [Problem("result", "the sleeves are wrong", code="sleeves")]

    provider = _provider()
    for _ in range(2):
        assert _try(make(provider, Strict())).verdict == "doubtful"
    assert len(provider.requests) == 2
    _try(make(provider))
    assert len(provider.requests) == 3


def test_a_result_that_is_no_sound_image_is_not_kept(make, folder):
    whole = _drawn()
    provider = FakeProvider(images=[whole[: len(whole) // 2]])
    assert not _try(make(provider)).is_checked
    _try(make(provider))
    assert len(provider.requests) == 2
    assert not folder.exists()


def test_what_is_too_old_is_bought_again(make):
    clock, provider = FakeClock(), FakeProvider()
    _try(make(provider, clock=clock, days=2))
    clock.sleep(timedelta(days=3).total_seconds())
    _try(make(provider, clock=clock, days=2))
    assert len(provider.requests) == 2


def test_old_results_and_what_killed_processes_left_are_removed(make, folder):
    clock = FakeClock()
    _try(make(clock=clock))
    (old,) = folder.iterdir()
    part = folder / ".part-left"
    part.mkdir()
    for path in (old, part):
        long_ago = (clock.now() - timedelta(days=40)).timestamp()
        os.utime(path, (long_ago, long_ago))
    _try(make(clock=clock), picture(colour=(3, 3, 3)))
    assert not old.exists()
    assert not part.exists()
    assert len([*folder.iterdir()]) == 1


@pytest.mark.parametrize("damage", ["1.png", "entry.json"])
def test_a_damaged_entry_is_no_answer(make, folder, damage):
    provider = _provider()
    _try(make(provider))
    (entry,) = folder.iterdir()
    (entry / damage).unlink()
    _try(make(provider))
    assert len(provider.requests) == 2


def test_a_folder_that_cannot_be_written_loses_no_result(make, folder, caplog):
    folder.write_text("a file")
    assert _try(make()).images
    assert "Cache.check_result failed" in caplog.text


def test_it_is_for_its_owner_only(make, folder):
    _try(make())
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_policy_gives_back_what_the_cache_answered(make, tmp_path):
    policy = Policy(most_per_day=["0.20 USD"], ledger=tmp_path / "spent.sqlite")
    provider = _provider()
    for _ in range(4):
        _try(make(provider, policy))
    assert len(provider.requests) == 1
    _try(make(provider, policy), picture(colour=(7, 7, 7)))
    with pytest.raises(errors.LimitError):
        _try(make(provider, policy), picture(colour=(8, 8, 8)))


def test_in_python_it_is_an_object(tmp_path):
    cache = Cache(folder=tmp_path / "c")
    assert isinstance(cache.folder, Path)
    provider = _provider()
    for _ in range(2):
        _try(Client(provider, extensions=[cache], clock=FakeClock(), config={}))
    assert len(provider.requests) == 1
