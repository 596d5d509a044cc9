"""The installation's secret is made once, by whoever comes first, and is its owner's alone."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from immichdrop.secret import load_or_make
from tests.serving import ROOT


def test_it_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    made = load_or_make(path)
    assert len(made) >= 50
    assert load_or_make(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]  # no draft is left


def test_two_installations_differ(tmp_path: Path) -> None:
    assert load_or_make(tmp_path / "one") != load_or_make(tmp_path / "two")


def test_one_that_was_put_there_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("chosen by the administrator\n")
    assert load_or_make(path) == "chosen by the administrator"


def test_many_threads_at_once_agree(tmp_path: Path) -> None:
    start = threading.Barrier(16)

    def come() -> str:
        start.wait(timeout=10)
        return load_or_make(tmp_path / "secret")

    with ThreadPoolExecutor(16) as pool:
        seen = {future.result() for future in [pool.submit(come) for _ in range(16)]}
    assert len(seen) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_two_processes_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from immichdrop.secret import load_or_make;"
        "print('ready', flush=True); sys.stdin.readline();"
        "print(load_or_make(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "secret")]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=30)[0].strip() for process in both}
    assert said == {(tmp_path / "secret").read_text()}
    assert [process.returncode for process in both] == [0, 0]
