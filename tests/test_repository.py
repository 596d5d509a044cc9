"""What is in the repository: pins without addresses, and nothing large."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 500_000  # bytes
NODE = ["", "bench/lighthouse"]  # folders with a package.json


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("folder", NODE)
def test_the_node_lock_names_no_registry(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    assert '"integrity"' in text
    assert '"resolved"' not in text


@pytest.mark.parametrize("folder", NODE)
def test_the_node_lock_and_the_package_agree(folder: str) -> None:
    package = json.loads((ROOT / folder / "package.json").read_text())
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert lock[""].get(kind, {}) == package.get(kind, {})
    for name, version in package["devDependencies"].items():
        assert lock[f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_python_pins_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*", text) == []
    pinned = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert len(pinned) > 20
    assert [line for line in pinned if not re.match(r"[\w.\-]+(\[[\w,\-]+\])?==[\w.]+ ", line)] == []


def test_no_tracked_file_is_large() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in tracked() if path.is_file()}
    assert len(sizes) > 50
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
