"""A link's password without cookies: within another site's page, and when an unlock ends while files are sent."""

import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from immichdrop.throttle import FREE_FAILURES
from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.browser.conftest import GuestPage, NewContext, axe
from tests.conftest import MakeInvite
from tests.serving import eventually
from uploads.models import Upload

WRONG = "That's not it. Check capital letters and try again."


@pytest.fixture
def invite(make_invite: MakeInvite) -> Invite:
    return make_invite(password="sesame", name="Lena & Tom’s wedding", welcome_text="We danced too much.")


@pytest.fixture
def embed(settings: LazySettings) -> Callable[[str], str]:
    """Another site, which shows an address within a page of its own."""
    sites: list[ThreadingHTTPServer] = []

    def make(address: str) -> str:
        class Site(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(f'<!doctype html><iframe src="{address}" width=380 height=800></iframe>'.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        sites.append(site)
        Thread(target=site.serve_forever, daemon=True).start()
        return f"http://localhost:{site.server_port}"  # another site than 127.0.0.1

    yield make
    for site in sites:
        site.shutdown()
        site.server_close()


def photo(folder: Path, number: int = 1) -> Path:
    path = folder / f"IMG_{number}.jpg"
    path.write_bytes(pictures.jpeg(number))
    return path


def test_within_another_site_the_password_is_not_forgotten(
    web: str, invite: Invite, embed, settings: LazySettings, new_context: NewContext, tmp_path: Path
) -> None:
    """Fault 23: the cookie of the unlock never came back."""
    site = embed(f"{web}{invite.path}")
    settings.EMBED_ORIGINS = [site]
    page = new_context().new_page()
    page.goto(site)
    frame = page.frame_locator("iframe")

    frame.get_by_label("Password", exact=True).fill("Sesame")
    frame.get_by_role("button", name="Open").click()
    expect(frame.get_by_text(WRONG)).to_be_visible()
    frame.get_by_label("Password", exact=True).fill("sesame")
    frame.get_by_role("button", name="Open").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Lena & Tom’s wedding")
    frame.locator("label:visible > input[data-pick='photos']").first.set_input_files(photo(tmp_path))
    frame.get_by_text("Received. Thank you!").wait_for()

    assert page.context.cookies() == [], "no cookie was kept, and none was needed"
    assert Upload.objects.get().guest == Guest.objects.get()


def test_other_sites_may_not_show_it(
    web: str, invite: Invite, embed, settings: LazySettings, new_context: NewContext
) -> None:
    settings.EMBED_ORIGINS = ["https://photos.example.org"]
    page = new_context().new_page()
    page.goto(embed(f"{web}{invite.path}"))
    eventually(lambda: page.wait_for_timeout(20) or len(page.frames) == 2, "the frame")
    assert page.frame_locator("iframe").get_by_label("Password", exact=True).count() == 0


def test_the_password_opens_the_page_in_place(
    web: str, invite: Invite, new_context: NewContext, tmp_path: Path
) -> None:
    guest = GuestPage(new_context().new_page())
    guest.page.goto(f"{web}{invite.path}")
    guest.page.get_by_label("Password", exact=True).fill("sesame")
    guest.page.keyboard.press("Enter")
    expect(guest.page.get_by_text("We danced too much.")).to_be_visible()
    assert guest.page.title() == "Add your photos · Lena & Tom’s wedding"
    guest.choose(photo(tmp_path))
    guest.wait_for(lambda seen: set(seen.values()) == {"received"}, "the photo")
    guest.page.reload()  # where cookies are kept, nothing is asked again
    expect(guest.page.get_by_text("1 file you sent before is safe.")).to_be_visible()


def test_guessing_has_to_wait_and_is_told_so(web: str, invite: Invite, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(f"{web}{invite.path}")
    for _ in range(FREE_FAILURES):
        page.get_by_label("Password", exact=True).fill("guess")
        with page.expect_response("**/auth"):
            page.keyboard.press("Enter")
        expect(page.get_by_text(WRONG)).to_be_visible()
        expect(page.get_by_role("button", name="Open")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Too many tries. Please wait 1 minute.")).to_be_visible()


def test_another_password_is_asked_for_on_the_page_and_sending_goes_on(
    web: str, invite: Invite, new_context: NewContext, tmp_path: Path
) -> None:
    long = tmp_path / "long.jpg"
    long.write_bytes(pictures.jpeg(3) + os.urandom(12_000_000))
    context = new_context(bypass_csp=True)  # for axe
    guest = GuestPage(context.new_page())
    guest.page.goto(f"{web}{invite.path}")
    guest.page.get_by_label("Password", exact=True).fill("sesame")
    guest.page.keyboard.press("Enter")
    guest.page.locator("#pick").wait_for()
    session = context.new_cdp_session(guest.page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 1_500_000}
    session.send("Network.emulateNetworkConditions", slow)
    guest.choose(long, photo(tmp_path, 4))
    eventually(lambda: guest.page.wait_for_timeout(50) or Upload.objects.filter(offset__gt=0).exists(), "some bytes")

    invite.set_password("open up")
    invite.save()
    guest.choose(photo(tmp_path, 5))
    expect(guest.page.get_by_text("This page needs its password again.")).to_be_visible(timeout=30_000)
    assert axe(guest.page) == []
    guest.page.get_by_label("Password", exact=True).fill("open up")
    guest.page.get_by_role("button", name="Open").click()
    guest.wait_for(lambda seen: len(seen) == 3 and set(seen.values()) == {"received"}, "all three", 60)
    assert Upload.objects.count() == 3
    assert Visit.objects.get().guest == Upload.objects.first().guest
