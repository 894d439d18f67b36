"""Whatever is asked of the plugin, and whatever FASHN answers."""

from tryon_testing.properties import ProviderProperties


class TestFashnProperties(ProviderProperties):
    provider = "fashn"
    knobs = {"on_demand": 10**9}  # noqa: RUF012  (as the contract declares it)


class TestOtherReading(TestFashnProperties):
    """Where the documents differ, the vendor is as strict and as odd as it may be."""

    only_the_wire = True
    knobs = {  # noqa: RUF012  (as the contract declares it)
        "credits_header": False,
        "error_form": "text",
        "formats": "JPEG,PNG",
        "id_suffix": "",
        "on_demand": 10**9,
        "output_form": "object",
        "submit_error": "nothing is wrong",
        "unfinished_output": "null",
    }
