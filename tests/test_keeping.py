import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest

from providers import KEY, FakeProvider, fake_info, picture
from servers import ScriptedServer, answer
from tryon_core import (
    Client,
    LibraryModel,
    Problem,
    TryOnRequest,
    UrlSource,
    errors,
    hookimpl,
    register,
    unregister,
)
from tryon_core.engine import keep_worn, prepare_submission, submit_prepared
from tryon_core.submitting import SubmitPolicy
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import START, FakeClock

PRICE = fake_info().capabilities.price
CROP = "https://vendor.example/crop.png?Signature=a%2Bb"


def _client(provider=None, *, clock=None, **changes):
    policy = TransportPolicy(allow_private_addresses=True, retries=0)
    provider = provider or FakeProvider(**{"info": fake_info(parse_price=PRICE), **changes})
    return Client(provider, clock=clock or FakeClock(), transport=policy)


def _prepared(client, request=None, *, parser=None, fit=False, **how):
    request = request or client.request(picture(), bottom=picture(), keep="top")
    prepared = prepare_submission(client.session, request, fit=fit, parser=parser)
    return keep_worn(client.session, prepared, fit=fit, parser=parser, **how)


def _other(**changes):
    """A vendor that cannot find what is worn."""
    info = fake_info("other", parse_categories=[], **changes)
    return FakeProvider(info=info)


def test_the_worn_garment_is_cut_out_and_given_back():
    crop = picture(colour=(0, 0, 250))
    request = _prepared(_client(crop=crop)).request
    assert request.top.data == crop
    assert request.bottom.data == picture()
    assert request.keep is None


def test_no_hook_sees_that_something_is_kept():
    class Looking(FakeProvider):
        @hookimpl
        def validate_inputs(self, request, ctx):
            if isinstance(request, TryOnRequest):
                self.requests.append(request)
                self.requests.append(ctx.request)
            return ()

    provider = Looking()
    client = _client(provider)
    client.try_on(picture(), bottom=picture(), keep="top")
    client.validate(picture(), bottom=picture(), keep="top")
    assert {request.keep for request in provider.requests} == {None}


def test_the_address_of_the_crop_is_passed_on_unfetched_and_unchecked():
    provider = FakeProvider(crop_url=CROP)
    client = _client(provider)
    client.try_on(picture(), bottom=picture(), keep="top")
    assert provider.requests[0].top == UrlSource(CROP)


def test_an_address_that_dies_within_an_hour_is_fetched_at_once():
    with ScriptedServer(answer(200, picture())) as server:
        client = _client(
            crop_url=server.url("/crop.png"), crop_expires_at=START + timedelta(hours=1)
        )
        assert _prepared(client).request.top.data == picture()


class Publishing(FakeProvider):
    """Has a store of its own."""

    @hookimpl
    def publish_image(self, image, ctx):
        return UrlSource("https://store.example/crop.png")


def test_a_crop_whose_address_dies_is_published_again_however_small_it_is():
    with ScriptedServer(answer(200, picture((2, 2)))) as server:
        provider = Publishing(
            info=fake_info(delivery={"url"}),
            crop_url=server.url("/c"),
            crop_expires_at=START + timedelta(minutes=30),
        )
        request = _prepared(_client(provider)).request
    assert request.top == UrlSource("https://store.example/crop.png")


def test_a_provider_that_takes_files_only_gets_its_own_crop_however_small_it_is():
    tiny = picture((2, 2))
    with ScriptedServer(answer(200, tiny)) as server:
        info = fake_info(delivery={"upload"})
        client = _client(info=info, crop_url=server.url("/crop.png"))
        assert _prepared(client).request.top.data == tiny


def test_a_crop_that_cannot_be_brought_to_its_vendor_is_refused_after_the_parsing():
    class AddressesOnly(FakeProvider):
        info = fake_info(delivery={"url"}, parse_price=PRICE)

    client = _client(AddressesOnly(info=AddressesOnly.info))
    photo = UrlSource("https://shop.example/person.png")
    request = client.request(photo, bottom=photo, keep="top")
    with pytest.raises(errors.ValidationFailed, match="keep: of the top that was cut") as caught:
        _prepared(client, request)
    assert caught.value.billed == "yes"


def test_a_crop_that_cannot_be_fetched_is_reported_with_its_address():
    with ScriptedServer(answer(404)) as server:
        info = fake_info(delivery={"upload"}, parse_price=PRICE)
        with pytest.raises(errors.DownloadFailed) as caught:
            _prepared(_client(info=info, crop_url=server.url("/crop.png")))
        assert caught.value.regions["top"].crop.source.url == server.url("/crop.png")
    assert caught.value.billed == "yes"


def test_a_provider_that_leaves_it_alone_is_not_asked():
    provider = FakeProvider(info=fake_info(keeps_unnamed_garments=True))
    client = _client(provider)
    client.try_on(picture(), top=picture(), keep="bottom")
    assert "parse_garment" not in provider.calls
    assert provider.requests[0].bottom is None


def test_what_is_not_worn_cannot_be_kept_and_no_try_on_is_paid():
    provider = FakeProvider(info=fake_info(parse_price=PRICE), worn=())
    with pytest.raises(errors.InputError, match="wears no top") as caught:
        _client(provider).try_on(picture(), bottom=picture(), keep="top")
    assert (caught.value.billed, provider.calls) == ("yes", ["parse_garment"])


def test_that_it_is_not_worn_is_known_for_a_day_and_costs_nothing_more():
    provider = FakeProvider(info=fake_info(parse_price=PRICE), worn=())
    clock = FakeClock()
    for hours, billed, calls in ((0, "yes", 1), (23, "no", 1), (2, "yes", 2)):
        clock.advance(hours * 3600)
        with pytest.raises(errors.InputError, match="wears no top") as caught:
            # Another garment: it is other work, which pays for itself.
            _client(provider, clock=clock).try_on(
                picture(), bottom=picture((80, 80 + hours)), keep="top"
            )
        assert (caught.value.billed, len(provider.calls)) == (billed, calls)


@pytest.mark.parametrize(
    ("garments", "changes", "said"),
    [
        ({"top": picture()}, {}, "the top cannot be kept, because top replaces it"),
        ({"dress": picture()}, {}, "the top cannot be kept, because dress replaces it"),
        ({"bottom": picture()}, {"parse_categories": []}, "cannot find a top that is worn"),
        ({"bottom": picture()}, {"garments": [{"top"}, {"bottom"}]}, "top . bottom cannot be comb"),
    ],
    ids=["replaced", "dress", "not offered", "no pairs"],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_parsed(garments, changes, said):
    provider = FakeProvider(info=fake_info(**changes))
    client = _client(provider)
    with pytest.raises(errors.ValidationFailed, match=said) as caught:
        client.try_on(picture(), **garments, keep="top")
    (problem,) = caught.value.problems
    assert (problem.field, provider.calls, caught.value.billed) == ("keep", [], "no")
    assert client.validate(picture(), **garments, keep="top") == (problem,)


def test_a_vendor_of_pairs_alone_gets_its_pair():
    provider = FakeProvider(info=fake_info(garments=[{"top", "bottom"}]))
    _client(provider).try_on(picture(), bottom=picture(), keep="top")
    assert [*provider.requests[0].garments] == ["top", "bottom"]


def test_a_library_model_wears_nothing_of_its_own():
    client = _client(info=fake_info(person_library=True))
    (problem,) = client.validate(LibraryModel(name="x"), top=picture(), keep="bottom")
    assert "Give a photo" in problem.message


def test_all_that_is_wrong_is_said_at_once():
    client = _client(problems=[Problem("person", "it is blurred.")])
    found = client.validate(picture((4, 4)), top=picture(), keep="top")
    assert [problem.field for problem in found] == ["person", "person", "keep"]


def test_what_is_no_garment_to_keep_is_named_with_what_is():
    with pytest.raises(errors.UnknownOption, match=r"'bottm' cannot be kept. Did you mean 'bott"):
        _client().request(picture(), top=picture(), keep="bottm")


def test_a_request_whose_garment_was_not_looked_for_is_not_sent():
    provider = FakeProvider()
    client = _client(provider)
    request = client.request(picture(), bottom=picture(), keep="top")
    prepared = prepare_submission(client.session, request, fit=False)
    with pytest.raises(errors.InputError, match=r"keep_worn\(\) first"):
        submit_prepared(client.session, prepared, policy=SubmitPolicy())
    assert provider.calls == []


def test_work_is_equal_whatever_the_crop_and_differs_by_what_is_kept():
    client = _client(crop_url=CROP)
    other = _client(crop_url="https://vendor.example/other.png")
    marks = [_prepared(one).fingerprint for one in (client, other)]
    plain = client.request(picture(), bottom=picture())
    assert marks[0] == marks[1] != _prepared(client, plain).fingerprint


def test_many_tops_on_one_photo_pay_one_parsing():
    provider = FakeProvider(info=fake_info(parse_price=PRICE), worn=["bottom"])
    clock = FakeClock()
    paid = []
    for number in range(20):
        client = _client(provider, clock=clock)  # as another process would
        request = client.request(picture(), top=picture((64, 65 + number)), keep="bottom")
        paid += _prepared(client, request).parsings
    assert provider.calls == ["parse_garment"]
    assert [(one.provider, one.billed) for one in paid] == [("fake", "yes")]


def test_threads_that_ask_at_once_pay_one_parsing():
    meeting = threading.Barrier(8)

    class Slow(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            return [self._region(category) for category in request.categories]

    provider = Slow(info=fake_info(parse_price=PRICE))
    client = _client(provider)

    def work(number):
        meeting.wait()
        request = client.request(picture(), bottom=picture((64, 65 + number)), keep="top")
        return _prepared(client, request)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert provider.calls == ["parse_garment"]
    assert sum(len(one.parsings) for one in found) == 1


def test_who_paid_and_goes_on_is_told_again_and_no_other():
    client = _client()
    first, second = _prepared(client, payer="item-1"), _prepared(client, payer="item-1")
    assert first.parsings == second.parsings != ()
    assert _prepared(client, payer="item-2").parsings == _prepared(client).parsings == ()


def test_an_error_after_the_parsing_says_that_it_was_paid():
    provider = FakeProvider(
        info=fake_info(parse_price=PRICE), on_submit=errors.InputRefused("too dark.")
    )
    with pytest.raises(errors.InputRefused) as caught:
        _client(provider).try_on(picture(), bottom=picture(), keep="top")
    assert caught.value.billed == "yes"
    assert [one.provider for one in caught.value.parsings] == ["fake"]


def test_a_free_parsing_is_never_called_paid():
    provider = FakeProvider(
        info=fake_info(parse_price=attrs.evolve(PRICE, amount=0)),
        on_submit=errors.InputRefused("too dark."),
    )
    with pytest.raises(errors.InputRefused) as caught:
        _client(provider).try_on(picture(), bottom=picture(), keep="top")
    assert (caught.value.billed, caught.value.parsings) == ("no", ())


def test_a_parsing_whose_answer_was_lost_is_not_sent_again_by_itself():
    class Losing(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            self.calls.append("parse_garment")
            if len(self.calls) == 1:
                raise errors.OutcomeUnknown("the answer was lost.")
            return [self._region(category) for category in request.categories]

    provider = Losing(info=fake_info(parse_price=PRICE))
    client = _client(provider)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        _prepared(client)
    assert [one.billed for one in caught.value.parsings] == ["unknown"]
    with pytest.raises(errors.OutcomeUnknown, match="no usable answer came; nothing was sent now"):
        _prepared(client)
    assert len(provider.calls) == 1
    found = _prepared(client, retry_unknown=True)
    assert [one.billed for one in found.parsings] == ["yes"]
    assert len(provider.calls) == 2


@pytest.mark.parametrize("which", ["object", "id"])
def test_another_provider_finds_what_is_kept(which):
    finder = FakeProvider(info=fake_info("finder", parse_price=PRICE), crop=picture((40, 50)))
    register(finder)
    wearer = _other()
    client = _client(wearer)
    parser = _client(finder) if which == "object" else "finder"
    client.try_on(picture(), bottom=picture(), keep="top", parser=parser)
    assert (finder.calls, wearer.calls[0]) == (["parse_garment"], "submit")
    assert wearer.requests[0].top.data == picture((40, 50))
    unregister("finder")


def test_the_crop_of_another_vendor_is_made_to_fit_like_any_garment():
    finder = _client(info=fake_info("finder", parse_price=PRICE), crop=picture((400, 500)))
    wearer = _other()
    client = _client(wearer)
    with pytest.raises(errors.ValidationFailed, match="keep: of the top that was cut") as caught:
        client.submit(picture(), bottom=picture(), keep="top", parser=finder)
    assert (caught.value.billed, wearer.calls) == ("yes", [])
    client.submit(picture(), bottom=picture(), keep="top", parser=finder, fit=True)
    assert wearer.requests[0].top.data != picture((400, 500))
    assert finder.info.id == "finder"


def test_the_crop_of_another_vendor_is_fetched_once_and_outlives_its_address():
    clock = FakeClock()
    with ScriptedServer(answer(200, picture((40, 50)))) as server:
        finder = FakeProvider(
            info=fake_info("finder", parse_price=PRICE),
            crop_url=server.url("/crop.png"),
            crop_expires_at=START + timedelta(hours=2),
        )
        wearer = _client(_other(), clock=clock)
        for _ in range(3):
            parser = _client(finder, clock=clock).session
            request = wearer.request(picture(), bottom=picture(), keep="top")
            assert _prepared(wearer, request, parser=parser).request.top.data == picture((40, 50))
            clock.advance(3 * 3600)
        assert len(server.requests) == 1
    assert finder.calls == ["parse_garment"]


def test_a_vendor_of_addresses_alone_gets_the_address_of_another_ones_crop():
    finder = _client(info=fake_info("finder"), crop_url=CROP)
    client = _client(_other(delivery={"url"}))
    photo = UrlSource("https://shop.example/person.png")
    request = client.request(photo, bottom=photo, keep="top")
    assert _prepared(client, request, parser=finder.session).request.top == UrlSource(CROP)


def test_what_is_wrong_with_the_photo_for_the_other_provider_is_said_at_once():
    rules = attrs.evolve(fake_info().capabilities.person_rules, min_side_px=100)
    finder = _client(info=fake_info("finder", person_rules=rules))
    found = _client(_other()).validate(
        picture((200, 90)), bottom=picture((2, 2)), keep="top", parser=finder
    )
    assert [problem.field for problem in found] == ["bottom", "person"]
    assert found[1].message.startswith("for Fake try-on, ")


def test_missing_keys_of_both_providers_are_named_at_once():
    finder = _client(info=fake_info("finder", settings=[KEY]))
    client = _client(FakeProvider(info=fake_info("other", settings=[KEY], parse_categories=[])))
    with pytest.raises(errors.MissingCredential) as caught:
        client.try_on(picture(), bottom=picture(), keep="top", parser=finder)
    assert "TRYON_OTHER_API_KEY" in caught.value.remedy
    assert "TRYON_FINDER_API_KEY" in caught.value.remedy
