"""What is declared of each model."""

from datetime import date
from decimal import Decimal

import pytest

from tryon_ailab.models import MODELS, Options
from tryon_ailab.provider import provider
from tryon_core import TryOnRequest

TWO = [{"top"}, {"dress"}, {"top", "bottom"}]


@pytest.mark.parametrize(
    ("model", "credit_count", "garments"),
    [
        ("base", 10, [{"top"}, {"bottom"}, {"dress"}]),
        ("pro", 30, TWO),
        ("premium", 50, TWO),
        ("refiner", 25, TWO),
    ],
)
def test_garments_and_price_follow_the_model(model, credit_count, garments):
    request = TryOnRequest(person=b"p", options=Options(model=model))
    found = provider.info.capabilities_for(request)
    assert found.garments == {frozenset(combination) for combination in garments}
    assert (found.price.amount, found.price.currency) == (Decimal(credit_count), "credits")
    assert found.price.as_of == date(2026, 6, 25)
    assert found.price.source.endswith("/billing-introduction")


@pytest.mark.parametrize("model", MODELS)
def test_every_limit_names_its_page_and_reads_it_in_the_narrower_way(model):
    found = MODELS[model]
    assert found.person_rules == found.garment_rules
    rules = found.person_rules
    assert f"try-on-clothes{'' if model == 'base' else f'-{model}'}/api" in rules.source
    assert rules.max_side_px == 4095
    assert (found.result_lifetime_s, found.job_lifetime_s) == (86_400, 86_400)
    assert (found.delivery, found.outputs, found.quota.poll_interval_s) == ({"upload"}, 1, 5.0)


def test_only_the_base_model_has_no_least_size_and_takes_no_bmp():
    base, pro = MODELS["base"].person_rules, MODELS["pro"].person_rules
    assert (base.min_bytes, base.max_bytes, base.min_side_px) == (1, 3_000_000, 1)
    assert (pro.min_bytes, pro.max_bytes, pro.min_side_px) == (5_120, 5_000_000, 151)
    assert pro.formats - base.formats == {"BMP"}
