"""The files that a hosting service and `pre-commit` read fit the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PICTURES = {".gif", ".jpeg", ".jpg", ".png", ".webp"}


def _read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_pre_commit_runs_the_linter_of_nox():
    (repository,) = _read(ROOT / ".pre-commit-config.yaml")["repos"]
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in repository["hooks"]]
    assert entries == ["ruff check", "ruff format --check"]
    nox = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for entry in entries:
        words = ", ".join(f'"{word}"' for word in entry.split())
        assert f"session.run({words})" in nox


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_issue_form_has_what_the_hosting_service_needs(form):
    read = _read(form)
    if form.name == "config.yml":
        assert read["contact_links"]
        return
    assert {"name", "description", "body"} <= set(read)
    ids = [part["id"] for part in read["body"]]
    assert len(ids) == len(set(ids))
    assert any(part.get("validations", {}).get("required") for part in read["body"])


def test_pictures_lie_in_folders_of_images_only():
    git = shutil.which("git")
    if not git:
        pytest.skip("git tells which files are kept")
    command = [git, "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(listed.stderr)
    kept = [Path(name) for name in listed.stdout.splitlines()]
    stray = [str(path) for path in kept if path.suffix in PICTURES and path.parent.name != "images"]
    assert not stray
