import io
import json
import sys

import pytest

from tryon_batch.cli.documents import print_event


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_event_can_be_written_whatever_the_output_can_hold(monkeypatch, encoding):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    print_event("failed", {"message": "没有人"})
    told = json.loads(written.getvalue().decode(encoding))
    assert told == {"event": "failed", "message": "没有人"}
