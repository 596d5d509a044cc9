"""The image's entrypoint: as whom the command runs, whose the volume is then, and what is said where that can't be."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.image.container import GID, OTHERS, UID, Container, StartOn, identity, nobody_special, owners
from tests.image.dockerfile import Stage, words
from tests.serving import PATIENCE

pytestmark = pytest.mark.image

# --- other users


def test_it_runs_as_the_user_that_the_compose_file_names(container: StartOn, data: Path) -> None:
    os.chown(data, UID, GID)
    drop = container(PUID="1", PGID="1")
    process = drop.serve(user=UID, group=GID, extra_groups=[])
    assert identity(process) == nobody_special(UID, GID)
    assert set(owners(data).values()) == {(UID, GID)}


@pytest.mark.parametrize("theirs", ["", "db.sqlite3", "spool"])
def test_a_folder_that_it_cant_write_to_is_said(container: StartOn, data: Path, theirs: str) -> None:
    (data / "spool").mkdir()
    (data / "db.sqlite3").touch(mode=0o644)
    for path in (data, data / "spool", data / "db.sqlite3"):
        os.chown(path, UID, GID)
    os.chown(data / theirs, 0, 0)
    said = container().refused(user=UID, group=GID, extra_groups=[])
    assert said.startswith("Immich Drop can't start: DATA_DIR is ")
    assert f"user {UID}:{GID} may not write to {data / theirs}, which belongs to 0:0" in said
    assert f"chown -R {UID}:{GID}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["PUID", "PGID"])
@pytest.mark.parametrize("value", ["me", "-1", "4294967295", "1000:1000"])
def test_a_wrong_user_is_refused_by_name(container: StartOn, data: Path, name: str, value: str) -> None:
    said = container(**{name: value}).refused()
    wanted = "a whole number from 0 to 4294967294"
    assert said == f"Immich Drop can't start: {name} is {value!r}, but must be {wanted}.\n"
    assert owners(data) == {".": (0, 0)}


def test_an_empty_puid_is_unset(container: StartOn, data: Path) -> None:
    container(PUID="", PGID=" ").start("true").wait(PATIENCE)
    assert owners(data) == {".": (1000, 1000)}


def test_puid_0_stays_root(container: StartOn, data: Path) -> None:
    """Under a rootless engine root is the user outside."""
    os.chown(data, UID, GID)
    assert container(PUID="0", PGID="0").start("sh", "-c", "id -u > $DATA_DIR/who").wait(PATIENCE) == 0
    assert (data / "who").read_text() == "0\n"
    assert set(owners(data).values()) == {(0, 0)}


# --- what else the entrypoint starts, or does not


def test_it_gives_its_place_to_the_command(container: StartOn, data: Path) -> None:
    """The same process, so that signals reach it, with none of root's groups."""
    drop = container(**OTHERS)
    process = drop.start("sh", "-c", "echo $$ $HOME $(umask) $(id -u) $(id -G); exit 7", extra_groups=[0, 4])
    assert process.wait(PATIENCE) == 7
    assert drop.log.read_text().split() == [str(process.pid), str(data), "0077", str(UID), str(GID)]


def test_a_command_that_is_not_there_is_said(container: StartOn) -> None:
    drop = container()
    assert drop.refused("serve") == "Can't start 'serve': No such file or directory.\n"


def test_without_a_command_it_says_how(made: Stage) -> None:
    done = subprocess.run(
        words(made.said["ENTRYPOINT"]),
        cwd=made.inside("."),
        env={"PATH": made.path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, "python manage.py serve" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("path", "said"), [("/", "a folder of its own"), ("/proc/immich-drop", "a folder this user may write to")]
)
def test_a_data_folder_that_cant_be_is_refused(container: StartOn, path: str, said: str) -> None:
    refused = container(DATA_DIR=path).refused()
    assert refused.startswith(f"Immich Drop can't start: DATA_DIR is {path!r}, but must be {said}")


def with_capabilities(drop: Container, capabilities: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command through the entrypoint, as root with no other capabilities than these."""
    limited = ["setpriv", "--inh-caps=-all", f"--bounding-set=-all,{capabilities}", "--"]
    return drop.run(*limited, *words(drop.made.said["ENTRYPOINT"]), *command)


def test_four_capabilities_are_enough(container: StartOn, old_volume: Path) -> None:
    (old_volume / "chunks").chmod(0o700)
    os.chown(old_volume / "chunks", GID, GID)
    done = with_capabilities(container(**OTHERS), "+chown,+dac_read_search,+setuid,+setgid", "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(owners(old_volume).values()) == {(UID, GID)}


@pytest.mark.parametrize(
    ("capabilities", "said"),
    [
        ("+dac_read_search,+setuid,+setgid", "can't be given to PUID and PGID, 4321:4322 (Operation not permitted)"),
        ("+chown,+setuid,+setgid", "can't be given to PUID and PGID, 4321:4322 (Permission denied)"),
        ("+chown,+dac_read_search", "Root may not become PUID and PGID, 4321:4322 (Operation not permitted)"),
    ],
)
def test_a_missing_capability_is_said(container: StartOn, data: Path, capabilities: str, said: str) -> None:
    """So it is where a file system knows no owners."""
    (data / "spool").mkdir(mode=0o700)
    os.chown(data / "spool", GID, GID)
    done = with_capabilities(container(**OTHERS), capabilities, "true")
    assert done.returncode == 1
    assert done.stderr.startswith("Immich Drop can't start: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
