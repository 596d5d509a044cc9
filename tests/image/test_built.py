"""What the Dockerfile makes, done without an engine, and what an engine would do with it."""

import gzip
import json
import re
from pathlib import Path

import pytest
import requests

from immichdrop.languages import NAMES
from immichdrop.sandbox import Sandbox
from tests import compose, pictures
from tests.guest import TusGuest
from tests.image.container import StartOn, identity, nobody_special, owners
from tests.image.dockerfile import ROOT, Stage
from tests.serving import eventually

pytestmark = pytest.mark.image

# --- what is built


def test_it_has_the_pages_that_make_build_makes(made: Stage) -> None:
    ours, theirs = ROOT / "static" / "dist", made.inside("static/dist")
    names = {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    assert {"app.css", "guest.js", "menu.js", "words/de.js"} <= set(map(str, names))
    assert names == {path.relative_to(ours) for path in ours.rglob("[!.]*") if path.is_file()}
    assert [name for name in names if (ours / name).read_bytes() != (theirs / name).read_bytes()] == []


def test_it_has_every_static_file_once_more_compressed(made: Stage) -> None:
    collected = made.inside("static/collected")
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert {"app.css", "guest.js", "admin/css/base.css"} <= set(names)
    for name in ("app.css", "guest.js"):
        compressed = collected / f"{names[name]}.gz"
        assert gzip.decompress(compressed.read_bytes()) == (collected / names[name]).read_bytes()


def test_its_pages_speak_every_language(made: Stage) -> None:
    assert len(list(made.inside("locale").glob("*/LC_MESSAGES/django.mo"))) == len(NAMES) - 1  # without English


def test_nothing_of_the_build_is_left_in_it(made: Stage) -> None:
    left = {path.name for path in made.inside(".").iterdir()}
    folders = {"immichdrop", "invites", "uploads", "ingest", "templates", "static", "locale"}
    assert left == {"manage.py", "requirements.txt", *folders}
    assert not list(made.inside(".").rglob("node_modules"))


def test_whoever_puid_names_can_read_it(made: Stage) -> None:
    """The build began with a checkout that only its owner may read."""
    found = [path for path in made.inside(".").rglob("*") if path.stat().st_mode & 0o004 == 0]
    assert [str(path) for path in found] == []


# --- a new volume


def test_two_settings_and_the_compose_file_are_enough(container: StartOn, data: Path, immich: Sandbox) -> None:
    """`.env` has Immich's address and key, and nothing else."""
    env_file = {"IMMICH_BASE_URL": immich.url, "IMMICH_API_KEY": immich.api_key}
    (service,) = compose.filled_in(compose.load(ROOT / "compose.yaml"), env_file)["services"].values()
    drop = container(**{**env_file, **service["environment"]})
    process = drop.serve()
    assert identity(process) == nobody_special(1000, 1000)
    assert set(owners(data).values()) == {(1000, 1000)}
    assert requests.get(f"{drop.url}/readyz", timeout=10).json()["immich"] == {"ok": True, "detail": "reachable"}
    made = drop.run("python", "manage.py", "create_invite", "--json", "--name", "Party")
    guest = TusGuest(drop.url, json.loads(made.stdout)["token"])
    guest.open()
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert len(immich.assets()) == 1
    assert drop.stop() == 0


def test_its_files_are_served_compressed_under_one_name(container: StartOn, made: Stage) -> None:
    """The health check asks by another one, and is content all the same."""
    drop = container(ALLOWED_HOSTS="drop.example.org")
    drop.serve()
    assert requests.get(f"{drop.url}/login", headers={"Host": "evil.example.net"}, timeout=10).status_code == 400
    page = requests.get(f"{drop.url}/login", headers={"Host": "drop.example.org"}, timeout=10)
    (style,) = re.findall(r'href="(/static/app\.\w+\.css)"', page.text)
    answer = requests.get(drop.url + style, headers={"Accept-Encoding": "gzip"}, timeout=10)
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "immutable" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) < len(answer.content) / 3
    assert answer.content == made.inside("static/dist/app.css").read_bytes()
