from tryon_core.models import BytesSource

KEEP = ("run", "-p", "fake", "--person", "person.png", "--bottom", "tee.png", "--out", "out.png")


def test_the_worn_garment_is_parsed_and_submitted_with_the_new_one(tryon, fake):
    assert tryon(*KEEP, "--keep", "top").code == 0
    assert fake.calls[:2] == ["parse_garment", "submit"]
    (request,) = fake.requests
    assert isinstance(request.top, BytesSource)
    assert request.top.data == fake.crop


def test_nothing_is_parsed_when_an_input_is_wrong(tryon, fake):
    assert tryon(*KEEP, "--keep", "top", "--bottom", "nothing.png").code == 2
    assert fake.calls == []


def test_a_garment_that_is_not_worn_cannot_be_kept(tryon, offer):
    provider = offer(worn=[])
    ended = tryon(*KEEP, "--keep", "top")
    assert ended.code == 2
    assert "the person wears no top" in ended.err
    assert provider.calls == ["parse_garment"]
