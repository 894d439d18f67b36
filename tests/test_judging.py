"""What the core's own judge says of results."""

import io
import logging
import pickle
from datetime import datetime, timezone

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from providers import FakeProvider, fake_info
from tryon_core import BytesSource, Client, Job, LibraryModel, TryOnRequest, hookimpl
from tryon_core.context import CallContext
from tryon_core.http import NoHttp
from tryon_core.judging import judge
from tryon_core.models import AS_PERSON
from tryon_core.results import Judgement, ResultImage, TryOnResult, verdict_of
from tryon_core.settings import ProviderSettings
from tryon_testing import FakeClock

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
SIZE = (192, 256)
"""Of the person's photo."""


def file_of(image, kind="PNG", **how):
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def person():
    return draw_person(PERSON_STYLES["ada"], SIZE).image.convert("RGB")


@pytest.fixture(scope="module")
def worn(person):
    """The same person in something else."""
    image = person.copy()
    box = (SIZE[0] // 3, SIZE[1] // 4, 2 * SIZE[0] // 3, SIZE[1] // 2)
    ImageDraw.Draw(image).rectangle(box, fill=(40, 120, 90))
    return image


def judged(*files, person=None, size=None, info=None, **request):
    """Return the codes of all problems of a result; `person` may be an image or a model."""
    images = []
    for data in files:
        width_px, height_px = Image.open(io.BytesIO(data)).size
        images.append(ResultImage(data=data, format="", width_px=width_px, height_px=height_px))
    result = TryOnResult(job=Job(provider="fake", id="j", submitted_at=NOW), images=tuple(images))
    problems = judge(result, context(person, size=size, info=info, **request))
    return (
        None if problems is None else [(each.field, each.code, each.severity) for each in problems]
    )


def context(person=None, *, size=None, info=None, top=b"top"):
    info = attrs.evolve(info or fake_info(), size_of=size)
    if isinstance(person, Image.Image):
        person = BytesSource(file_of(person))
    return CallContext(
        info=info,
        http=NoHttp(),
        settings=ProviderSettings("fake", {}),
        clock=FakeClock(),
        request=None if person is None else TryOnRequest(person=person, top=top),
        logger=logging.getLogger("tryon.fake"),
    )


def test_a_person_in_another_garment_passes(person, worn):
    assert judged(file_of(worn), person=person) == []
    assert judged(file_of(worn)) == []


@pytest.mark.parametrize("colour", ["black", "white", (200, 190, 180)])
@pytest.mark.parametrize("how", [("PNG", {}), ("JPEG", {"quality": 30}), ("WEBP", {})])
def test_an_image_of_one_colour_is_blank(person, colour, how):
    kind, options = how
    found = judged(file_of(Image.new("RGB", SIZE, colour), kind, **options), person=person)
    assert found == [("result", "result_blank", "error")]


def test_an_image_of_which_nothing_is_opaque_is_blank(person):
    clear = person.convert("RGBA")
    clear.putalpha(0)
    assert judged(file_of(clear), person=person) == [("result", "result_blank", "error")]


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: image.resize((96, 128)),
        lambda image: image.resize((288, 384), Image.Resampling.NEAREST),
        lambda image: image.resize((176, 256)),
        lambda image: ImageEnhance.Brightness(image).enhance(1.03),
    ],
    ids=["stored", "smaller", "larger", "narrower", "lighter"],
)
@pytest.mark.parametrize("how", [("PNG", {}), ("JPEG", {"quality": 50}), ("WEBP", {})])
def test_the_photo_of_the_person_itself_is_noticed(person, change, how):
    kind, options = how
    found = judged(file_of(change(person), kind, **options), person=person)
    assert ("result", "result_unchanged", "error") in found


@pytest.mark.parametrize("name", GARMENT_STYLES)
def test_no_garment_of_the_drawings_goes_unnoticed_on_its_person(person, name):
    garment = draw_garment(GARMENT_STYLES[name], (96, 96), background=None).image
    image = person.copy()
    image.paste(garment, (48, 60), garment)
    assert judged(file_of(image, "JPEG"), person=person) == []


def test_without_the_photo_nothing_is_compared(person):
    same = file_of(person)
    assert judged(same) == []
    assert judged(same, person=LibraryModel(name="m")) == []
    assert judged(same, person="https://example.org/p.jpg") == []
    assert judged(same, person=BytesSource(b"no image")) == []


@pytest.mark.parametrize(
    ("said", "sides", "code"),
    [
        (AS_PERSON, SIZE, None),
        (AS_PERSON, (184, 248), None),  # rounded to what a model takes
        (AS_PERSON, (384, 512), "result_size"),
        (AS_PERSON, (192, 192), "result_size"),
        ("576x1024", (576, 1024), None),
        ("576x1024", (768, 1024), "result_size"),
        ("576x1024", (288, 512), "result_size"),
        ("3:4", (300, 400), None),
        ("3:4", (400, 300), "result_shape"),
        ("9:16", (300, 400), "result_shape"),
    ],
)
def test_a_size_that_the_vendor_promises_is_compared(person, worn, said, sides, code):
    found = judged(file_of(worn.resize(sides)), person=person, size=lambda _: said)
    assert found == ([("result", code, "error")] if code else [])


def test_the_size_may_depend_on_the_request(person, worn):
    def size_of(ctx):
        return "3:4" if ctx.request.top else "1:1"

    assert judged(file_of(worn), person=person, size=size_of) == []


def test_a_photo_that_was_made_to_fit_sets_only_the_shape(worn):
    large = worn.resize((768, 1024))
    small = worn.copy()
    ImageDraw.Draw(small).rectangle((0, 0, 100, 100), fill="red")
    # Larger than `fake` takes, so that `fit` has made it smaller.
    assert judged(file_of(small), person=large, size=lambda _: AS_PERSON) == []
    square = small.resize((192, 192))
    found = judged(file_of(square), person=large, size=lambda _: AS_PERSON)
    assert found == [("result", "result_shape", "error")]


def test_another_shape_than_the_photo_is_only_a_remark_where_nothing_is_promised(person, worn):
    square = file_of(worn.resize((200, 200)))
    assert judged(square, person=person) == [("result", "result_shape", "warning")]
    assert judged(square) == []


def test_each_image_is_judged_and_named(person, worn):
    good, blank, cut = file_of(worn), file_of(Image.new("RGB", SIZE)), file_of(worn)[:-900]
    found = judged(good, blank, cut, person=person)
    assert found == [("result+2", "result_blank", "error"), ("result+3", "result_damaged", "error")]


def test_a_format_that_nothing_here_decodes_is_not_judged(worn, monkeypatch):
    monkeypatch.setattr("tryon_core.images.probing._readable", lambda _: False)
    assert judged(file_of(worn)) is None


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=200), size=st.sampled_from([None, AS_PERSON, "1x1", "9:16"]))
def test_the_judge_never_raises_whatever_the_bytes_are(data, size):
    image = ResultImage(data=b"\x89PNG\r\n\x1a\n" + data, format="PNG")
    result = TryOnResult(job=Job(provider="fake", id="j", submitted_at=NOW), images=(image,))
    found = judge(result, context(BytesSource(data or b"x"), size=lambda _: size))
    assert [each.code for each in found] == ["result_damaged"]


def test_the_verdict_follows_from_the_errors_alone(person, worn):
    assert verdict_of(None) == ""
    assert verdict_of(()) == "passed"
    square = file_of(worn.resize((200, 200)))
    client = Client(FakeProvider(info=fake_info(), images=[square]), remember=False)
    result = client.try_on(file_of(person), top=file_of(worn))
    assert [each.code for each in result.problems] == ["result_shape"]
    assert result.verdict == "passed"


class Counting:
    """Counts how often it judges, and what it is told."""

    def __init__(self):
        self.requests = []

    @hookimpl
    def check_result(self, result, ctx):
        assert result.problems is None
        self.requests.append(ctx.request)
        return []


@pytest.fixture
def counting():
    return Counting()


@pytest.fixture
def client(counting, person):
    provider = FakeProvider(info=fake_info(), images=[file_of(person)])
    with Client(provider, extensions=[counting], remember=False) as made:
        yield made


def test_a_result_is_judged_once_and_only_when_somebody_looks(client, counting, person, worn):
    result = client.try_on(file_of(person), top=file_of(worn))
    assert counting.requests == []
    assert (result.verdict, result.verdict) == ("doubtful", "doubtful")
    assert [each.code for each in result.problems] == ["result_unchanged"]
    (request,) = counting.requests
    assert request.person == BytesSource(file_of(person))


def test_a_job_is_compared_with_its_request_where_the_caller_has_it(client, person, worn):
    request = client.request(file_of(person), top=file_of(worn))
    job = client.submit(request)
    assert client.wait(job).verdict == "passed"
    assert client.wait(job, request=request).verdict == "doubtful"


def test_no_judge_sees_what_is_to_be_kept(counting, person, worn):
    info = fake_info(garments=[{"top", "bottom"}])
    provider = FakeProvider(info=info, worn=["bottom"], crop=file_of(worn))
    client = Client(provider, extensions=[counting], clock=FakeClock(), remember=False)
    assert client.try_on(file_of(person), top=file_of(worn), keep="bottom").problems is not None
    (request,) = counting.requests
    assert request.keep is None


def test_a_result_that_is_sent_to_another_process_takes_its_verdict_along(client, person, worn):
    result = client.try_on(file_of(person), top=file_of(worn))
    assert pickle.loads(pickle.dumps(result)).problems == result.problems  # noqa: S301  (our own)


def test_a_judge_is_asked_again_after_an_interrupt():
    answers = iter([KeyboardInterrupt, ()])

    def ask():
        answer = next(answers)
        if answer is KeyboardInterrupt:
            raise KeyboardInterrupt
        return answer

    judgement = Judgement(ask)
    with pytest.raises(KeyboardInterrupt):
        _ = judgement.problems
    assert judgement.problems == ()
