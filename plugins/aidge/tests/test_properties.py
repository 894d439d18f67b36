"""Whatever is asked of the plugin, and whatever AIDGE answers."""

import attrs
from hypothesis import strategies as st

from tryon_core import LibraryModel
from tryon_testing.properties import ProviderProperties
from tryon_testing.strategies.requests import InvalidRequest

PHOTO = "https://images.example/person.jpg"


def with_options_that_suit(request):
    """Leave out the options that contradict the person or the garments."""
    options = request.options
    if isinstance(request.person, LibraryModel):
        options = attrs.evolve(options, more_photos=())
    if len(request.garments) > 1:
        options = attrs.evolve(options, detect_garment_type=False)
    return attrs.evolve(request, options=options)


def violations_of_the_vendor(request):
    """Break the rules that no declaration can say."""
    counts = [
        InvalidRequest.of(
            request,
            field="options.generate_count",
            why=f"{count} images",
            options={"generate_count": count},
        )
        for count in (-1, 0, 9)
    ]
    many = InvalidRequest.of(
        request,
        field="options.more_photos",
        why="nine photos",
        person=PHOTO,
        options={"more_photos": (PHOTO,) * 8},
    )
    unknown = InvalidRequest.of(
        request, field="person", why="no such age", person=LibraryModel(age="ancient")
    )
    return st.sampled_from([*counts, many, unknown])


class TestAidgeProperties(ProviderProperties):
    provider = "aidge"
    knobs = {"paid_calls": 10**9}  # noqa: RUF012  (as the contract declares it)
    options = {"generate_count": st.integers(1, 8)}  # noqa: RUF012  (as the contract declares it)
    people = st.builds(
        LibraryModel,
        gender=st.sampled_from(["female", "male"]),
        style=st.sampled_from(["universal_1", "universal_2", "universal_3"]),
        age=st.sampled_from(["children", "youngadult"]),
        body=st.sampled_from(["slim", "curvy"]),
    )

    def valid_requests(self, address_of=None):
        return super().valid_requests(address_of).map(with_options_that_suit)

    def invalid_requests(self):
        own = self.valid_requests().flatmap(violations_of_the_vendor)
        return super().invalid_requests() | own


class TestOtherReading(TestAidgeProperties):
    """Where the documents differ, the vendor answers in the other way."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "business_code": "res_code",
        "failure_place": "sub_task",
        "image_faults": "task",
        "paid_calls": 10**9,
        "parts": "image",
        "photo_images": "count",
        "query_field": "task_id",
        "result_encoding": "object",
        "result_shape": "B",
        "submit_field": "paramJson",
        "submit_object": False,
        "verdict_types": "native",
    }
