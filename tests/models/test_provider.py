import pytest

from tryon_core.models import Capabilities, ImageRules, ProviderInfo, SettingSpec


def test_a_single_name_is_not_taken_for_its_letters():
    assert SettingSpec(name="api_key", env="ACME_API_KEY").env == ("ACME_API_KEY",)
    assert ImageRules(formats="JPEG").formats == {"JPEG"}
    capabilities = Capabilities(
        garments=["top", ["bottom"]], delivery="url", parse_categories="top"
    )
    assert capabilities.garments == {frozenset({"top"}), frozenset({"bottom"})}
    assert capabilities.delivery == {"url"}
    assert capabilities.parse_categories == ("top",)


@pytest.mark.parametrize(
    ("declaration", "fault"),
    [
        ({"garments": [["tops"]]}, "garments: unknown 'tops'; there is top, bottom, dress"),
        ({"garments": [], "delivery": ["email"]}, "delivery: unknown 'email'"),
        ({"garments": [], "delivery": []}, "delivery"),
        ({"garments": [], "parse_categories": ["hat"]}, "parse_categories: unknown 'hat'"),
    ],
)
def test_a_declaration_that_could_never_match_is_refused(declaration, fault):
    with pytest.raises(ValueError, match=fault):
        Capabilities(**declaration)


def test_a_format_that_no_image_has_is_refused():
    with pytest.raises(ValueError, match="formats: unknown 'JPG'; there is JPEG"):
        ImageRules(formats={"JPG"})


def test_declarations_are_values():
    made = [
        ProviderInfo(
            id="acme",
            name="Acme",
            capabilities=Capabilities(garments=[["top"], ["top", "bottom"]]),
            settings=[SettingSpec(name="api_key", secret=True)],
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made)) == 1
    assert frozenset({"bottom", "top"}) in made[0].capabilities.garments
