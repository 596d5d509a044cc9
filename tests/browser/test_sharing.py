"""A phone's share sheet, with the service worker and without: preview, choice, waiting, and exactly once."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from immichdrop.immich import Immich
from immichdrop.sandbox import Sandbox
from ingest.downloads.fetching import Fetcher
from ingest.downloads.models import Download
from ingest.downloads.worker import Downloads
from invites.models import Guest, Invite
from tests.browser.conftest import GuestPage, NewContext, OpenMenu, axe
from tests.browser.test_installed import controlled
from tests.browser.test_pasted_links import CLIP, switched_on  # noqa: F401 - a fixture
from tests.conftest import MakeInvite
from tests.ingest.downloads.conftest import *  # noqa: F403 - the platform, and the way to it
from tests.ingest.downloads.fake_platform import FakePlatform
from tests.serving import eventually
from uploads import spool, staging
from uploads.models import Upload
from uploads.worker import Worker

# What Android does: a form with the files, sent as a navigation.
SHARE = """async ({ count, texts }) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "/share", enctype: "multipart/form-data" });
  const chosen = new DataTransfer();
  for (let n = 1; n <= count; n += 1) {
    const canvas = new OffscreenCanvas(60, 40);
    const context = canvas.getContext("2d");
    context.fillStyle = `hsl(${(n * 47) % 360} 60% 50%)`;
    context.fillRect(0, 0, 60, 40);
    context.fillText(String(n), 20, 20);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    chosen.items.add(new File([blob], `IMG_${n}.png`, { type: "image/png", lastModified: 1.7e12 + n }));
  }
  if (count) {
    const input = Object.assign(document.createElement("input"), { type: "file", name: "files", multiple: true });
    input.files = chosen.files;
    form.append(input);
  }
  for (const [name, value] of Object.entries(texts)) {
    form.append(Object.assign(document.createElement("input"), { name, value }));
  }
  document.body.append(form);
  form.submit();
}"""
IN_BROWSER = """() => new Promise((told) => {
  const request = indexedDB.open("drop-shared");
  request.onsuccess = () => {
    const database = request.result;
    if (!database.objectStoreNames.length) { database.close(); return told(0); }
    const counted = database.transaction("files").objectStore("files").count();
    counted.onsuccess = () => { database.close(); told(counted.result); };
  };
})"""


def share(page: Page, count: int = 2, **texts: str) -> None:
    with page.expect_navigation(url="**/share*"):
        page.evaluate(SHARE, {"count": count, "texts": texts})
    ready(page)


def ready(page: Page) -> None:
    page.locator("body[data-ready]").wait_for()


def items(page: Page) -> int:
    return page.locator("[data-items] > li").count()


def received(page: Page, count: int) -> None:
    eventually(lambda: page.wait_for_timeout(50) or Upload.objects.filter(status="received").count() == count, "all")


@pytest.fixture(params=["worker", "server"])
def way(request: pytest.FixtureRequest, web: str) -> str:
    """Who takes what was shared."""
    yield request.param
    for guest in Guest.objects.all():
        staging.default().clear(guest)
    for upload in Upload.objects.all():
        spool.default().remove(upload.pk)


@pytest.fixture
def visit(web: str, new_context: NewContext, way: str):
    """Opens a link in a browser that has the product installed, or could not get its worker."""
    kind = "allow" if way == "worker" else "block"
    context = new_context(service_workers=kind, bypass_csp=True)  # for axe
    page = context.new_page()

    def open_it(*links: Invite) -> Page:
        for link in links:
            page.goto(f"{web}/invite/{link.token}")
            page.wait_for_function("() => (localStorage.getItem('drop-links') ?? '').includes(location.pathname)")
            page.wait_for_load_state("networkidle")
            if way == "worker":  # a page that is opened while the worker claims its clients can be left out
                controlled(page)
        return page

    return open_it


def staged_files() -> list[Path]:
    root = staging.default().root
    return [Path(folder, name) for folder, _, names in os.walk(root) for name in names]


def test_shared_photos_go_to_the_link_that_was_chosen(visit, make_invite: MakeInvite, way: str) -> None:
    beach, party = make_invite(name="Beach"), make_invite(name="Party")
    page = visit(beach, party)
    share(page, 3, title="", text="from the gallery")
    assert items(page) == 3
    assert page.evaluate(IN_BROWSER) == (3 if way == "worker" else 0)
    assert not Upload.objects.exists(), "nothing is sent by itself"
    expect(page.get_by_text("it is not received")).to_be_visible(visible=way == "server")
    assert axe(page) == []
    expect(page.get_by_label("Party")).to_be_checked()  # opened last
    page.get_by_label("Beach").check()
    page.get_by_role("button", name="Leave out: IMG_2.png").click()
    page.get_by_role("button", name="Upload 2").click()
    page.wait_for_url(f"**/invite/{beach.token}*")
    received(page, 2)
    assert set(Upload.objects.values_list("filename", "invite_id")) == {
        ("IMG_1.png", beach.pk),
        ("IMG_3.png", beach.pk),
    }
    eventually(lambda: page.wait_for_timeout(50) or page.evaluate(IN_BROWSER) == 0, "nothing is left in the browser")
    assert staged_files() == []
    page.goto(page.url.partition("/invite")[0] + "/share")
    ready(page)
    expect(page.get_by_role("heading", name="Nothing is shared right now")).to_be_visible()
    expect(page.get_by_role("link", name="Beach")).to_be_visible()
    assert axe(page) == []


def test_cancelling_leaves_nothing(visit, make_invite: MakeInvite) -> None:
    page = visit(make_invite())
    share(page, 2)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Nothing is shared right now")).to_be_visible()
    assert page.evaluate(IN_BROWSER) == 0
    assert staged_files() == []


def test_a_password_is_asked_for_and_a_closed_link_says_so(visit, make_invite: MakeInvite, way: str) -> None:
    locked, closed = make_invite(password="sesame", name="Locked"), make_invite(name="Closed")
    page = visit(closed)
    page.goto(f"{page.url.partition('/invite')[0]}/invite/{locked.token}")
    page.get_by_label("Password", exact=True).fill("sesame")
    page.keyboard.press("Enter")
    page.locator("#pick").wait_for()
    Invite.objects.filter(pk=closed.pk).update(disabled=True)
    share(page, 1)
    page.get_by_label("Closed").check()
    page.get_by_role("button", name="Upload 1").click()
    expect(page.get_by_role("alert").get_by_text("This page is taking a break")).to_be_visible()
    assert items(page) == 1
    locked.visits.update(unlocked_at=None)
    page.get_by_label("Locked").check()
    page.get_by_role("button", name="Upload 1").click()
    page.wait_for_url(f"**/invite/{locked.token}*")
    page.get_by_label("Password", exact=True).fill("sesame")
    page.keyboard.press("Enter")
    if way == "server":  # it waits on the server, until it is chosen again with the door open
        page.wait_for_url("**/share")
        ready(page)
        page.get_by_label("Locked").check()
        page.get_by_role("button", name="Upload 1").click()
    received(page, 1)


def test_what_can_not_be_taken_is_told(
    visit, make_invite: MakeInvite, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    page = visit(make_invite())
    share(page, 0, text="https://example.org/")
    expect(page.get_by_text("This can't be sent here.")).to_be_visible()
    monkeypatch.setattr(staging, "MOST_FILES", 1)
    share(page, 301 if way == "worker" else 2)
    expect(page.get_by_text("That was more than can wait here at once")).to_be_visible()
    assert items(page) == 0
    assert page.evaluate(IN_BROWSER) == 0
    assert staged_files() == []


@pytest.mark.usefixtures("switched_on")
def test_a_shared_link_is_fetched_by_a_page_that_takes_links(
    visit, make_invite: MakeInvite, way: str, fetcher: Fetcher, platform: FakePlatform
) -> None:
    platform.posts |= {"1": {"id": "1", "title": "Waves", "url": "https://cdn.example/v.mp4", "ext": "mp4"}}
    platform.files["/v.mp4"] = CLIP
    beach, party = make_invite(name="Beach"), make_invite(name="Party", allow_urls=True)
    page = visit(beach)
    share(page, 0, title="Waves", text="Look: https://fake.example/post/1")
    expect(page.get_by_text("takes links")).to_be_visible()
    expect(page.get_by_role("button", name="Fetch")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Nothing is shared right now")).to_be_visible()
    visit(party)
    share(page, 0, text="Look: https://fake.example/post/1")
    expect(page.get_by_role("radio")).to_have_count(1)
    assert axe(page) == []
    assert not Download.objects.exists(), "nothing is fetched by itself"
    downloads = Downloads(spool.default(), 1, fetcher)
    downloads.start()
    try:
        page.get_by_role("button", name="Fetch").click()
        row = page.locator("[data-link-jobs] li")
        expect(row).to_contain_text(re.compile("On its way|Received"))
        assert axe(page) == []
    finally:
        downloads.stop(30)
    assert [(each.filename, each.invite) for each in Upload.objects.all()] == [("fake_Waves_1.mp4", party)]
    assert page.url.endswith("/share")
    share(page, 0, text="https://elsewhere.example/post/1")
    expect(page.get_by_text("This can't be sent here.")).to_be_visible()


@pytest.fixture
def app(web: str, new_context: NewContext) -> BrowserContext:
    return new_context(service_workers="allow", bypass_csp=True)


def test_a_neighbours_hidden_frame_leaves_nothing(web: str, make_invite: MakeInvite, app: BrowserContext) -> None:
    """A page at another origin of the same host, whose frames have our worker, and which says no referrer."""
    page = app.new_page()
    page.goto(web + make_invite().path)
    controlled(GuestPage(page).page)
    neighbour = f"{web.rpartition(':')[0]}:1/"
    body = '<meta name="referrer" content="no-referrer"><iframe name="hidden"></iframe>'
    app.route(f"{neighbour}**", lambda route: route.fulfill(body=body, content_type="text/html"))
    other = app.new_page()
    other.goto(neighbour)
    there = SHARE.replace('action: "/share"', f'action: "{web}/share", target: "hidden"')
    with other.expect_response("**/share*") as answered:
        other.evaluate(there, {"count": 2, "texts": {}})
    assert answered.value.from_service_worker
    assert page.evaluate(IN_BROWSER) == 0
    assert staged_files() == []


def test_what_is_shared_offline_waits_and_is_sent_once(web: str, make_invite: MakeInvite, app: BrowserContext) -> None:
    link = make_invite(name="Beach")
    guest = GuestPage(app.new_page())
    page = guest.page
    page.goto(web + link.path)
    controlled(page)
    page.wait_for_load_state("networkidle")
    app.set_offline(True)
    share(page, 2)
    page.get_by_role("button", name="Upload 2").click()
    expect(page.get_by_role("heading", name="2 items wait to be sent")).to_be_visible()
    assert axe(page) == []
    page.reload()  # still without a network
    ready(page)
    expect(page.get_by_role("heading", name="2 items wait to be sent")).to_be_visible()
    app.set_offline(False)
    page.wait_for_url(f"**/invite/{link.token}")
    guest.wait_for(lambda seen: len(seen) == 2 and set(seen.values()) == {"received"}, "both")
    eventually(lambda: page.wait_for_timeout(50) or page.evaluate(IN_BROWSER) == 0, "nothing is left in the browser")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert guest.states() == {}
    assert Upload.objects.count() == 2


def test_what_waits_can_be_given_up_in_the_pages_language(
    web: str, make_invite: MakeInvite, new_context: NewContext
) -> None:
    app = new_context(service_workers="allow", locale="de")
    page = app.new_page()
    page.goto(web + make_invite().path)
    controlled(page)
    page.wait_for_load_state("networkidle")
    app.set_offline(True)
    share(page, 2)
    page.get_by_role("button", name="2 hochladen").click()
    page.get_by_role("button", name="Nicht senden").click()
    expect(page.get_by_role("heading", name="Gerade ist nichts geteilt")).to_be_visible()
    assert page.evaluate(IN_BROWSER) == 0


def test_what_was_on_a_pages_list_and_not_received_is_there_again(
    web: str, make_invite: MakeInvite, app: BrowserContext
) -> None:
    link = make_invite(guest_name=Invite.GuestName.REQUIRED)
    guest = GuestPage(app.new_page())
    guest.page.goto(web + link.path)
    controlled(guest.page)
    guest.page.wait_for_load_state("networkidle")
    share(guest.page, 2)
    guest.page.get_by_role("button", name="Upload 2").click()
    guest.page.wait_for_url(f"**{link.path}")
    guest.wait_for(lambda seen: list(seen.values()) == ["waiting", "waiting"], "both, which wait for a name")
    second = GuestPage(app.new_page())
    guest.page.close()
    second.page.goto(f"{web}/share")
    ready(second.page)
    second.page.get_by_role("button", name="Send now").click()
    second.page.wait_for_url(f"**{link.path}")
    second.wait_for(lambda seen: list(seen.values()) == ["waiting", "waiting"], "both again")
    second.page.get_by_role("button", name="Leave out: IMG_2.png").click()
    second.page.get_by_role("textbox", name="Your name").fill("Maria")
    second.page.keyboard.press("Enter")
    received(second.page, 1)
    eventually(lambda: second.page.wait_for_timeout(50) or second.page.evaluate(IN_BROWSER) == 0, "nothing is left")


def test_a_page_that_dies_between_receipt_and_tidying_loses_and_doubles_nothing(
    web: str, make_invite: MakeInvite, app: BrowserContext
) -> None:
    link = make_invite()
    guest = GuestPage(app.new_page())
    page = guest.page
    page.goto(web + link.path)
    controlled(page)
    page.wait_for_load_state("networkidle")
    share(page, 2)
    # The page that sends can't delete from the browser's database, as if it had died just before.
    page.add_init_script("if (location.pathname !== '/share') IDBObjectStore.prototype.delete = function () {};")
    page.get_by_role("button", name="Upload 2").click()
    page.wait_for_url(f"**/invite/{link.token}")
    guest.wait_for(lambda seen: len(seen) == 2 and set(seen.values()) == {"received"}, "both")
    assert page.evaluate(IN_BROWSER) == 2
    second = GuestPage(app.new_page())
    page.close()
    second.page.goto(web + link.path)
    second.wait_for(lambda seen: len(seen) == 2 and set(seen.values()) <= {"received", "duplicate"}, "both again")
    eventually(lambda: second.page.wait_for_timeout(50) or second.page.evaluate(IN_BROWSER) == 0, "nothing is left")
    assert Upload.objects.count() == 2


def test_a_host_finds_their_own_links(open_menu: OpenMenu, make_invite: MakeInvite, host, web: str) -> None:
    mine = make_invite(name="Mine", owner=host)
    make_invite(name="Somebody else's")
    page = open_menu("/share", service_workers="block")
    ready(page)
    expect(page.get_by_role("link", name="Mine")).to_be_visible()
    expect(page.get_by_text("Somebody else's")).to_have_count(0)
    share(page, 1)
    page.get_by_label("Mine").check()
    page.get_by_role("button", name="Upload 1").click()
    page.wait_for_url(f"**/invite/{mine.token}*")
    expect(page.get_by_role("status").filter(has_text="1 file received.")).to_be_visible()
    spool.default().remove(Upload.objects.get().pk)


def test_a_host_chooses_an_album(
    open_menu: OpenMenu, sandbox: Sandbox, start_deliveries: Callable[[int], Worker], web: str
) -> None:
    with Immich(sandbox.url, sandbox.api_key) as immich:
        for name in ["Wedding", *(f"Year {n}" for n in range(2, 11))]:
            immich.create_album(name)
    start_deliveries(1)
    page = open_menu("/share", service_workers="allow", bypass_csp=True)
    controlled(page)
    share(page, 2)
    titles = page.locator("[data-places] label strong")
    assert titles.all_inner_texts() == ["No album", "Wedding", *(f"Year {n}" for n in range(2, 11))]
    assert axe(page) == []
    page.get_by_role("searchbox").fill("wed")
    expect(page.locator("[data-places] label:visible")).to_have_count(2)  # and the chosen one
    page.get_by_label("Wedding").check()
    expect(page.locator("[data-places] label:visible")).to_have_count(1)
    page.get_by_role("button", name="Upload 2").click()
    page.wait_for_url("**/invite/*")
    guest = GuestPage(page)
    guest.wait_for(lambda seen: set(seen.values()) == {"delivered"}, "both")
    assert len(sandbox.album_assets("Wedding")) == 2
    expect(page.get_by_role("heading", name="Wedding")).to_be_visible()
    expect(page.get_by_text("invites you")).to_have_count(0)
    page.goto(f"{web}/share")
    ready(page)
    expect(page.get_by_role("link", name="Wedding")).to_have_count(0)  # it is no link that was opened
    share(page, 1)
    expect(page.get_by_label("Wedding")).to_be_checked()  # used last
    page.get_by_label("No album").check()
    page.get_by_role("button", name="Upload 1").click()
    page.wait_for_url("**/invite/*")
    expect(page.get_by_role("heading", name="Just my timeline")).to_be_visible()
    guest.wait_for(lambda seen: len(seen) == 1 and set(seen.values()) <= {"delivered", "duplicate"}, "the third")


def test_albums_that_immich_does_not_tell_are_said_to_be_missing(open_menu: OpenMenu) -> None:
    page = open_menu("/share", service_workers="block")
    ready(page)
    share(page, 1)
    expect(page.get_by_text("your albums are missing here")).to_be_visible()
    expect(page.get_by_label("No album")).to_be_checked()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("your albums are missing here")).to_be_hidden()
    assert not Invite.objects.exists()
    assert staged_files() == []
