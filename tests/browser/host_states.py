"""What a host sees of sharing back: Immich's shared links, the form of one, a link's own one, a poster."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from immichdrop.immich import Immich, LinkSettings
from immichdrop.models import User
from invites.models import Invite
from tests.browser.conftest import OpenMenu
from tests.browser.guest_states import PARTY
from tests.contract.conftest import upload_of
from tests.guest import TusGuest
from tests.serving import eventually

SHARED_LINKS = "/menu/shared-links"


@dataclass
class HostScene:
    """A host's browser, and the library that is theirs."""

    web: str
    host: User
    immich: Immich
    open_menu: OpenMenu
    options: dict[str, object]

    def open(self, path: str) -> Page:
        page = self.open_menu(path, **self.options)
        page.wait_for_load_state("networkidle")
        return page

    def album(self, name: str, first: int, number: int) -> str:
        """With so many photos of a party."""
        assets = [self.immich.upload(upload_of(photo.read_bytes())).id for photo in PARTY[first : first + number]]
        album = self.immich.create_album(name).id
        self.immich.add_to_album(album, assets)
        return album

    def share(self, album: str, **settings: object) -> str:
        """The id of a shared link."""
        said = LinkSettings(**settings)  # type: ignore[arg-type]
        return self.immich.create_shared_link(album_id=album, settings=said).id

    def party(self) -> Invite:
        """A link through which guests sent what is in Immich by now."""
        link = Invite.objects.create(owner=self.host, name="Lena & Tom’s wedding")
        guest = TusGuest(self.web, link.token)
        guest.open()
        for photo in PARTY:
            guest.send(photo.read_bytes(), filename=photo.name)
        eventually(lambda: set(guest.statuses()) <= {"delivered", "duplicate"}, "the delivery")
        return link


def shared_links(scene: HostScene) -> Page:
    soon = timezone.now() + timedelta(days=2)
    scene.share(scene.album("Summer in Denmark", 0, 2), expires_at=timezone.now() - timedelta(days=3))
    scene.share(scene.album("Grandmother’s eightieth birthday", 2, 2), slug="grandmother", allow_download=False)
    scene.share(scene.album("Wedding", 1, 3), description="Everyone’s photos", password="sesame", expires_at=soon)
    return scene.open(SHARED_LINKS)


def shared_link_new(scene: HostScene) -> Page:
    album = scene.album("Wedding", 0, 3)
    page = scene.open(f"{SHARED_LINKS}/new?album={album}")
    page.locator("[name=description]").fill("Everyone’s photos")
    page.locator("[name=slug]").fill("lena-and-tom")
    page.locator("[name=password]").fill("sesame")
    return page


def share_back(scene: HostScene) -> Page:
    """Made just now."""
    page = scene.open(f"/menu/links/{scene.party().token}/share-back")
    page.locator("[name=slug]").fill("lena-and-tom")
    page.locator("[name=password]").fill("sesame")
    page.locator("main [type=submit]").click()
    expect(page.locator(".qr-card")).to_be_visible()
    return page


def shared_link_poster(scene: HostScene) -> Page:
    link = scene.share(scene.album("Wedding", 0, 3), description="Lena & Tom’s wedding", slug="lena-and-tom")
    return scene.open(f"{SHARED_LINKS}/{link}/poster")


HOST_STATES: dict[str, Callable[[HostScene], Page]] = {
    "shared-links": shared_links,
    "shared-link-new": shared_link_new,
    "share-back": share_back,
    "shared-link-poster": shared_link_poster,
}
