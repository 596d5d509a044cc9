"""`/api/shared-links`: a host's shared links in Immich, changed without losing a setting, and nobody else's."""

import uuid
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from tests.immichdrop.test_albums_api import key_with
from tests.invites.conftest import SHARED_LINKS, Ask, asking

JSON = "application/json"
BOTH = pytest.mark.parametrize("sandbox", [2, 3], indirect=True)  # whose dialects differ here


@BOTH
def test_an_albums_link(ask: Ask, sandbox: Sandbox, album: str) -> None:
    ends = (timezone.now() + timedelta(days=7)).replace(microsecond=0)
    wanted = {
        "description": "Our week",
        "password": "sesame",
        "slug": "beach-week",
        "expiresAt": ends.isoformat(),
        "allowUpload": True,
        "allowDownload": False,
        "showMetadata": True,
    }
    answer = ask("post", albumId=album, **wanted)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert {name: made[name] for name in wanted} == wanted
    assert (made["type"], made["album"]) == ("ALBUM", {"id": album, "albumName": "Summer"})
    assert made["url"] == f"{sandbox.url}/s/beach-week"
    assert ask("get", f"/{made['id']}").json() == made
    assert [link["id"] for link in ask("get", f"?albumId={album}").json()] == [made["id"]]
    assert ask("get", f"?albumId={uuid.uuid4()}").json() == []
    assert ask("delete", f"/{made['id']}").json() == {"ok": True, "deleted": 1}
    assert ask("get").json() == []
    assert ask("delete", f"/{made['id']}").status_code == 404


@BOTH
@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"description": "Another"}, {"description": "Another"}),
        ({"password": None}, {"password": None}),
        ({"slug": "other"}, {"slug": "other"}),
        ({"expiresAt": None}, {"expiresAt": None}),
        ({"allowUpload": True}, {"allowUpload": True}),
        ({"showMetadata": False}, {"showMetadata": False, "allowDownload": False}),
        ({}, {}),
    ],
)
def test_a_change_loses_nothing_else(ask: Ask, album: str, change: dict[str, object], now: dict[str, object]) -> None:
    ends = (timezone.now() + timedelta(days=7)).replace(microsecond=0).isoformat()
    made = ask("post", albumId=album, description="One", password="p", slug="mine", expiresAt=ends).json()
    assert (made["allowUpload"], made["allowDownload"]) == (False, True)
    said = ask("patch", f"/{made['id']}", **change).json()
    said.pop("url"), made.pop("url")
    assert said == {**made, **now}


@BOTH
def test_single_assets_and_more_of_them(ask: Ask, assets: list[str]) -> None:
    made = ask("post", assetIds=assets[:2]).json()
    assert (made["type"], made["album"], sorted(made["assetIds"])) == ("INDIVIDUAL", None, sorted(assets[:2]))
    assert f"/share/{made['key']}" in made["url"]
    nobody = str(uuid.uuid4())
    said = ask("put", f"/{made['id']}/assets", assetIds=[*assets, nobody]).json()
    assert [each["success"] for each in said] == [False, False, True, False]
    assert said[0]["error"] == "duplicate"
    assert len(ask("get", f"/{made['id']}").json()["assetIds"]) == 3
    assert ask("delete", f"/{made['id']}/assets", assetIds=assets[:1]).json() == [
        {"assetId": assets[0], "success": True}
    ]
    assert len(ask("get", f"/{made['id']}").json()["assetIds"]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "assetIds"),
        ({"type": "ALBUM"}, "albumId"),
        ({"albumId": "Summer"}, "albumId"),
        ({"slug": "our wedding"}, "slug"),
        ({"slug": "ünï/?#"}, "slug"),
        ({"slug": "s" * 101}, "slug"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiresAt": "2030-07-14T18:00"}, "expiresAt"),
        ({"expiresAt": "2020-07-14T18:00Z"}, "expiresAt"),
        ({"expiresAt": "0001-01-01T00:00+14:00"}, "expiresAt"),
        ({"description": "d" * 1001}, "description"),
        ({"password": "p" * 201}, "password"),
        ({"allowUpload": "yes"}, "allowUpload"),
    ],
)
def test_what_makes_no_sense(ask: Ask, sandbox: Sandbox, album: str, body: dict[str, object], field: str) -> None:
    whole = body if not body or "type" in body else {"albumId": album, **body}
    answer = ask("post", **whole)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert field in answer.json()["message"]
    assert ask("get").json() == []


@BOTH
def test_a_slug_that_is_taken(ask: Ask, album: str) -> None:
    first, second = ask("post", albumId=album, slug="mine").json(), ask("post", albumId=album).json()
    for answer in (ask("post", albumId=album, slug="mine"), ask("patch", f"/{second['id']}", slug="mine")):
        assert (answer.status_code, answer.json()["error"]) == (400, "slug_taken")
    assert ask("patch", f"/{first['id']}", slug="mine", description="the same again").status_code == 200


@BOTH
def test_what_is_not_there(ask: Ask, album: str) -> None:
    assert ask("post", albumId=str(uuid.uuid4())).status_code == 404
    assert ask("post", assetIds=[str(uuid.uuid4())]).status_code == 404
    for place in (f"/{uuid.uuid4()}", f"/{uuid.UUID(int=7)}", "/unknown"):
        assert [ask(method, place).status_code for method in ("get", "patch", "delete")] == [404] * 3


@BOTH
def test_what_immich_refuses_is_told_with_its_words(ask: Ask, sandbox: Sandbox, album: str) -> None:
    made = ask("post", albumId=album).json()
    answer = ask("put", f"/{made['id']}/assets", assetIds=[str(uuid.uuid4())])
    words = "Immich refuses: Invalid shared link type"
    assert (answer.status_code, answer.json()) == (400, {"error": "refused", "message": words}), "it is an album's"
    sandbox.faults.status, sandbox.faults.error_before = 400, Hits(on=("PATCH /api/shared-links/*",))
    assert ask("patch", f"/{made['id']}", slug="x").json()["error"] == "refused"
    assert ask("get", f"/{made['id']}").json() == made


def test_another_hosts_are_not_there(ask: Ask, sandbox: Sandbox, album: str, settings: LazySettings) -> None:
    made = ask("post", albumId=album).json()
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    client = Client()
    client.force_login(User.objects.create_user("other@example.org"))  # whose links would use the server's key
    other = asking(client)
    before = len(sandbox.requests)
    answers = [other("get"), other("post", albumId=album), other("get", f"/{made['id']}")]
    answers += [other("patch", f"/{made['id']}", slug="x"), other("delete", f"/{made['id']}")]
    answers += [other("put", f"/{made['id']}/assets", assetIds=[])]
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(403, "forbidden")}
    assert len(sandbox.requests) == before, "Immich was not even asked"
    nobody = asking(Client())
    assert [nobody(*what).status_code for what in (("get",), ("get", f"/{made['id']}"))] == [401, 401]
    assert ask("get", f"/{made['id']}").status_code == 200


def test_staff_have_the_servers(host: User, sandbox: Sandbox, album: str, settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    client = Client()
    client.force_login(User.objects.create_user("admin@example.org", is_staff=True))
    assert asking(client)("post", albumId=album).status_code == 201


def test_from_another_site(ask: Ask, client: Client, album: str) -> None:
    body = {"albumId": album}
    for headers in ({"Origin": "https://evil.example.net"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(SHARED_LINKS, body, content_type=JSON, headers=headers).status_code == 403
    assert ask("get").json() == []


def test_a_missing_permission_is_named(ask: Ask, host: User, sandbox: Sandbox, album: str) -> None:
    account = ImmichAccount.objects.get(owner=host)
    account.set_api_key(key_with(sandbox, "sharedLink.read"))
    account.save()
    assert ask("get").status_code == 200
    answer = ask("post", albumId=album)
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert "sharedLink.create" in answer.json()["message"]


def test_immich_is_away(ask: Ask, host: User) -> None:
    ImmichAccount.objects.filter(owner=host).update(base_url="http://127.0.0.1:1")
    assert (ask("get").status_code, ask("get").json()["error"]) == (502, "request_failed")
