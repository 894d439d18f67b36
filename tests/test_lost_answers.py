"""A paid request whose answer was lost is looked up, and only certainty counts."""

from datetime import timedelta

import attrs
import pytest

import acme
from acme_emulator import emulator
from acme_look_up import ByReference, ByTime
from providers import picture
from tryon_core import Client, Found, Job, LookUp, NotAccepted, Undecided, errors, hookimpl
from tryon_core.lost_answers import look_up, next_look_s
from tryon_core.models.attempt import LONGEST_CALL, Attempt
from tryon_core.remembered import FOLDER_ENV, JobStore
from tryon_testing.clocks import START, FakeClock
from tryon_testing.emulation import parse_fault, start

PHOTO = picture((300, 300))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path / "data"))
    monkeypatch.delenv("TRYON_REMEMBER_JOBS")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def vendor(clock):
    with start(emulator, clock=clock) as running:
        yield running


@pytest.fixture
def make(vendor, clock):
    def make(provider=None, **more):
        given = {**vendor.settings, **more}
        return Client(provider or ByReference(), clock=clock, config={}, **given)

    return make


@pytest.fixture
def known(clock):
    return JobStore.of_user(clock=clock).jobs


def fault(vendor, *specs):
    for spec in specs:
        vendor.faults.add(parse_fault(spec))


def submit(client):
    return client.submit(PHOTO, top=PHOTO)


class TestInTheSameCall:
    def test_an_accepted_job_is_found_within_seconds(self, vendor, clock, make, known):
        fault(vendor, "submit:drop*1")
        job = submit(make())
        assert [job.id] == [one.id for one in vendor.ctx.jobs.all()]
        assert sum(clock.sleeps) == 2
        assert (job.submitted_at, job.expires_at) == (START, START + timedelta(days=1))
        assert [(one.state, one.job) for one in known()] == [("accepted", job)]

    def test_it_is_not_remembered_against_the_callers_will(self, vendor, make, known):
        fault(vendor, "submit:drop*1")
        assert submit(make(remember=False)).id
        assert not known()

    def test_its_image_is_had_as_if_nothing_had_happened(self, vendor, make):
        fault(vendor, "submit:drop*1")
        assert make().try_on(PHOTO, top=PHOTO).images[0].is_checked
        assert vendor.log.count("submit") == 1

    def test_a_list_that_lags_is_asked_again(self, vendor, make):
        fault(vendor, "submit:drop*1", "list:lag=25")
        assert submit(make()).id == vendor.ctx.jobs.all()[0].id
        assert vendor.log.count("list") == 4

    def test_what_was_not_accepted_is_said_so_once_that_is_certain(
        self, vendor, clock, make, known
    ):
        fault(vendor, "submit:drop-before*1")
        with pytest.raises(errors.NotSent, match="accepted nothing") as caught:
            submit(make())
        assert (caught.value.billed, caught.value.retryable) == ("no", True)
        assert clock.now() - START == timedelta(seconds=60)
        assert known() == []

    def test_no_absence_is_a_proof_after_an_answer_of_success(self, vendor, make, known):
        fault(vendor, "submit:page=200*1")
        with pytest.raises(errors.TryOnError) as caught:
            submit(make())
        assert (caught.value.http_status, caught.value.billed) == (200, "unknown")
        assert "answered it with success" in caught.value.remedy
        (unknown,) = known()
        with pytest.raises(errors.OutcomeUnknown, match="outcome is not known"):
            make().resume(unknown.id)

    def test_what_another_process_finds_meanwhile_is_taken_too(self, vendor, make, known):
        class Meanwhile(ByReference):
            found: tuple[Job, ...] = ()

            @hookimpl
            def find_submission(self, attempt, ctx):
                if not self.found:
                    (noted,) = known()
                    self.found = (make().resume(noted.id).job,)
                    return Undecided()
                return super().find_submission(attempt, ctx)

        fault(vendor, "submit:drop*1")
        job = submit(make(provider := Meanwhile()))
        assert [job.id] == [one.id for one in provider.found]
        assert [one.job for one in known()] == [job]

    def test_an_answer_that_comes_after_all_is_noted_where_another_process_has_found_its_job(
        self, make, clock, known
    ):
        store, client = JobStore.of_user(clock=clock), make()
        job = submit(client)
        (noted,) = known()
        store.forget(noted.id)
        name = store.begin(noted.attempt)
        earlier = attrs.evolve(job, submitted_at=job.submitted_at - timedelta(seconds=5))
        store.accepted(earlier, replaces=name)
        store.accepted(job, replaces=name)
        assert [one.job for one in known()] == [job]
        store.saved(job, [])
        assert [one.state for one in known()] == ["saved"]

    def test_a_vendor_that_stays_away_leaves_it_unknown(self, vendor, make, known):
        fault(vendor, "submit:drop*1", "list:503")
        with pytest.raises(errors.OutcomeUnknown, match="asks the vendor again"):
            submit(make())
        assert [(one.state, one.job) for one in known()] == [("unknown", None)]

    def test_a_gateway_that_gave_up_is_a_lost_answer(self, vendor, make):
        fault(vendor, "submit:empty*1")
        assert submit(make()).id == vendor.ctx.jobs.all()[0].id

    def test_a_refusal_is_none(self, vendor, make):
        fault(vendor, "submit:bad_image")
        with pytest.raises(errors.InputRefused):
            submit(make())
        assert vendor.log.count("list") == 0

    def test_without_a_declaration_nobody_is_asked(self, vendor, make):
        fault(vendor, "submit:drop*1")
        with pytest.raises(errors.OutcomeUnknown):
            submit(make(acme.AcmeProvider()))
        assert vendor.log.count("list") == 0

    def test_an_interrupt_says_that_it_may_be_billed(self, vendor, make, known, clock):
        fault(vendor, "submit:drop*1")
        client = make()
        clock.sleep = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            submit(client)
        assert caught.value.billed == "unknown"
        assert [one.state for one in known()] == ["unknown"]


class TestLater:
    def test_another_process_finds_it_by_what_was_noted_before_it_was_sent(
        self, vendor, make, known
    ):
        class Dies(ByReference):
            @hookimpl
            def submit(self, request, ctx):
                super().submit(request, ctx)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            submit(make(Dies()))
        (unknown,) = known()
        assert unknown.state == "unknown"
        result = make().resume(unknown.id)
        assert result.job.id == vendor.ctx.jobs.all()[0].id
        assert [one.state for one in known()] == ["fetched"]

    def test_without_an_end_an_absence_is_no_proof_before_the_longest_call_is_over(
        self, vendor, clock, make, known
    ):
        class Dies(ByReference):
            @hookimpl
            def submit(self, request, ctx):
                try:
                    return super().submit(request, ctx)
                except errors.OutcomeUnknown:
                    raise KeyboardInterrupt from None

        fault(vendor, "submit:drop-before")
        with pytest.raises(KeyboardInterrupt):
            submit(make(Dies()))
        (unknown,) = known()
        with pytest.raises(errors.OutcomeUnknown, match="proves nothing yet"):
            make().resume(unknown.id)
        clock.advance(LONGEST_CALL.total_seconds() + 60)
        with pytest.raises(errors.NotSent, match="accepted nothing"):
            make().resume(unknown.id)
        assert known() == []

    def test_with_another_key_or_address_nothing_is_concluded(self, vendor, make, clock, known):
        fault(vendor, "submit:drop-before*1", "list:503")
        with pytest.raises(errors.OutcomeUnknown):
            submit(make())
        vendor.faults.clear()
        clock.advance(3600)
        for other in ({"api_key": "sk_obviously_fake_other"}, {"base_url": "http://127.0.0.1:9"}):
            with pytest.raises(errors.OutcomeUnknown, match="another key, or to another address"):
                make(**other).resume(known()[0].id)
        with pytest.raises(errors.NotSent):
            make().resume(known()[0].id)


class TestCertainty:
    def test_a_single_stranger_is_named_and_never_taken(self, vendor, make):
        fault(vendor, "submit:drop*1")
        with pytest.raises(errors.OutcomeUnknown, match="It may be the job") as caught:
            submit(make(ByTime()))
        (job,) = vendor.ctx.jobs.all()
        assert job.id in caught.value.message

    def test_jobs_that_are_remembered_are_no_strangers(self, vendor, make):
        client = make(ByTime())
        submit(client)
        fault(vendor, "submit:drop-before*1")
        with pytest.raises(errors.NotSent, match="accepted nothing"):
            submit(client)

    def test_the_job_of_another_request_is_refused(self, vendor, make):
        class Mistaken(ByReference):
            @hookimpl
            def find_submission(self, attempt, ctx):
                return Found(ctx.new_job(vendor.ctx.jobs.all()[0].id))

        client = make(Mistaken())
        submit(client)
        fault(vendor, "submit:drop*1")
        with pytest.raises(errors.OutcomeUnknown, match="that of another request"):
            submit(client)

    def test_a_clock_that_is_wrong_makes_no_absence_a_proof(self, vendor, make, clock):
        fault(vendor, "submit:drop-before*1")
        true_now = clock.now

        class Wrong(FakeClock):
            def now(self):
                return super().now() - timedelta(minutes=20)

        client = Client(ByReference(), clock=Wrong(), config={}, **vendor.settings)
        assert true_now() > client.session.clock.now()
        with pytest.raises(errors.OutcomeUnknown, match="s off"):
            submit(client)

    def test_where_absence_is_never_a_proof_it_stays_unknown(self, vendor, make, clock, known):
        provider = ByReference()
        provider.info = attrs.evolve(provider.info, look_up=LookUp())
        fault(vendor, "submit:drop-before*1")
        with pytest.raises(errors.OutcomeUnknown, match="proves nothing"):
            submit(make(provider))
        assert clock.now() - START == timedelta(seconds=60)
        clock.advance(1e6)
        with pytest.raises(errors.OutcomeUnknown, match="proves nothing"):
            make(provider).resume(known()[0].id)

    @pytest.mark.parametrize(
        "answer", [None, "found", Job(provider="a", id="b", submitted_at=START)]
    )
    def test_an_answer_of_a_wrong_type_is_a_fault_of_the_plugin_and_decides_nothing(
        self, vendor, make, answer
    ):
        class Odd(ByReference):
            @hookimpl
            def find_submission(self, attempt, ctx):
                return answer

        client = make(Odd())
        found = look_up(client.session, _attempt(client))
        assert isinstance(found, Undecided)
        expected = "cannot be asked" if answer is None else "instead of Found, NotAccepted"
        assert expected in found.reason

    def test_the_hook_is_demanded_where_it_is_declared(self):
        class Promises(acme.AcmeProvider):
            info = ByReference.info

        with pytest.raises(errors.BrokenPlugin, match=r"find_submission\(\) is missing"):
            Client(Promises(), config={}, api_key="x")

    def test_keys_in_what_a_plugin_says_are_masked(self, vendor, make):
        class Tells(ByReference):
            @hookimpl
            def find_submission(self, attempt, ctx):
                return Undecided(reason=f"{vendor.settings['api_key']} is busy.")

        client = make(Tells())
        found = look_up(client.session, _attempt(client))
        assert vendor.settings["api_key"] not in found.reason


def _attempt(client, **changes):
    settings = client.session.settings
    facts = {"sent_at": START, "account": settings.account, "base_url": settings.address}
    return Attempt(**{"provider": "acme", "key": "0" * 32, **facts, **changes})


class TestAttempt:
    def test_it_knows_what_was_sent_and_nothing_secret(self, make, known, vendor):
        class Watched(acme.AcmeProvider):
            @hookimpl
            def submit(self, request, ctx):
                seen.append(ctx.attempt)
                return super().submit(request, ctx)

        seen = []
        vendor.faults.clear()
        address = vendor.ctx.publish(PHOTO)
        client = make(Watched(), allow_private_addresses=True)
        client.submit(f"{address}?signature=secret", top=PHOTO, options={"seed": 7})
        (attempt,) = seen
        assert attempt.options == {"seed": 7}
        assert attempt.images == {"person": address}
        assert len(attempt.key) == 32
        assert attempt.fingerprint
        assert attempt.earliest < attempt.sent_at < attempt.latest

    def test_each_request_has_a_key_of_its_own(self, make, vendor):
        keys = []

        class Watched(acme.AcmeProvider):
            @hookimpl
            def submit(self, request, ctx):
                keys.append(ctx.attempt.key)
                return super().submit(request, ctx)

        fault(vendor, "submit:slow_down*2")
        submit(make(Watched()))
        assert len(set(keys)) == 3

    def test_it_is_read_as_it_was_written_and_by_other_versions(self, make):
        attempt = _attempt(make(), ended_at=START, options={"a": 1}, images={"top": "https://x/1"})
        plain = attempt.to_plain()
        assert Attempt.from_plain(plain) == attempt
        assert Attempt.from_plain({**plain, "weather": "fine"}) == attempt
        del plain["images"]
        assert Attempt.from_plain(plain).images == {}


@pytest.mark.parametrize(
    ("settles_s", "latest", "pauses"),
    [
        (None, Undecided(), [2, 4, 8, 16, 30]),
        (20, None, [2, 4, 8, 16, 30]),
        (100, Undecided(), [2, 4, 8, 16, 30, 30, 10]),
        (100, Undecided(candidates=["job-1"]), [2, 4, 8, 16, 30]),
    ],
)
def test_pauses_double_until_a_minute_is_over_and_an_absence_is_a_proof(settles_s, latest, pauses):
    info = attrs.evolve(acme.INFO, look_up=LookUp(settles_s=settles_s))
    attempt = Attempt(provider="acme", key="k", sent_at=START, ended_at=START)
    now, found = START, []
    facts = {"begun_at": START, "latest": latest}
    while (pause_s := next_look_s(info, attempt, looks=len(found), now=now, **facts)) < 1e9:
        found.append(pause_s)
        now += timedelta(seconds=pause_s)
    assert found == pauses


def test_the_default_knows_nothing(make):
    assert isinstance(look_up(make(acme.AcmeProvider()).session, _attempt(make())), Undecided)
    assert NotAccepted() == NotAccepted()
