"""The main job: a guest opens the link on a phone, drops files, and they are in Immich's album."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request

from immichdrop.sandbox import Sandbox, running
from tests import pictures
from tests.browser.conftest import GuestPage, NewContext
from tests.conftest import MakeInvite
from tests.serving import Processes
from uploads.worker import Worker

IN_IMMICH = {"delivered", "duplicate"}
CHANGED = 1_700_000_000  # 2023-11-14T22:13:20Z


def party(folder: Path) -> dict[str, Path]:
    """What a guest might send: photos with and without dates, a video, and an exact copy."""
    photo = pictures.jpeg(1, "2024:06:15 18:30:00", "+02:00")
    contents = {
        "IMG_0001.jpg": photo,
        "IMG_0002.heic": pictures.heic(2, "2024:06:15 19:00:00", "+02:00"),
        "Bildschirmfoto.png": pictures.png(3),
        "clip.mp4": pictures.CLIP.read_bytes(),
        "IMG_0001 Kopie.jpg": photo,
    }
    paths = {}
    for name, content in contents.items():
        paths[name] = folder / name
        paths[name].write_bytes(content)
        os.utime(paths[name], (CHANGED, CHANGED))
    return paths


def sums(paths: dict[str, Path]) -> dict[str, str]:
    return {name: hashlib.sha1(path.read_bytes()).hexdigest() for name, path in paths.items()}


@pytest.mark.parametrize("sandbox", [2, 3], indirect=True)
def test_a_phone_sends_five_files(
    deliveries: Worker,
    web: str,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    new_context: NewContext,
    tmp_path: Path,
) -> None:
    invite = make_invite(name="Lena & Tom’s wedding", album_name="Wedding")
    files = party(tmp_path)
    guest = GuestPage(new_context().new_page())
    guest.page.goto(f"{web}{invite.path}")
    guest.choose(*files.values())

    states = guest.wait_for(lambda seen: len(seen) == 5 and set(seen.values()) <= IN_IMMICH, "five outcomes")
    assert sorted(states.values()) == ["delivered"] * 4 + ["duplicate"]

    assets = {asset.name: asset for asset in sandbox.album_assets("Wedding")}
    one_of_the_copies = next(name for name, state in states.items() if state == "duplicate")
    assert set(assets) == set(files) - {one_of_the_copies}
    expected = sums(files)
    assert all(asset.sha1 == expected[name] for name, asset in assets.items())
    dates = {name: asset.file_created_at.isoformat() for name, asset in assets.items()}
    photo = next(name for name in dates if name.startswith("IMG_0001"))
    assert dates[photo] == "2024-06-15T16:30:00+00:00"  # its own offset
    assert dates["IMG_0002.heic"] == "2024-06-15T17:00:00+00:00"
    assert dates["clip.mp4"] == "2023-07-08T09:10:11+00:00"  # of the movie's header
    assert dates["Bildschirmfoto.png"] == "2023-11-14T22:13:20+00:00"  # last changed

    stranger = GuestPage(new_context().new_page())
    stranger.page.goto(f"{web}{invite.path}")
    stranger.page.wait_for_load_state("networkidle")
    assert stranger.states() == {}
    answer = stranger.page.request.get(f"{web}/api/uploads?invite={invite.token}")
    assert answer.json()["items"] == []


def test_under_daphne_in_chunks(processes: Callable[..., Processes], new_context: NewContext, tmp_path: Path) -> None:
    """The development server, behind which bodies are limited: nothing larger than 8 MB is sent at once."""
    files = party(tmp_path)
    files["long.mp4"] = tmp_path / "long.mp4"
    files["long.mp4"].write_bytes(pictures.CLIP.read_bytes() + os.urandom(20_000_000))
    with running(tmp_path / "immich") as sandbox:
        product = processes(CHUNK_SIZE_MB="8", IMMICH_BASE_URL=f"{sandbox.url}/api", IMMICH_API_KEY=sandbox.api_key)
        token = product.create_invite("--name", "Party", "--album", "Party")
        product.serve("--noreload", f"127.0.0.1:{product.port}", command="runserver")
        product.start("worker")

        guest = GuestPage(new_context().new_page())
        requests: list[Request] = []
        guest.page.on("request", lambda request: requests.append(request))
        guest.page.goto(f"{product.url}/invite/{token}")
        guest.choose(*files.values())
        guest.wait_for(lambda seen: len(seen) == 6 and set(seen.values()) <= IN_IMMICH, "six outcomes")
        assert {asset.sha1 for asset in sandbox.album_assets("Party")} == set(sums(files).values())
        offsets = [int(request.headers["upload-offset"]) for request in requests if request.method == "PATCH"]
        assert offsets == [0, 8_000_000, 16_000_000], "each went on where the one before ended"
