"""What is received stays received: the server is killed, Immich is away, and every file arrives exactly once."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from immichdrop.sandbox import Sandbox, running
from tests import pictures
from tests.browser.conftest import GuestPage, NewContext
from tests.conftest import MakeInvite
from tests.serving import Processes, eventually
from uploads.models import Upload
from uploads.worker import Worker

SAFE = {"received", "delivered", "duplicate"}
IN_IMMICH = {"delivered", "duplicate"}


def album_of(folder: Path, count: int, padding: int) -> dict[str, Path]:
    """Different JPEGs, made larger by bytes behind their end."""
    files = {}
    for number in range(count):
        path = folder / f"IMG_{number:04}.jpg"
        path.write_bytes(pictures.jpeg(number) + os.urandom(padding))
        files[path.name] = path
    return files


def slow_down(context: BrowserContext, page: Page, bytes_per_second: int) -> None:
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": bytes_per_second},
    )


@pytest.mark.kill
def test_killed_with_twenty_files_on_their_way(
    processes: Callable[..., Processes], new_context: NewContext, tmp_path: Path
) -> None:
    files = album_of(tmp_path, 19, 600_000)
    files["long.jpg"] = tmp_path / "long.jpg"
    files["long.jpg"].write_bytes(pictures.jpeg(99) + os.urandom(12_000_000))
    with running(tmp_path / "immich") as sandbox:
        product = processes(IMMICH_BASE_URL=sandbox.url, IMMICH_API_KEY=sandbox.api_key)
        token = product.create_invite("--name", "Party", "--album", "Party")
        server = product.serve()
        context = new_context()
        guest = GuestPage(context.new_page())
        guest.page.goto(f"{product.url}/invite/{token}")
        slow_down(context, guest.page, 4_000_000)
        guest.choose(*files.values())
        halfway = guest.wait_for(lambda seen: sum(state in SAFE for state in seen.values()) >= 5, "the first five")
        product.kill(server)
        assert any(state not in SAFE for state in halfway.values()), "all were through before the kill"

        product.serve()
        guest.page.reload()
        guest.choose(*files.values())
        guest.wait_for(lambda seen: len(seen) == 20 and set(seen.values()) <= IN_IMMICH, "all twenty", 120)

        expected = {hashlib.sha1(path.read_bytes()).hexdigest() for path in files.values()}
        assert sorted(asset.sha1 for asset in sandbox.assets()) == sorted(expected)
        assert sorted(asset.sha1 for asset in sandbox.album_assets("Party")) == sorted(expected)
        assert list(guest.states().values()).count("duplicate") == 0
        own = context.request.get(f"{product.url}/api/uploads?invite={token}").json()["items"]
        assert sorted(item["filename"] for item in own) == sorted(files)


def test_immich_is_down_from_the_start(
    web: str,
    deliveries: Worker,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    new_context: NewContext,
    tmp_path: Path,
) -> None:
    sandbox.faults.down = True
    invite = make_invite(album_name="Party")
    files = album_of(tmp_path, 6, 1000)
    context = new_context()
    guest = GuestPage(context.new_page())
    guest.page.goto(f"{web}{invite.path}")
    guest.choose(*files.values())
    guest.wait_for(lambda seen: len(seen) == 6 and set(seen.values()) <= SAFE - IN_IMMICH, "six received")
    guest.page.get_by_text("You can close this page: everything is safe.").first.wait_for()
    assert set(Upload.objects.values_list("status", flat=True)) <= {"received", "delivering", "waiting"}
    context.close()  # the guest goes home
    assert sandbox.assets() == []

    sandbox.faults.down = False
    eventually(lambda: Upload.objects.filter(status="delivered").count() == 6, "six deliveries", 60)
    assert len(sandbox.album_assets("Party")) == 6
