"""Later starts: whose the volume is, whoever wrote to it since."""

import json
import os
from pathlib import Path

import pytest
import requests

from tests import pictures
from tests.guest import TusGuest
from tests.image.container import GID, OTHERS, UID, StartOn, owners
from tests.image.dockerfile import words
from tests.serving import PATIENCE

pytestmark = pytest.mark.image


def test_another_puid_takes_all_of_it_over(container: StartOn, data: Path) -> None:
    first = container()
    first.serve()
    made = first.run("python", "manage.py", "create_invite", "--json", "--name", "Party")
    guest = TusGuest(first.url, json.loads(made.stdout)["token"])
    guest.open()
    upload_id = guest.begin(2000)
    assert guest.patch(upload_id, 0, pictures.jpeg(1)[:1000]).status_code == 204
    first.stop()
    second = container(**OTHERS)
    second.serve()
    assert set(owners(data).values()) == {(UID, GID)}
    guest.url = second.url
    assert guest.head(upload_id).headers["Upload-Offset"] == "1000"
    assert guest.patch(upload_id, 1000, b"x" * 1000).status_code == 204


def test_what_was_given_halfway_is_given_to_its_end(container: StartOn, old_volume: Path) -> None:
    """A start was cut off; the folders on the way have their owner already, and a file below them not."""
    for path in (old_volume, old_volume / "chunks", old_volume / "chunks" / "session"):
        os.chown(path, UID, GID)
    assert container(**OTHERS).start("true").wait(PATIENCE) == 0
    assert set(owners(old_volume).values()) == {(UID, GID)}


def test_what_is_mounted_inside_is_left_alone(container: StartOn, data: Path) -> None:
    drop = container(**OTHERS)
    (data / "photos").mkdir()
    said = " ".join(words(drop.made.said["ENTRYPOINT"]))
    script = f"mount -t tmpfs none {data}/photos && touch {data}/photos/1.jpg && {said} stat -c %u {data}/photos/1.jpg"
    done = drop.run("unshare", "--mount", "sh", "-c", script)
    if "Operation not permitted" in done.stderr or "permission denied" in done.stderr:
        pytest.skip("this machine lets nobody mount anything")
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr
    assert owners(data)["."] == (UID, GID)


def test_a_command_beside_it_takes_nothing_away(container: StartOn, data: Path) -> None:
    """`docker compose exec` is root's, also while the server stands still and SQLite makes its files anew."""
    drop = container(**OTHERS)
    drop.serve()
    drop.stop()
    made = drop.run("python", "manage.py", "create_invite", "--json", "--name", "Party")
    later = container(**OTHERS)
    later.serve()
    again = later.run("python", "manage.py", "create_invite", "--json", "--name", "Picnic")
    for each in (made, again):
        guest = TusGuest(later.url, json.loads(each.stdout)["token"])
        assert guest.open().ok
        guest.send(pictures.jpeg(1))
    assert set(owners(data).values()) == {(UID, GID)}


def test_a_volume_in_use_is_not_taken_by_the_next_container(container: StartOn, data: Path) -> None:
    """As in compose.scale.yaml: many start on one volume, and each looks at all of it."""
    drop = container(**OTHERS)
    drop.serve()
    assert container(**OTHERS).start("python", "manage.py", "check").wait(PATIENCE) == 0
    assert requests.get(f"{drop.url}/readyz", timeout=10).json()["ok"]
