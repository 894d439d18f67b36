"""Parsing: which calls are made, and what their answers mean."""

import itertools
import re

import pytest

from servers import answer, drop_after_body, json_answer, serving
from tryon_core import errors
from tryon_core.images import probe

CATEGORIES = ("top", "bottom", "dress")
ORDERS = [order for many in (1, 2, 3) for order in itertools.permutations(CATEGORIES, many)]
PHOTO = "https://x.example/p.png"
URL = "https://x.example/a.png"


def parsed(**lists):
    found = {"parsing_img_url": [URL], "crop_img_url": [URL], "bbox": [[1, 2, 3, 4]], **lists}
    return {"output": found, "usage": {"image_count": 1}, "request_id": "r-1"}


def kinds(running):
    return [
        entry.json["parameters"]["clothes_type"]
        for entry in running.log
        if entry.operation == "parse"
    ]


@pytest.mark.parametrize("worn", ["top,bottom", "dress", "", "bottom"])
@pytest.mark.parametrize("asked", ORDERS)
def test_regions_come_in_the_order_asked(open_emulator, person, asked, worn):
    running, client = open_emulator(worn=worn)

    regions = client.parse_garment(running.ctx.publish(person), asked)

    found = [region.category if region else None for region in regions]
    assert found == [category if category in worn.split(",") else None for category in asked]


@pytest.mark.parametrize(
    ("asked", "calls"),
    [
        (("top",), [["upper"]]),
        (("bottom",), [["lower"]]),
        (("dress",), [["dress"]]),
        (("top", "bottom"), [["upper", "lower"]]),
        (("bottom", "top"), [["upper", "lower"]]),
        (("dress", "top"), [["upper"], ["dress"]]),
        (("dress", "bottom", "top"), [["upper", "lower"], ["dress"]]),
        (("top", "top"), [["upper"]]),
    ],
)
def test_calls_are_as_few_as_the_vendor_allows(open_emulator, person, asked, calls):
    running, client = open_emulator(worn="top,bottom,dress")

    regions = client.parse_garment(running.ctx.publish(person), asked)

    assert kinds(running) == calls
    assert [region.category for region in regions] == list(asked)
    assert sum(running.ctx.billed.values()) == len(calls)


@pytest.mark.parametrize(("mask_size", "size"), [("photo", (200, 260)), ("box", (120, 117))])
@pytest.mark.parametrize("crop_ground", ["kept", "white"])
def test_a_region_has_box_mask_and_crop(open_emulator, person, mask_size, size, crop_ground):
    _, client = open_emulator(mask_size=mask_size, crop_ground=crop_ground)

    (region,) = client.parse_garment(person, ["top"])

    mask, crop = probe(region.mask.source, field="mask"), probe(region.crop.source, field="crop")
    assert region.bbox == (40, 39, 160, 156)
    assert (mask.format, mask.mode, mask.width_px, mask.height_px) == ("PNG", "RGBA", *size)
    assert (crop.format, crop.mode, crop.width_px, crop.height_px) == ("JPEG", "RGB", 120, 117)
    assert region.crop.expires_at.isoformat() == "2026-01-03T03:04:05+00:00"


def test_a_box_that_leaves_the_photo_is_cut_with_a_notice(open_emulator, person):
    _, client = open_emulator(box="leaving")
    (region,) = client.parse_garment(person, ["top"])
    assert region.bbox == (0, 39, 160, 260)
    assert [notice.code for notice in region.notices] == ["box_cut"]
    assert region.hotspot().css == "left: 0%; top: 15%; width: 80%; height: 85%"


@pytest.mark.parametrize("box", ["outside", "reversed"])
def test_a_box_of_no_use_is_refused_and_was_paid_for(open_emulator, person, box):
    running, client = open_emulator(box=box)
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.parse_garment(person, ["top"])
    assert (caught.value.billed, sum(running.ctx.billed.values())) == ("yes", 1)


@pytest.mark.parametrize("where", ["flat", "nested"])
def test_errors_are_read_in_both_places(open_emulator, where):
    running, client = open_emulator(parse_errors=where)
    nothing = running.ctx.address + "/nothing.png"

    with pytest.raises(errors.InputRefused, match="InvalidURL") as caught:
        client.parse_garment(nothing)
    assert caught.value.request_id
    assert caught.value.http_status == 400


@pytest.mark.parametrize("code", ["InvalidParameter.ClothesType", "InvalidInputLength"])
def test_refusals_of_parsing(open_emulator, person, code):
    _, client = open_emulator(f"parse:{code}")

    with pytest.raises(errors.InputRefused) as caught:
        client.parse_garment(person)
    assert caught.value.vendor_code == code


def test_nulls_instead_of_lists_are_nothing_found(scripted):
    nothing = parsed(parsing_img_url=None, crop_img_url=None, bbox=None)
    with serving(json_answer(nothing)) as server:
        assert scripted(server).parse_garment(PHOTO, ["top", "bottom"]) == (None, None)


@pytest.mark.parametrize(
    ("lists", "path"),
    [
        ({"bbox": []}, "response.output.bbox"),
        ({"bbox": [None]}, "response.output.*[0]"),
        ({"crop_img_url": [None]}, "response.output.*[0]"),
        ({"parsing_img_url": [""]}, "response.output.*[0]"),
        ({"crop_img_url": None}, "response.output.*[0]"),
        ({"parsing_img_url": [URL, URL]}, "response.output.parsing_img_url"),
        ({"crop_img_url": URL}, "response.output.crop_img_url"),
        ({"bbox": [1, 2, 3, 4]}, "response.output.bbox"),
        ({"bbox": [[1, 2, 3]]}, "response.output.bbox[0]"),
        ({"bbox": [[1, 2, 3, 4.5]]}, "response.output.bbox[0]"),
        ({"bbox": [[1, 2, 3, "4"]]}, "response.output.bbox[0]"),
        ({"bbox": [[1, 2, 3, True]]}, "response.output.bbox[0]"),
        ({"bbox": [[0, 0, 10**400, 10**400]]}, "response.output.bbox[0]"),
        ({"bbox": [{"x1": 1}]}, "response.output.bbox[0]"),
        ({"bbox": [7]}, "response.output.bbox[0]"),
        ({"crop_img_url": [5]}, "response.output.*[0]"),
        ({"bbox": [[5, 2, 3, 4]]}, "response.output.bbox[0]"),
        ({"bbox": [[1, 5, 3, 4]]}, "response.output.bbox[0]"),
        ({"bbox": "x"}, "response.output.bbox"),
    ],
)
def test_broken_answers_name_the_path(scripted, lists, path):
    with serving(json_answer(parsed(**lists))) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse, match=re.escape(path)) as caught:
            client.parse_garment(PHOTO)
        assert len(server.requests) == 1
    assert caught.value.request_id == "r-1"
    assert caught.value.billed != "no"


def test_a_missing_list_names_the_path(scripted):
    reply = parsed()
    del reply["output"]["bbox"]
    with serving(json_answer(reply)) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse, match=r"bbox"):
            client.parse_garment(PHOTO)


def test_a_lost_answer_is_one_request(scripted):
    with serving(drop_after_body) as server:
        client = scripted(server)
        with pytest.raises(errors.OutcomeUnknown):
            client.parse_garment(PHOTO)
        assert len(server.requests) == 1


@pytest.mark.parametrize("nothing", [None, "None", "null", "NULL", ""])
@pytest.mark.parametrize("no_box", [None, "None", []])
def test_each_spelling_of_nothing_is_not_worn(scripted, nothing, no_box):
    reply = parsed(parsing_img_url=[nothing], crop_img_url=[nothing], bbox=[no_box])
    with serving(json_answer(reply)) as server:
        assert scripted(server).parse_garment(PHOTO) == (None,)


def test_an_answer_in_the_spelling_of_python_is_read(scripted):
    body = b'{"output": {"bbox": [None], "parsing_img_url": [None], "crop_img_url": [None]}}'
    with serving(answer(200, body)) as server:
        assert scripted(server).parse_garment(PHOTO) == (None,)


def test_what_the_emulator_calls_none_is_not_worn(open_emulator, person):
    _, client = open_emulator(none="None", worn="top")
    top, bottom = client.parse_garment(person, ["top", "bottom"])
    assert top is not None
    assert bottom is None


def test_pixels_may_be_written_with_a_point(open_emulator, scripted, person):
    running, _ = open_emulator()
    url = running.ctx.publish(person)
    reply = parsed(parsing_img_url=[url], crop_img_url=[url], bbox=[[1.0, 2.0, 30.0, 40]])
    with serving(json_answer(reply)) as server:
        (region,) = scripted(server).parse_garment(PHOTO)
    assert region.bbox == (1, 2, 30, 40)


def test_an_odd_region_loses_no_other(open_emulator, scripted, person):
    running, _ = open_emulator()
    url = running.ctx.publish(person)
    lists = {"parsing_img_url": [url, url], "crop_img_url": [url, url]}
    with serving(json_answer(parsed(**lists, bbox=[[1, 2, 30, 40], [50, 2, 3, 4]]))) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse, match=r"bbox\[1\]") as caught:
            client.parse_garment(PHOTO, ["top", "bottom"])
    error = caught.value
    assert (error.billed, error.retry) == ("yes", "never_automatically")
    assert [*error.regions] == ["top"]
    assert error.regions["top"].crop.source.data == person


def test_what_a_paid_call_found_outlives_the_next_call(open_emulator, scripted, person):
    running, _ = open_emulator()
    url = running.ctx.publish(person)
    first = parsed(parsing_img_url=[url], crop_img_url=[url])
    second = {"code": "InternalError", "message": "An internal error.", "request_id": "r-2"}
    with serving(json_answer(first), json_answer(second, 500)) as server:
        client = scripted(server)
        with pytest.raises(errors.VendorUnavailable, match="found of top is kept") as caught:
            client.parse_garment(PHOTO, ["top", "dress"])
    error = caught.value
    assert (error.billed, error.retry, error.request_id) == ("yes", "never_automatically", "r-2")
    assert error.regions["top"].mask.source.data == person


def test_a_mask_that_is_gone_loses_nothing_else(open_emulator, scripted, person):
    running, _ = open_emulator()
    url, gone = running.ctx.publish(person), running.ctx.address + "/gone.png"
    reply = parsed(parsing_img_url=[gone], crop_img_url=[url])
    with serving(json_answer(reply)) as server:
        client = scripted(server)
        with pytest.raises(errors.DownloadFailed) as caught:
            client.parse_garment(PHOTO)
        assert caught.value.billed == "yes"
        assert caught.value.regions["top"].crop.source.data == person
        assert caught.value.regions["top"].mask.source.url == gone
        (region,) = client.parse_garment(PHOTO, need=["crop"])
    assert region.mask.source.url == gone


@pytest.mark.parametrize("output", [{}, {"task_id": "t-1", "task_status": "PENDING"}])
def test_an_answer_without_any_list_does_not_say_that_nothing_is_worn(scripted, output):
    with serving(json_answer({"output": output, "request_id": "r-1"})) as server:
        client = scripted(server)
        with pytest.raises(errors.UnexpectedResponse, match=r"response\.output") as caught:
            client.parse_garment(PHOTO)
    assert (caught.value.billed, caught.value.request_id) == ("unknown", "r-1")
