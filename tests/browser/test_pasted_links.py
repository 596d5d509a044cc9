"""A guest pastes a link: the field is there where the host allows it, and says what becomes of the post."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from ingest.downloads import platforms
from ingest.downloads.fetching import Fetcher
from ingest.downloads.worker import Downloads
from invites.models import Invite
from tests import pictures
from tests.browser.conftest import PHONE, NewContext, OpenMenu, axe
from tests.conftest import MakeInvite
from tests.ingest.downloads.conftest import *  # noqa: F403 - the platform, and the way to it
from tests.ingest.downloads.fake_platform import FAKE, FakePlatform
from uploads import spool
from uploads.models import Upload

CLIP = Path(__file__).parents[1].joinpath("media", "clip.mp4").read_bytes()


@pytest.fixture
def switched_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SOCIAL_MEDIA_UPLOADS_ENABLED = True
    settings.SOCIAL_MEDIA_PLATFORMS = ["fake"]
    settings.SOCIAL_MEDIA_TITLES = ["Fake"]
    monkeypatch.setitem(platforms.PLATFORMS, "fake", FAKE)


def paste(page: Page, address: str) -> None:
    page.get_by_label("Paste a link from Fake").fill(address)
    page.get_by_role("button", name="Fetch").click()


def test_a_link_is_fetched(
    web: str, switched_on: None, new_context: NewContext, fetcher: Fetcher, platform: FakePlatform,
    make_invite: MakeInvite,
) -> None:  # fmt: skip
    platform.posts |= {
        "1": {
            "id": "1",
            "title": "Waves",
            "url": "https://cdn.example/v.mp4",
            "ext": "mp4",
            "thumbnail": "https://cdn.example/t.jpg",
        },
        "2": {"id": "2", "say": "This video is private"},
    }
    platform.files |= {"/v.mp4": CLIP, "/t.jpg": pictures.jpeg(1, width=640, height=360)}
    downloads = Downloads(spool.default(), 1, fetcher)
    downloads.start()
    page = new_context(**PHONE, bypass_csp=True).new_page()
    try:
        page.goto(f"{web}{make_invite(allow_urls=True).path}")
        page.get_by_text("Paste a link instead").click()
        paste(page, "https://fake.example/post/1")
        rows = page.locator("[data-link-jobs] li")
        expect(rows.first).to_contain_text(re.compile("On its way|Received"))
        expect(rows.first.locator("img")).to_be_visible()
        assert rows.first.locator("img").evaluate("image => image.naturalWidth") == 320
        paste(page, "https://fake.example/post/2")
        expect(rows.first).to_contain_text("This post is private")
        paste(page, "https://elsewhere.example/")
        expect(rows.first).to_contain_text("none of these platforms")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.reload()  # the field opens by itself, since one of them goes on
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("This post is private")
        expect(rows.last.locator("img")).to_be_visible()
    finally:
        downloads.stop(30)
    assert [upload.filename for upload in Upload.objects.all()] == ["fake_Waves_1.mp4"]


def test_there_is_no_field_where_the_host_does_not_want_it(
    web: str, switched_on: None, new_context: NewContext, make_invite: MakeInvite, settings: Settings
) -> None:
    page = new_context().new_page()
    for allowed, on in ((False, True), (True, False)):
        settings.SOCIAL_MEDIA_UPLOADS_ENABLED = on
        page.goto(f"{web}{make_invite(allow_urls=allowed).path}")
        expect(page.get_by_text("Paste a link instead")).to_have_count(0)


def test_a_host_fetches_a_post_into_an_album(
    web: str, switched_on: None, open_menu: OpenMenu, fetcher: Fetcher, platform: FakePlatform
) -> None:  # fmt: skip
    """From the panel, which lets guests paste links, to the link's details, where the host does."""
    platform.posts |= {"1": {"id": "1", "title": "Waves", "url": "https://cdn.example/v.mp4", "ext": "mp4"}}
    platform.files["/v.mp4"] = CLIP
    page = open_menu("/menu?create", bypass_csp=True)
    page.get_by_label("Album", exact=True).fill("Clips")
    page.get_by_text("Welcome text and limits").click()
    page.get_by_label("Guests may paste links").check()
    assert axe(page) == []
    page.get_by_role("button", name="Create link").click()
    expect(page.locator("#create")).to_have_count(0)
    link = Invite.objects.get()
    assert link.allow_urls
    downloads = Downloads(spool.default(), 1, fetcher)
    downloads.start()
    try:
        page.goto(f"{web}/menu/links/{link.token}")
        page.get_by_text("Fetch a post into this album").click()
        paste(page, "https://fake.example/post/1")
        row = page.locator("[data-link-jobs] li")
        expect(row).to_contain_text(re.compile("On its way|Received"))
        assert axe(page) == []
        page.get_by_role("button", name="Stop this").click()
        expect(page.get_by_text("Guests can’t paste links any more")).to_be_visible()
        assert not Invite.objects.get().allow_urls
        page.get_by_role("button", name="Allow this").click()
        expect(page.get_by_text("Guests may paste links", exact=True)).to_be_visible()
        assert Invite.objects.get().allow_urls
    finally:
        downloads.stop(30)
    upload = Upload.objects.get()
    assert (upload.filename, upload.album_name, upload.invite) == ("fake_Waves_1.mp4", "Clips", None)
