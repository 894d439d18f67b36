"""Items that are bought again, and items whose outcome somebody found out."""

import attrs
import pytest

from batch_runs import PERSON, TOP, ScriptedProvider, client_of, requests_of, run, states
from providers import fake_info, picture
from tryon_batch import resuming
from tryon_batch.costs import summarise
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_batch.resuming import settle
from tryon_core import Client, errors

LOST = errors.OutcomeUnknown("no answer came.")
NEW = picture(colour=(1, 2, 3))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def provider():
    return ScriptedProvider()


def _entry(out, name="item-1"):
    with JournalReader(out / JOURNAL_NAME) as journal:
        return journal.get(name)


def _cost(out):
    with JournalReader(out / JOURNAL_NAME) as journal:
        ledger = summarise(journal.entries())
    return int(ledger.spent.amounts.get("USD", 0) * 10), ledger.possibly_billed


class TestRedo:
    def test_an_item_is_bought_again_and_its_file_replaced(self, out, provider):
        client = client_of(provider)
        requests = requests_of(client, 2)
        run(client, requests, out=out)
        provider.images = [NEW]
        outcomes = run(client, requests, out=out, policy=BatchPolicy(redo="item-1"))
        assert states(outcomes) == dict.fromkeys(requests, "saved")
        assert (out / "item-1.png").read_bytes() == NEW
        assert (out / "item-2.png").read_bytes() != NEW
        assert sorted(provider.seeds) == [1, 1, 2]
        assert _cost(out) == (3, 0)

    def test_equal_work_of_another_item_is_not_copied_instead(self, out, provider):
        client = client_of(provider)
        request = client.request(PERSON, top=TOP)
        requests = {"a": request, "b": request}
        run(client, requests, out=out)
        provider.images = [NEW]
        run(client, requests, out=out, policy=BatchPolicy(redo=["b"]))
        assert (out / "b.png").read_bytes() == NEW
        assert (out / "a.png").read_bytes() != NEW
        assert len(provider.seeds) == 2

    def test_the_earlier_file_stays_when_there_is_no_new_one(self, out, provider):
        client = client_of(provider)
        requests = requests_of(client, 1)
        run(client, requests, out=out)
        before = (out / "item-1.png").read_bytes()
        provider.script = {1: [errors.InputRefused("a bad photo.")]}
        outcome = run(client, requests, out=out, policy=BatchPolicy(redo=["item-1"]))["item-1"]
        assert outcome.state == "refused"
        assert (out / "item-1.png").read_bytes() == before

    def test_files_that_the_new_images_do_not_replace_go_with_them(self, out, provider):
        provider.images = [picture(), picture()]
        client = client_of(provider)
        requests = requests_of(client, 1)
        run(client, requests, out=out)
        provider.images = [picture(kind="JPEG")]
        run(client, requests, out=out, policy=BatchPolicy(redo=["item-1"]))
        names = {path.name for path in out.iterdir() if path.suffix in {".png", ".jpg"}}
        assert names == {"item-1.jpg"}

    def test_a_file_that_somebody_changed_keeps_it_from_being_bought(self, out, provider):
        client = client_of(provider)
        requests = requests_of(client, 1)
        run(client, requests, out=out)
        (out / "item-1.png").write_bytes(b"retouched")
        outcome = run(client, requests, out=out, policy=BatchPolicy(redo=["item-1"]))["item-1"]
        assert (outcome.state, type(outcome.error)) == ("planned", errors.OutputError)
        assert (out / "item-1.png").read_bytes() == b"retouched"
        assert provider.seeds == [1]

    def test_a_process_that_ends_in_between_buys_it_once(self, out, provider):
        client = client_of(provider)
        requests = requests_of(client, 1)
        run(client, requests, out=out)
        provider.polls, provider.images = None, [NEW]
        once = BatchPolicy(redo=["item-1"], job_timeout_s=1)
        assert states(run(client, requests, out=out, policy=once)) == {"item-1": "accepted"}
        with pytest.raises(errors.InputError, match="the vendor works on it"):
            run(client, requests, out=out, policy=once)
        provider.polls = 0
        assert states(run(client, requests, out=out)) == {"item-1": "saved"}
        assert (out / "item-1.png").read_bytes() == NEW
        assert provider.seeds == [1, 1]

    def test_what_is_gone_for_good_is_bought_when_told(self, out, provider):
        client = client_of(provider)
        requests = requests_of(client, 1)
        run(client, requests, out=out)
        (out / "item-1.png").unlink()
        assert states(run(client, requests, out=out, policy=BatchPolicy(redo=["item-1"]))) == {
            "item-1": "saved"
        }
        assert provider.seeds == [1, 1]

    def test_an_item_that_is_not_there_is_named(self, out, provider):
        client = client_of(provider)
        with pytest.raises(errors.InputError, match=r"no item 'item1'.*mean 'item-1'"):
            run(client, requests_of(client, 1), out=out, policy=BatchPolicy(redo=["item1"]))
        assert provider.seeds == []


class TestSettling:
    @pytest.fixture
    def lost(self, out, provider):
        """Leave an item of which nobody knows whether it was accepted."""
        provider.script = {1: [LOST]}
        client = client_of(provider)
        requests = requests_of(client, 1)
        assert states(run(client, requests, out=out)) == {"item-1": "outcome_unknown"}
        assert _cost(out) == (0, 1)
        return client, requests

    def test_what_was_not_charged_is_sent_again_and_nothing_is_in_doubt(self, out, lost):
        client, requests = lost
        policy = BatchPolicy(settle={"item-1": "not-charged"})
        assert states(run(client, requests, out=out, policy=policy)) == {"item-1": "saved"}
        assert _cost(out) == (1, 0)

    def test_a_job_that_was_seen_is_adopted_and_fetched(self, out, lost, provider):
        client, requests = lost
        policy = BatchPolicy(settle={"item-1": "job-7"})
        assert states(run(client, requests, out=out, policy=policy)) == {"item-1": "saved"}
        assert provider.seeds == [1], "nothing was bought a second time"
        entry = _entry(out)
        assert (entry.job.id, entry.job.submitted_at) == ("job-7", entry.times["intent"])
        assert entry.job.account == client.session.account
        assert entry.job.data == {}, "a provider without models"
        assert _cost(out) == (1, 0)

    def test_a_job_that_is_named_by_its_id_is_of_the_model_of_its_item(self, out, lost):
        client, _ = lost
        entry = attrs.evolve(_entry(out), model="pro")
        assert resuming._job(entry, "job-7", client.session).data == {"model": "pro"}

    def test_a_job_that_was_named_wrongly_can_be_named_again(self, out, lost):
        client, requests = lost
        for wrong, right in (("job-8", "job-7"), ("job-7", "Not_charged")):
            with Journal(out / JOURNAL_NAME, clock=client.session.clock) as journal:
                client.session.clock.advance(1)
                settle(journal, {"item-1": wrong}, {"fake": client.session})
                client.session.clock.advance(1)
                settle(journal, {"item-1": right}, {"fake": client.session})
                job = journal.get("item-1").job
            assert (job and job.id) == (right if right == "job-7" else None)
        assert states(run(client, requests, out=out)) == {"item-1": "saved"}
        assert _cost(out) == (1, 0)

    def test_a_job_that_the_vendor_itself_named_cannot_be_named_otherwise(
        self, out, lost, provider
    ):
        client, requests = lost
        policy = BatchPolicy(retry_unknown=True, job_timeout_s=0.0)
        provider.polls = None
        client.session.clock.advance(1)
        assert states(run(client, requests, out=out, policy=policy)) == {"item-1": "accepted"}
        with (
            Journal(out / JOURNAL_NAME, clock=client.session.clock) as journal,
            pytest.raises(errors.InputError, match="it is accepted"),
        ):
            settle(journal, {"item-1": "not-charged"}, {"fake": client.session})

    def test_a_token_is_adopted_with_all_that_it_holds(self, out, lost):
        client, requests = lost
        job = client.submit(PERSON, top=TOP)
        policy = BatchPolicy(settle={"item-1": job.to_token()})
        assert states(run(client, requests, out=out, policy=policy)) == {"item-1": "saved"}
        assert _entry(out).job.request_id == job.request_id

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            ({"item-9": "not-charged"}, "no item 'item-9'.*mean 'item-"),
            ({"item-1": " "}, "no job is named"),
            ({"item-2": "job-7"}, "the outcome of 'item-2' is known: it is saved"),
            ({"item-1": "job-2"}, "the job job-2 is that of 'item-2'"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, out, lost, found, said):
        client, _ = lost
        requests = requests_of(client, 2)
        run(client, requests, out=out)
        with pytest.raises(errors.InputError, match=said):
            run(client, requests, out=out, policy=BatchPolicy(settle=found))
        assert _entry(out).state == "outcome_unknown"

    def test_a_token_of_another_provider_is_refused(self, out, lost):
        client, _ = lost
        other = Client(ScriptedProvider(info=fake_info("other")), clock=client.session.clock)
        token = other.submit(PERSON, top=TOP).to_token()
        with (
            Journal(out / JOURNAL_NAME, clock=client.session.clock) as journal,
            pytest.raises(errors.InputError, match="of the provider 'other'"),
        ):
            settle(journal, {"item-1": token}, {"fake": client.session})
