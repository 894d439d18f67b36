import os

import pytest

from tryon_local.perception.quiet import without_announcement


def _write(*lines):
    os.write(2, b"".join(line + b"\n" for line in lines))


def test_only_the_announcement_is_held_back(capfd):
    with without_announcement():
        _write(b"before", b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.", b"after")
    _write(b"later")
    assert capfd.readouterr().err == "before\nafter\nlater\n"


def test_what_was_written_before_a_fault_is_shown(capfd):
    with pytest.raises(ZeroDivisionError), without_announcement():
        raise ZeroDivisionError(_write(b"the reason"))
    assert capfd.readouterr().err == "the reason\n"
