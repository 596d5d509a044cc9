"""The states that a guest meets the page in, each brought about by what brings it about in life."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page

from invites.models import Guest, Invite
from tests.browser.conftest import GuestPage, NewContext
from tests.browser.test_kills_and_outages import slow_down
from tests.conftest import MakeInvite

PARTY = sorted((Path(__file__).parent.parent / "media" / "party").glob("*.jpg"))
LONG_NAME = "VID_20250614_first_dance_from_the_balcony_full_length_original_quality.MOV"
SAFE = {"received", "delivered", "duplicate"}
WELCOME = "We danced too much to take pictures. Please add yours, the blurry ones too. Thank you for being there!"


@dataclass
class Scene:
    """A guest's browser, and a link to open in it."""

    web: str
    make_invite: MakeInvite
    new_context: NewContext
    folder: Path
    options: dict[str, object] = field(default_factory=dict)

    def link(self, **fields: object) -> Invite:
        event = {"name": "Lena & Tom’s wedding", "album_name": "Wedding", "welcome_text": WELCOME}
        return self.make_invite(**{**event, "guest_name": "optional", "max_files": 2000, **fields})

    def open(self, invite: Invite, **options: object) -> GuestPage:
        guest = GuestPage(self.new_context(**{**self.options, **options}).new_page())
        guest.page.goto(f"{self.web}{invite.path}", wait_until="networkidle")
        return guest

    def photos(self, count: int, padding: int = 0) -> list[Path]:
        """Photos of a party, made larger by so many bytes behind their end."""
        paths = [self.folder / f"IMG_{2041 + number}.jpg" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_bytes(PARTY[number % len(PARTY)].read_bytes() + os.urandom(8) + bytes(padding))
        return paths

    def file(self, name: str, size: int) -> Path:
        path = self.folder / name
        path.write_bytes(b"\0\0\0\x14ftypqt  " + os.urandom(8) + bytes(size))
        return path


def empty(scene: Scene) -> Page:
    soon = timezone.now() + timedelta(days=20)
    return scene.open(scene.link(expires_at=soon, max_files=50, max_file_size=2_000_000_000)).page


def uploading(scene: Scene) -> Page:
    guest = scene.open(scene.link(max_file_size=12_000_000))
    guest.page.locator("#who").fill("Aunt Maria")
    slow_down(guest.page.context, guest.page, 1_500_000)
    large, kind = scene.file("drone_flight_over_the_bay_original_prores.mov", 13_000_000), scene.file("menu.pdf", 5)
    guest.choose(*scene.photos(6), large, kind, scene.file(LONG_NAME, 9_000_000), *scene.photos(30, 1_500_000)[6:])
    long = guest.page.locator(
        f"li[data-name='{LONG_NAME}'][data-state=uploading] [data-word]", has_text=re.compile("[1-9]")
    )
    long.wait_for()
    return guest.page


def paused(scene: Scene) -> Page:
    page = uploading(scene)
    page.locator("[data-pause]").click()
    page.locator("li[data-state=paused]").first.wait_for()
    return page


def offline(scene: Scene) -> Page:
    page = uploading(scene)
    page.context.set_offline(True)
    page.locator("[data-offline]").wait_for()
    return page


def problems(scene: Scene) -> Page:
    guest = scene.open(scene.link())
    paths = scene.photos(8)
    guest.page.context.set_offline(True)
    guest.choose(*paths)
    for path in paths[:2]:
        path.unlink()  # taken off the device meanwhile
    guest.page.context.set_offline(False)
    guest.wait_for(lambda seen: list(seen.values()).count("failed") == 2 and len(set(seen.values())) == 2, "two failed")
    return guest.page


def done(scene: Scene) -> Page:
    guest = scene.open(scene.link())
    guest.page.locator("#who").fill("Aunt Maria")
    photos = scene.photos(12)
    photos[-1].write_bytes(photos[0].read_bytes())  # a copy: already there
    guest.choose(*photos)
    guest.wait_for(lambda seen: len(seen) == 12 and set(seen.values()) <= {"delivered", "duplicate"}, "all delivered")
    return guest.page


def removal(scene: Scene) -> Page:
    page = done(scene)
    page.locator("[data-files] [data-remove]:visible").first.click()
    page.locator("dialog[open]").wait_for()
    return page


def receipt(scene: Scene) -> Page:
    """Tomorrow."""
    page = done(scene)
    page.reload(wait_until="networkidle")
    page.locator("[data-receipt] summary").click()
    page.locator("[data-receipt] li").first.wait_for()
    page.locator("[data-receipt]").scroll_into_view_if_needed()
    return page


def many(scene: Scene) -> Page:
    guest = scene.open(scene.link())
    slow_down(guest.page.context, guest.page, 2_000_000)
    guest.choose(*scene.photos(500))
    guest.wait_for(lambda seen: list(seen.values()).count("uploading") > 0, "the first on their way")
    return guest.page


def password(scene: Scene) -> Page:
    return scene.open(scene.link(password="sesame")).page


def wrong_password(scene: Scene) -> Page:
    page = password(scene)
    page.locator("#pw").fill("guess")
    page.keyboard.press("Enter")
    page.locator("#pw-err").wait_for()
    return page


def password_again(scene: Scene) -> Page:
    invite = scene.link(password="sesame")
    guest = scene.open(invite)
    guest.page.locator("#pw").fill("sesame")
    guest.page.keyboard.press("Enter")
    guest.page.locator("#pick").wait_for()
    guest.choose(*scene.photos(3))
    guest.wait_for(lambda seen: len(seen) == 3 and set(seen.values()) <= SAFE, "three received")
    invite.set_password("open up")
    invite.save()
    guest.choose(*scene.photos(6)[3:])
    guest.page.locator("[data-closed]").wait_for()
    return guest.page


def not_open(scene: Scene) -> Page:
    return scene.open(scene.link(opens_at=timezone.now() + timedelta(days=5))).page


def expired(scene: Scene) -> Page:
    return scene.open(scene.link(expires_at=timezone.now() - timedelta(days=5))).page


def used_up(scene: Scene) -> Page:
    other = Guest.objects.create(secret_hash=os.urandom(8).hex())
    return scene.open(scene.link(max_uses=1, used=1, claimed_by=other, claimed_at=timezone.now())).page


def full(scene: Scene) -> Page:
    return scene.open(scene.link(max_uses=3, used=3)).page


def disabled(scene: Scene) -> Page:
    return scene.open(scene.link(disabled=True)).page


def unknown(scene: Scene) -> Page:
    invite = scene.link()
    Invite.objects.filter(pk=invite.pk).delete_links()
    return scene.open(invite).page


# What a phone does when something is shared: a form with the files, sent as a navigation.
SHARE_FORM = """() => {
  const form = document.createElement("form");
  Object.assign(form, { id: "shared", method: "post", action: "/share", enctype: "multipart/form-data" });
  form.append(Object.assign(document.createElement("input"), { type: "file", name: "files", multiple: true }));
  document.body.append(form);
}"""


def shared(scene: Scene) -> Page:
    page = scene.open(scene.link(name="Summer in Denmark", album_name=""), service_workers="allow").page
    page.goto(f"{scene.web}{scene.link().path}", wait_until="networkidle")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.evaluate(SHARE_FORM)
    page.locator("#shared input").set_input_files(scene.photos(6))
    with page.expect_navigation(url="**/share*"):
        page.evaluate("document.getElementById('shared').submit()")
    page.locator("body[data-ready]").wait_for()
    return page


def nothing_shared(scene: Scene) -> Page:
    page = scene.open(scene.link()).page
    page.goto(f"{scene.web}/share")
    page.locator("body[data-ready]").wait_for()
    return page


def offline_page(scene: Scene) -> Page:
    page = scene.open(scene.link()).page
    page.goto(f"{scene.web}/offline")
    return page


STATES: dict[str, Callable[[Scene], Page]] = {
    "empty": empty,
    "uploading": uploading,
    "paused": paused,
    "offline": offline,
    "problems": problems,
    "done": done,
    "removal": removal,
    "receipt": receipt,
    "many": many,
    "password": password,
    "wrong-password": wrong_password,
    "password-again": password_again,
    "not-open": not_open,
    "expired": expired,
    "used-up": used_up,
    "full": full,
    "disabled": disabled,
    "unknown": unknown,
    "shared": shared,
    "nothing-shared": nothing_shared,
    "offline-page": offline_page,
}
