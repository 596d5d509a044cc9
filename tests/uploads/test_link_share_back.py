"""The hosts' pages for sharing back, without script: made, changed, revealed and taken down."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.immich import Immich, LinkSettings
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite, ShareBack
from tests import pictures
from tests.contract.conftest import upload_of
from tests.immichdrop.test_albums_api import key_with
from tests.uploads.conftest import Receive

GOOD = {"ends": "never", "show_metadata": "on", "allow_download": "on", "reveal": "never", "time_zone": "Asia/Tokyo"}


@pytest.fixture
def account(host: User, sandbox: Sandbox) -> ImmichAccount:
    account = ImmichAccount(owner=host, base_url=sandbox.url, connected=True)
    account.set_api_key(sandbox.api_key)
    account.save()
    return account


@pytest.fixture
def path(link: Invite) -> str:
    return f"/menu/links/{link.token}/share-back"


@pytest.fixture
def photos(account: ImmichAccount, sandbox: Sandbox, received: Receive) -> list[str]:
    """Two that came through the link."""
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assets = [immich.upload(upload_of(pictures.jpeg(number))).id for number in range(2)]
    for asset in assets:
        received(account=account, asset_id=asset, delivered_at=timezone.now())
    return assets


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_made_changed_and_taken_down(at_home: Client, path: str, photos: list[str], sandbox: Sandbox) -> None:
    page = text(at_home, path)
    assert "Let your guests see the 2 photos and videos that came through this link" in page
    assert "allow_upload" not in page, "which albums alone know"
    answer = at_home.post(path, {**GOOD, "slug": "beach", "password": "sesame", "description": "Ours"})
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?made")
    page = text(at_home, answer["Location"])
    assert "Ready to share" in page
    assert f"{sandbox.url}/s/beach" in page
    row = ShareBack.objects.get()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assert sorted(immich.shared_link(str(row.link_id)).asset_ids) == sorted(photos)
    assert at_home.post(path, GOOD).status_code in (200, 302)
    assert ShareBack.objects.count() == 1

    assert 'value="beach"' in text(at_home, f"{path}?edit")
    changed = {**GOOD, "slug": "sea", "ends": "week", "description": "Ours", "password": "sesame"}
    assert at_home.post(f"{path}?edit", changed).status_code == 302
    row.refresh_from_db()
    assert row.address == f"{sandbox.url}/s/sea"
    assert row.expires_at
    assert row.expires_at > timezone.now()
    assert "Saved" in text(at_home, path)

    assert "Delete the shared link?" in at_home.post(f"{path}/delete").content.decode()
    assert ShareBack.objects.count() == 1
    assert at_home.post(f"{path}/delete", {"sure": "1"})["Location"] == path.removesuffix("/share-back")
    assert ShareBack.objects.count() == 0
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assert immich.shared_links() == []


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ({"reveal": "never"}, None),
        ({"reveal": "date", "reveal_at": "2031-07-14T18:00"}, datetime(2031, 7, 14, 9, tzinfo=UTC)),
        ({"reveal": "date", "reveal_at": "2021-07-14T18:00"}, datetime(2021, 7, 14, 9, tzinfo=UTC)),
    ],
)
def test_when_guests_find_it(
    at_home: Client, path: str, photos: list[str], said: dict[str, str], at: datetime | None
) -> None:
    at_home.post(path, {**GOOD, **said})
    assert ShareBack.objects.get().reveal_at == at
    ShareBack.objects.update(reveal_at=None)
    assert at_home.post(f"{path}/reveal", {"time_zone": "Asia/Tokyo", **said})["Location"] == path
    assert ShareBack.objects.get().reveal_at == at


def test_now_stays_the_moment_it_was(at_home: Client, path: str, photos: list[str]) -> None:
    at_home.post(path, {**GOOD, "reveal": "now"})
    first = ShareBack.objects.get().reveal_at
    assert first
    assert timezone.now() - first < timedelta(minutes=1)
    at_home.post(f"{path}/reveal", {"reveal": "now"})
    assert ShareBack.objects.get().reveal_at == first


@pytest.mark.parametrize("at", ["", "tomorrow", "9999-12-31T23:59", "0001-01-01T00:00", "2031-07-14T18:00+02:00x"])
def test_a_moment_that_is_none(at_home: Client, path: str, photos: list[str], at: str) -> None:
    said = {
        **GOOD,
        "reveal": "date",
        "reveal_at": at,
        "time_zone": "Pacific/Kiritimati" if at[:1] == "0" else "Etc/GMT+12",
    }
    answer = at_home.post(path, said)
    assert answer.status_code == 422
    assert "A day and a time are wanted" in answer.content.decode()
    assert ShareBack.objects.count() == 0
    at_home.post(path, GOOD)
    assert at_home.post(f"{path}/reveal", said).status_code == 422
    assert ShareBack.objects.get().reveal_at is None


def test_what_immich_does_not_take(at_home: Client, path: str, photos: list[str], sandbox: Sandbox) -> None:
    with Immich(sandbox.url, sandbox.api_key) as immich:
        from_elsewhere = immich.create_shared_link(asset_ids=photos, settings=LinkSettings(slug="beach"))
    answer = at_home.post(path, {**GOOD, "slug": "beach", "description": "Kept as typed"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This address is taken" in page
    assert "Kept as typed" in page
    assert from_elsewhere.slug == "beach"


def test_nothing_came_yet(at_home: Client, path: str, account: ImmichAccount, link: Invite) -> None:
    assert "Nothing has come into Immich through this link yet" in text(at_home, path)
    Invite.objects.filter(pk=link.pk).update(album_name="Party")
    assert "The album is made with the first file" in text(at_home, path)
    at_home.post(path, GOOD)
    assert ShareBack.objects.count() == 0


def test_in_a_library_that_is_not_the_hosts(at_home: Client, path: str, link: Invite) -> None:
    assert "in a library that is not yours" in text(at_home, path)
    assert at_home.post(path, GOOD).status_code == 403
    assert "Share back" not in text(at_home, path.removesuffix("/share-back"))
    assert ShareBack.objects.count() == 0


def test_immich_is_away(at_home: Client, path: str, photos: list[str]) -> None:
    at_home.post(path, {**GOOD, "slug": "beach"})
    ImmichAccount.objects.update(base_url="http://127.0.0.1:1")
    answer = at_home.get(path)
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "reached right now" in page
    assert "/s/beach" in page, "what is known is shown"
    assert at_home.post(f"{path}/delete", {"sure": "1"})["Location"] == path
    assert ShareBack.objects.count() == 1


def test_an_address_that_no_code_holds(at_home: Client, path: str, photos: list[str], sandbox: Sandbox) -> None:
    at_home.post(path, GOOD)
    row, slug = ShareBack.objects.get(), "s" * 4000
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.change_shared_link(str(row.link_id), LinkSettings(slug=slug))
    page = text(at_home, path)
    assert slug in page
    assert "QR code for" not in page


def test_what_a_key_lacks_is_named(
    at_home: Client, path: str, photos: list[str], account: ImmichAccount, sandbox: Sandbox
) -> None:
    account.set_api_key(key_with(sandbox, "sharedLink.read"))
    account.save()
    answer = at_home.post(path, {**GOOD, "description": "Kept as typed"})
    assert answer.status_code == 422
    assert "The API key lacks sharedLink.create" in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()


def test_the_links_page_says_what_is_wrong(at_home: Client, path: str, photos: list[str]) -> None:
    details = path.removesuffix("/share-back")
    assert "Let your guests see what came through this link" in text(at_home, details)
    at_home.post(path, GOOD)
    assert "Guests don’t find it at their page" in text(at_home, details)
    ShareBack.objects.update(trouble="forbidden", trouble_detail="sharedLink.update", look_at=timezone.now())
    assert "sharedLink.update" in text(at_home, details)
    before = timezone.now()
    at_home.post(f"{path}/retry")
    row = ShareBack.objects.get()
    assert row.look_at
    assert row.look_at >= before
    ShareBack.objects.update(trouble="gone", look_at=None)
    assert "The shared link was deleted in Immich" in text(at_home, details)
    assert "The shared link was deleted in Immich" in text(at_home, path)
    assert at_home.post(path, GOOD)["Location"] == f"{path}?made"
    assert ShareBack.objects.get().trouble == ""
