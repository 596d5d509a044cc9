"""The manifest and the service worker's address: languages, icons, versions, and the way out."""

import io
import json
import re

import pytest
from django.conf import LazySettings
from django.test import Client
from PIL import Image

from tests.serving import ROOT


def test_the_manifest_speaks_the_pages_language(client: Client) -> None:
    answer = client.get("/manifest.webmanifest?lang=ar")
    said = answer.json()
    assert answer["Content-Type"] == "application/manifest+json"
    assert (said["lang"], said["dir"], said["id"], said["scope"]) == ("ar", "rtl", "/", "/")
    assert said["description"] != client.get("/manifest.webmanifest?lang=en").json()["description"]
    target = said["share_target"]
    assert (target["action"], target["method"], target["enctype"]) == ("/share", "POST", "multipart/form-data")
    assert target["params"]["files"] == [{"name": "files", "accept": ["image/*", "video/*"]}]
    assert said["start_url"] == "/share"


def test_its_icons_are_what_it_says(client: Client) -> None:
    icons = client.get("/manifest.webmanifest").json()["icons"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in icons:
        content = (ROOT / "static" / "collected" / icon["src"].removeprefix("/static/")).read_bytes()
        picture = Image.open(io.BytesIO(content)).convert("RGBA")
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
        see_through = picture.getpixel((0, 0))[3] == 0
        assert see_through == (icon["purpose"] == "any"), "a maskable icon fills its square"


def shell(client: Client, language: str) -> dict[str, object]:
    answer = client.get("/sw.js", {"language": language})
    assert answer["Cache-Control"] == "no-cache"
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer.cookies == {}, "no choice of a language"
    said = re.match(r"self\.SHELL = (.*);\nimportScripts\(", answer.content.decode())
    assert said
    return json.loads(said[1])


def test_the_workers_version_is_that_of_what_it_keeps(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    english = shell(client, "en")
    assert english == shell(client, "nonsense")
    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", name) for name in english["files"])
    german = shell(client, "de")
    assert german["version"] != english["version"]
    assert any("/words/de." in name for name in german["files"])
    monkeypatch.setattr("immichdrop.installing.SHELL_FILES", ("app.css",))
    assert shell(client, "en")["version"] != english["version"]


def test_a_worker_that_has_to_go(client: Client, settings: LazySettings) -> None:
    settings.SERVICE_WORKER_ENABLED = False
    assert "unregister" in client.get("/sw.js").content.decode()


@pytest.mark.django_db
def test_what_the_worker_keeps_knows_nobody(client: Client, django_user_model: type) -> None:
    def page(path: str) -> str:
        return client.get(path, {"lang": "en"}).content.decode()

    before = [page("/offline"), page("/share")]
    client.force_login(django_user_model.objects.create_user("lena@example.org", name="Lena"))
    assert [page("/offline"), page("/share")] == before
