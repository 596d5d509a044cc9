"""An album's shared link that takes uploads becomes an invite: the same album, end and password."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.immich import Immich
from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.invites.conftest import Ask, asking

BOTH = pytest.mark.parametrize("sandbox", [2, 3], indirect=True)


@BOTH
def test_the_same_album_end_and_password(ask: Ask, host: User, album: str) -> None:
    ends = (timezone.now() + timedelta(days=7)).replace(microsecond=0)
    made = ask(
        "post",
        albumId=album,
        description="Our\nweek",
        password="sesame",
        expiresAt=ends.isoformat(),
        allowUpload=True,
    ).json()
    answer = ask("post", f"/{made['id']}/invite")
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["name"], said["albumId"], said["albumName"]) == ("Our week", album, "Summer")
    invite = Invite.objects.get(token=said["token"])
    assert (invite.owner, str(invite.album_id), invite.expires_at) == (host, album, ends)
    assert invite.check_password("sesame")
    assert "sesame" not in invite.password
    assert invite.max_uses == -1
    assert ask("get", f"/{made['id']}").json() == made, "which stays as it is"


def test_without_words_end_or_password(ask: Ask, album: str) -> None:
    made = ask("post", albumId=album, allowUpload=True).json()
    invite = Invite.objects.get(token=ask("post", f"/{made['id']}/invite").json()["token"])
    assert (invite.name, invite.title, invite.expires_at, invite.password) == ("", "Summer", None, "")


def test_what_can_be_none(ask: Ask, album: str, assets: list[str], sandbox: Sandbox) -> None:
    single = ask("post", assetIds=assets).json()
    closed = ask("post", albumId=album).json()
    over = ask("post", albumId=album, allowUpload=True).json()
    before = timezone.now() - timedelta(days=1)
    with Immich(sandbox.url, sandbox.api_key) as immich:
        settings = immich.shared_link(over["id"]).settings
        immich.change_shared_link(over["id"], type(settings)(allow_upload=True, expires_at=before))
    for link, code in ((single, "not_an_album"), (closed, "upload_not_allowed"), (over, "ended")):
        answer = ask("post", f"/{link['id']}/invite")
        assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert Invite.objects.count() == 0


def test_another_hosts_is_not_there(ask: Ask, album: str) -> None:
    made = ask("post", albumId=album, allowUpload=True).json()
    for link_id in (uuid.uuid4(), "unknown"):
        assert ask("post", f"/{link_id}/invite").status_code == 404
    client = Client()
    client.force_login(User.objects.create_user("other@example.org"))
    assert asking(client)("post", f"/{made['id']}/invite").status_code == 403
    assert client.post(f"/menu/shared-links/{made['id']}/invite").status_code == 404
    assert asking(Client())("post", f"/{made['id']}/invite").status_code == 401
    assert Client().post(f"/menu/shared-links/{made['id']}/invite").status_code == 302
    assert Invite.objects.count() == 0


def test_with_one_click(ask: Ask, client: Client, album: str, assets: list[str]) -> None:
    made = ask("post", albumId=album, allowUpload=True, description="Party").json()
    answer = client.post(f"/menu/shared-links/{made['id']}/invite", follow=True)
    token = Invite.objects.get().token
    assert answer.redirect_chain == [(f"/menu?made={token}", 302)]
    single = ask("post", assetIds=assets).json()
    page = client.post(f"/menu/shared-links/{single['id']}/invite", follow=True).content.decode()
    assert "This shared link shows single photos" in page
    for link_id in ("unknown", str(uuid.uuid4())):
        assert client.post(f"/menu/shared-links/{link_id}/invite").status_code == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example.net"}, {"Sec-Fetch-Site": "cross-site"}])
def test_from_another_site(ask: Ask, client: Client, album: str, headers: dict[str, str]) -> None:
    made = ask("post", albumId=album, allowUpload=True).json()
    assert client.post(f"/api/shared-links/{made['id']}/invite", headers=headers).status_code == 403
    assert Invite.objects.count() == 0
