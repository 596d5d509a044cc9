"""immich-drop's container is replaced by this image: its environment and its volume, which it wrote as root, stay."""

from pathlib import Path

import pytest
import requests

from immichdrop.sandbox import Sandbox
from tests import pictures
from tests.guest import TusGuest
from tests.image.container import GID, OTHERS, UID, StartOn, identity, nobody_special, owners
from tests.serving import PATIENCE, eventually
from tests.uploads.old_state import token

pytestmark = pytest.mark.image

# As immich-drop's compose files have it.
OLD_ENVIRONMENT = {
    "HOST": "0.0.0.0",
    "MAX_CONCURRENT": "3",
    "PUBLIC_BASE_URL": "https://drop.example.org",
    "PUBLIC_UPLOAD_PAGE_ENABLED": "FALSE",
    "IMMICH_ALBUM_NAME": "dead-drop",
    "CHUNKED_UPLOADS_ENABLED": "true",
    "CHUNK_SIZE_MB": "95",
    "STATE_DB": "/data/state.db",
    "SESSION_SECRET": "",
    "LOG_LEVEL": "DEBUG",
    "TRUSTED_PROXY": "*",
    "GALLERY_DL_SLEEP": "5-15",
}


def test_the_old_environment_and_volume_go_on(container: StartOn, old_volume: Path, immich: Sandbox) -> None:
    outside = old_volume.with_name("outside")
    outside.mkdir()
    (outside / "file").write_text("root's, and not in the volume")
    (old_volume / "a file").symlink_to(outside / "file")
    (old_volume / "a folder").symlink_to(outside)
    drop = container(**OLD_ENVIRONMENT, **OTHERS, IMMICH_BASE_URL=f"{immich.url}/api", IMMICH_API_KEY=immich.api_key)
    process = drop.serve()
    assert identity(process) == nobody_special(UID, GID)
    found = owners(old_volume)
    assert {"state.db", "chunks/session/item/0.part", "a file", "a folder"} <= set(found)
    assert {"spool", "db.sqlite3", "secret"} <= set(found)
    assert set(found.values()) == {(UID, GID)}
    assert set(owners(outside).values()) == {(0, 0)}

    link = requests.get(f"{drop.url}/api/invite/{token(1)}", timeout=10).json()
    assert (link["name"], link["passwordRequired"]) == ("Beach week", True)
    guest = TusGuest(drop.url, token(1))
    guest.open()
    given = guest.session.post(f"{drop.url}/api/invite/{token(1)}/auth", json={"password": "sesame"}, timeout=10)
    assert given.json() == {"ok": True, "authorized": True}
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    # What the health check in its compose files asks.
    assert requests.get(f"{drop.url}/", timeout=10).status_code == 200
    assert drop.stop() == 0


def test_a_secret_is_made_once_where_none_was_set(container: StartOn, old_volume: Path) -> None:
    secrets = set()
    for _ in range(2):
        assert container(**OLD_ENVIRONMENT).start("python", "manage.py", "check").wait(PATIENCE) == 0
        secrets.add((old_volume / "secret").read_text())
    (secret,) = secrets
    assert len(secret) > 40
    assert (old_volume / "secret").stat().st_mode & 0o777 == 0o600
