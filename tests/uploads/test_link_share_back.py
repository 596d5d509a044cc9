"""The hosts' pages for sharing back, without script: made, changed, revealed and taken down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from immichdrop import connecting
from immichdrop.immich import Immich, LinkSettings
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite, ShareBack
from invites.revealing import photos_address
from tests import pictures
from tests.contract.conftest import upload_of
from tests.immichdrop.test_albums_api import key_with
from tests.uploads.conftest import Receive

GOOD = {"ends": "never", "show_metadata": "on", "allow_download": "on", "reveal": "never", "time_zone": "Asia/Tokyo"}


@pytest.fixture
def path(link: Invite) -> str:
    return f"/menu/links/{link.token}/share-back"


@pytest.fixture
def photos(library: ImmichAccount, sandbox: Sandbox, received: Receive) -> list[str]:
    """Two that came through the link."""
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assets = [immich.upload(upload_of(pictures.jpeg(number))).id for number in range(2)]
    for asset in assets:
        received(account=library, asset_id=asset, delivered_at=timezone.now())
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


def test_nothing_came_yet(at_home: Client, path: str, library: ImmichAccount, link: Invite) -> None:
    assert "Nothing has come into Immich through this link yet" in text(at_home, path)
    Invite.objects.filter(pk=link.pk).update(album_name="Party")
    assert "The album is made with the first file" in text(at_home, path)
    answer = at_home.post(path, {**GOOD, "description": "Kept as typed"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("The album is made with the first file") == 1
    assert "Kept as typed" in page
    assert ShareBack.objects.count() == 0


def test_immich_has_nothing_of_it_any_more(at_home: Client, path: str, photos: list[str], sandbox: Sandbox) -> None:
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets(photos, force=True)
    sandbox.run_jobs()
    answer = at_home.post(path, {**GOOD, "description": "Kept as typed"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Immich doesn’t have these photos any more" in page
    assert "Kept as typed" in page
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
    at_home: Client, path: str, photos: list[str], library: ImmichAccount, sandbox: Sandbox
) -> None:
    library.set_api_key(key_with(sandbox, "sharedLink.read"))
    library.save()
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
    page = text(at_home, details)
    assert "What comes later is not added to the shared link." in page
    assert "sharedLink.update" in page
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


@pytest.mark.parametrize(
    ("type_of", "trouble", "detail", "said"),
    [
        ("INDIVIDUAL", "forbidden", "sharedLink.update", ["What comes later is not added", "tick:"]),
        ("INDIVIDUAL", "forbidden", "sharedLink.read", ["It can’t be seen whether", "tick:"]),
        ("INDIVIDUAL", "forbidden", "", ["What comes later is not added", "take this key any more", "/account"]),
        ("INDIVIDUAL", "refused", "Out of order", ["What comes later", "says “Out of order”.", "Add it in Immich"]),
        ("ALBUM", "forbidden", "sharedLink.read", ["It can’t be seen whether", "tick:"]),
        ("ALBUM", "forbidden", "", ["It can’t be seen whether", "take this key any more"]),
        ("ALBUM", "refused", "Out of order", ["It can’t be seen whether", "says “Out of order”."]),
    ],
)
def test_why_it_is_not_looked_after(
    at_home: Client, path: str, photos: list[str], type_of: str, trouble: str, detail: str, said: list[str]
) -> None:
    at_home.post(path, GOOD)
    ShareBack.objects.update(type=type_of, trouble=trouble, trouble_detail=detail)
    page = text(at_home, path.removesuffix("/share-back"))
    for words in ("It can’t be seen", "What comes later is not", "tick:", "Add it in Immich", "says “"):
        assert (words in page) == any(words in each or each in words for each in said), words
    for words in said:
        assert words in page


# --- after another account


def now_revealed(client: Client, path: str) -> ShareBack:
    assert client.post(path, {**GOOD, "reveal": "now"}).status_code == 302
    row = ShareBack.objects.get()
    assert row.reveal_at
    return row


def test_a_host_without_a_library_takes_the_reveal_back(
    at_home: Client, host: User, path: str, photos: list[str], link: Invite, sandbox: Sandbox, settings: LazySettings
) -> None:
    row = now_revealed(at_home, path)
    assert photos_address(link, None) == row.address
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    connecting.disconnect(host)
    asked = len(sandbox.requests)
    assert photos_address(link, None) is None, "it is in no library of this link's"
    assert "this link doesn’t fill any more" in text(at_home, path.removesuffix("/share-back"))
    page = text(at_home, path)
    assert "this link doesn’t fill any more" in page
    assert row.address in page
    assert "?edit" not in page
    assert "this link doesn’t fill any more" in text(at_home, f"{path}?edit")
    assert at_home.post(f"{path}/reveal", {"reveal": "date", "reveal_at": ""}).status_code == 422
    assert at_home.post(f"{path}/reveal", {"reveal": "never"})["Location"] == path
    assert ShareBack.objects.get().reveal_at is None
    assert len(sandbox.requests) == asked, "Immich was not even asked"


def test_connected_again_it_is_as_it_was(
    at_home: Client, host: User, path: str, photos: list[str], link: Invite, sandbox: Sandbox
) -> None:
    row = now_revealed(at_home, path)
    connecting.disconnect(host)
    assert photos_address(link, None) is None
    connecting.keep_key(host, sandbox.api_key)
    assert photos_address(link, None) == row.address
    assert "?edit" in text(at_home, path)


def test_staff_with_a_library_of_their_own_by_now_forget_the_servers(
    at_home: Client, host: User, path: str, link: Invite, received: Receive, sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    User.objects.filter(pk=host.pk).update(is_staff=True)
    with Immich(sandbox.url, sandbox.api_key) as immich:
        asset = immich.upload(upload_of(pictures.jpeg(1))).id
    received(asset_id=asset, delivered_at=timezone.now())
    row = now_revealed(at_home, path)
    connecting.keep_key(host, sandbox.api_key)
    assert photos_address(link, None) is None
    page = text(at_home, path)
    assert "this link doesn’t fill any more" in page
    assert "Connect your own" not in page
    assert at_home.post(f"{path}/delete", {"sure": "1"})["Location"] == path, "it can't be deleted in Immich"
    api = f"/api/invite/{link.token}/shared-link"
    told = [at_home.get(api), at_home.patch(api, {"slug": "x"}, content_type="application/json"), at_home.delete(api)]
    assert {(answer.status_code, answer.json()["error"]) for answer in told} == {(403, "forbidden")}
    assert "does not deliver into any more" in told[0].json()["message"]
    assert ShareBack.objects.get() == row
    assert "Only Immich Drop forgets it" in at_home.post(f"{path}/delete", {"how": "forget"}).content.decode()
    assert at_home.post(f"{path}/delete", {"how": "forget", "sure": "1"})["Location"] == path.removesuffix(
        "/share-back"
    )
    assert ShareBack.objects.count() == 0
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assert [each.id for each in immich.shared_links()] == [str(row.link_id)]


def test_what_can_be_deleted_is_not_forgotten(at_home: Client, path: str, photos: list[str]) -> None:
    row = now_revealed(at_home, path)
    assert at_home.post(f"{path}/delete", {"how": "forget", "sure": "1"})["Location"] == path
    assert ShareBack.objects.get() == row


def test_an_owner_reveals_what_staff_shared_back(
    at_home: Client, path: str, link: Invite, received: Receive, sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    with Immich(sandbox.url, sandbox.api_key) as immich:
        asset = immich.upload(upload_of(pictures.jpeg(1))).id
    received(asset_id=asset, delivered_at=timezone.now())
    staff = Client()
    staff.force_login(User.objects.create_user("admin@example.org", is_staff=True))
    row = now_revealed(staff, path)
    assert row.address in text(at_home, path.removesuffix("/share-back"))
    page = text(at_home, path)
    assert "in a library that is not yours" in page
    assert "?edit" not in page
    assert at_home.post(f"{path}/reveal", {"reveal": "never"})["Location"] == path
    assert ShareBack.objects.get().reveal_at is None
    at_home.post(f"{path}/delete", {"sure": "1"})
    at_home.post(f"{path}/delete", {"sure": "1", "how": "forget"})
    assert ShareBack.objects.get() == row


# --- after another album


def test_a_link_with_another_album_says_so(
    at_home: Client, path: str, photos: list[str], link: Invite, sandbox: Sandbox
) -> None:
    details = path.removesuffix("/share-back")
    with Immich(sandbox.url, sandbox.api_key) as immich:
        first, second = immich.create_album("One").id, immich.create_album("Two").id
    at_home.post(path, GOOD)
    for album, said in ((None, ""), (first, "another album by now, which the shared link"), (None, "")):
        Invite.objects.filter(pk=link.pk).update(album_id=album)
        for page in (text(at_home, path), text(at_home, details)):
            assert ("Make it anew" in page) == bool(said)
            assert said in page
    Invite.objects.filter(pk=link.pk).update(album_id=first)
    assert "Make the shared link anew?" in at_home.post(f"{path}/delete", {"how": "anew"}).content.decode()
    assert at_home.post(f"{path}/delete", {"how": "anew", "sure": "1"})["Location"] == path
    assert at_home.post(path, GOOD)["Location"] == f"{path}?made"
    assert "Make it anew" not in text(at_home, f"{path}?made")
    row = ShareBack.objects.get()
    assert (row.type, str(row.album_id)) == ("ALBUM", first)
    for changed, said in (
        ({"album_id": second}, "another album by now, which the shared link"),
        ({"album_id": None, "album_name": "Not made yet"}, ""),
        ({"album_id": None, "album_name": ""}, "fills no album any more"),
        ({"album_id": first}, ""),
    ):
        Invite.objects.filter(pk=link.pk).update(**changed)
        for page in (text(at_home, path), text(at_home, details)):
            assert ("Make it anew" in page) == bool(said)
            assert said in page


# --- made anew


FORMER = {
    "slug": "Beach",
    "password": "sesame",
    "description": "Ours",
    "ends": "date",
    "expires_at": "2099-07-14T18:00",
}


@pytest.mark.parametrize("gone", ["made anew", "deleted in Immich"])
def test_another_one_begins_with_the_former_settings(
    at_home: Client, path: str, photos: list[str], immich: Immich, gone: str
) -> None:
    said = {**GOOD, **FORMER, "reveal": "now"}
    del said["allow_download"]
    assert at_home.post(path, said).status_code == 302
    row = ShareBack.objects.get()
    before = immich.shared_link(str(row.link_id)).settings
    assert "sesame" not in row.encrypted_settings
    if gone == "made anew":
        immich.change_shared_link(str(row.link_id), replace(before, description="Changed there"))
        before = replace(before, description="Changed there")
        answer = at_home.post(f"{path}/delete", {"sure": "1", "how": "anew"})
        assert (answer.status_code, answer["Location"]) == (302, path)
    else:
        immich.delete_shared_link(str(row.link_id))
        at_home.get(path)  # which notices
    assert immich.shared_links() == []
    page = at_home.get(path)
    assert "It begins with the former settings." in page.content.decode()
    form, reveal = page.context["form"], page.context["reveal"]
    sent = {name: value for name, value in form.initial.items() if value is not False}
    answer = at_home.post(path, {**sent, **reveal.initial, "time_zone": "UTC"})
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?made"), answer.content.decode()
    made = ShareBack.objects.get()
    assert immich.shared_link(str(made.link_id)).settings == before
    assert (made.pk != row.pk, made.reveal_at) == (True, row.reveal_at)


def test_an_end_that_is_over_is_not_taken_over(at_home: Client, path: str, photos: list[str], immich: Immich) -> None:
    assert at_home.post(path, {**GOOD, "slug": "beach"}).status_code == 302
    row = ShareBack.objects.get()
    row.keep(LinkSettings(slug="beach", expires_at=timezone.now() - timedelta(days=1)))
    row.save()
    immich.delete_shared_link(str(row.link_id))
    at_home.get(path)
    form = at_home.get(path).context["form"]
    assert (form.initial["ends"], form.initial["slug"]) == ("never", "beach")


@pytest.mark.parametrize("kept", ["", "not ours"])
def test_settings_that_nobody_can_read_any_more(
    at_home: Client, path: str, photos: list[str], immich: Immich, kept: str
) -> None:
    """Such as after the server's secret was changed, or of an older version."""
    assert at_home.post(path, {**GOOD, "slug": "beach"}).status_code == 302
    row = ShareBack.objects.get()
    immich.delete_shared_link(str(row.link_id))
    at_home.get(path)
    ShareBack.objects.update(encrypted_settings=kept)
    page = at_home.get(path)
    assert page.context["form"].initial["slug"] == ""
    assert "It begins with" not in page.content.decode()


def test_what_staff_set_is_not_told_to_another_librarys_host(
    at_home: Client, path: str, photos: list[str], link: Invite, immich: Immich
) -> None:
    assert at_home.post(path, {**GOOD, "password": "sesame"}).status_code == 302
    row = ShareBack.objects.get()
    immich.delete_shared_link(str(row.link_id))
    at_home.get(path)
    ShareBack.objects.update(account=ImmichAccount.objects.environment())
    assert "sesame" not in text(at_home, path)
