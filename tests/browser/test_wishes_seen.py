"""A host reads what guests want out of Immich, says that it is done, and finds a guest by the code on the receipt."""

import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from immichdrop.models import ImmichAccount, User
from invites import guests, receipts
from invites.models import Guest, Invite, Visit
from tests.browser.conftest import DESKTOP, PHONE, OpenMenu, axe
from uploads.models import Upload

LONG = f"Urlaub_{'sehr_' * 30}lang.jpg"


@pytest.fixture
def link(host: User, settings: Settings) -> Invite:
    settings.IMMICH_EXTERNAL_URL = "https://photos.example.org"
    return Invite.objects.create(name="Beach week", owner=host, album_name="Summer")


def sent(link: Invite, guest: Guest, filename: str, **fields: object) -> Upload:
    account, now = ImmichAccount.objects.environment(), timezone.now()
    whole = {"size": 4_200_000, "offset": 4_200_000, "received_at": now, "bytes_deleted_at": now}
    return Upload.objects.create(
        **{"invite": link, "account": account, "guest": guest, "filename": filename, **whole, **fields}
    )


@pytest.fixture
def maria(link: Invite) -> Guest:
    maria, other = guests.create()[0], guests.create()[0]
    Visit.objects.create(guest=maria, invite=link, name="Aunt Maria")
    Visit.objects.create(guest=other, invite=link, name="x" * 80)
    reason = "Its guest took it back. Please move it to the trash in Immich: the API key may not."
    for guest, name in ((maria, "me.jpg"), (other, LONG)):
        sent(link, guest, name, status="discarded", asset_id=uuid.uuid4(), withdrawal="refused", message=reason)
        sent(link, guest, f"in {name}", status="delivered")
    sent(link, other, "stuck.jpg", status="failed", message="Immich refused the file.")
    return maria


@pytest.mark.parametrize(("device", "theme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_a_wish_is_read_and_fulfilled(
    device: dict[str, object], theme: str, open_menu: OpenMenu, link: Invite, maria: Guest
) -> None:
    page = open_menu(
        f"/menu/links/{link.token}", **device, color_scheme=theme, bypass_csp=True, reduced_motion="reduce"
    )
    looks = page.get_by_role("region", name="Needs a look")
    expect(looks).to_contain_text("Aunt Maria would like this removed")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    looks.get_by_role("link", name="me.jpg", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Done, I removed it")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    looks.get_by_role("button", name="Done, I removed it: me.jpg").click()
    expect(page.get_by_role("status").locator(".toast-note")).to_have_text("1 wish fulfilled")
    expect(page.get_by_text("Aunt Maria would like this removed")).to_have_count(0)
    expect(page.get_by_role("link", name=LONG, exact=True)).to_be_visible()


def test_a_guest_is_found_by_the_receipt(open_menu: OpenMenu, link: Invite, maria: Guest) -> None:
    page = open_menu(f"/menu/links/{link.token}")
    field = page.get_by_role("searchbox")
    field.fill(receipts.code(maria, link).replace("-", " ").lower())
    field.press("Enter")
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("article")).to_contain_text("Aunt Maria")
    page.get_by_role("searchbox").fill("nobody")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("article")).to_have_count(2)
