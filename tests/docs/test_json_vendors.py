"""The code of the page does what the page says."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from loom import provider
from servers import json_answer, serving
from tryon_core import Client, DeclaredProvider, ImageRules, JobResult, UrlSource, errors, hookimpl
from tryon_core.http import HttpResponse
from tryon_testing import FakeClock

PAGE = (Path(__file__).parents[2] / "docs/how-to/json-vendors.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+\.py) -->\s+```python\n(.*?)```", PAGE, re.DOTALL))
URL = "https://cdn.example/1.png"


@pytest.fixture(scope="module")
def page():
    namespace = {"__name__": "page"}
    for code in BLOCKS.values():
        exec(compile(code, "json-vendors.md", "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


def _photo():
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_local_image_is_a_data_uri_and_an_address_stays_one(page):
    class Sending(DeclaredProvider):
        """Sends as the page does."""

        @hookimpl
        def submit(self, request, ctx):
            return ctx.new_job(page["send"](request, ctx).id_at("id"))

    own = Sending(info=provider.info, table=provider.table, poll_route=provider.poll_route)
    with serving(json_answer({"id": "r1"})) as server:
        url = server.url("")
        with Client(own, clock=FakeClock(), api_key="sk_obviously_fake", base_url=url) as client:
            client.submit(_photo(), top=URL)
    (request,) = server.requests
    uri = f"data:image/jpeg;base64,{base64.b64encode(_photo()).decode()}"
    wear = [{"kind": "top", "image": URL}]
    assert json.loads(request.body) == {"input": {"person": uri}, "wear": wear}


def _answer(data):
    return HttpResponse(
        status=200, headers={}, body=json.dumps(data).encode(), url="https://a.test"
    )


def test_all_images_of_an_answer_are_read(page):
    two = {"data": {"images": [{"url": URL}, {"url": f"{URL}?2"}]}}
    result = page["result"](_answer(two))
    assert isinstance(result, JobResult)
    assert [image.source for image in result.images] == [UrlSource(URL), UrlSource(f"{URL}?2")]
    with pytest.raises(errors.UnexpectedResponse, match="it has nothing @"):
        page["result"](_answer({"data": {"images": []}}))


def test_a_page_is_no_image_and_is_not_shown(page):
    html = base64.b64encode(b"<html>secret</html>" * 99).decode()
    with pytest.raises(errors.UnexpectedResponse) as caught:
        page["result"](_answer({"data": {"images": [{"url": html}]}}))
    assert html[:20] not in str(caught.value)


def test_the_limits_are_those_of_the_declaration():
    assert ImageRules(max_base64_bytes=6_000_000).max_bytes == 4_500_000
