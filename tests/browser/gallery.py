"""Takes the pictures of docs/screenshots: every state of a guest's page, and a host's pages of sharing back, on a phone
and a desktop, light and dark.

`make screenshots` runs it; `STATES=done,many` and `INTO=folder` narrow it down and put them elsewhere.
"""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, NewContext, OpenMenu
from tests.browser.guest_states import STATES, Scene
from tests.browser.host_states import HOST_STATES, HostScene
from tests.conftest import MakeInvite
from tests.serving import ROOT
from uploads.worker import Worker

INTO = Path(os.environ.get("INTO") or ROOT / "docs" / "screenshots")
WANTED = os.environ.get("STATES", "").split(",") if os.environ.get("STATES") else [*STATES, *HOST_STATES]
DEVICES = {"phone": PHONE, "desktop": {**DESKTOP, "is_mobile": False, "has_touch": False}}
LARGEST = 960  # px
RIGHT_TO_LEFT = {"empty", "uploading", "done", "receipt", "removal", "password", "shared", "shared-links", "share-back"}


def shots(states: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """State, device, theme and language of each picture."""
    wanted = [state for state in WANTED if state in states]
    return [(state, device, theme, "en") for state in wanted for device in DEVICES for theme in ("light", "dark")] + [
        (state, device, "light", "ar") for state in wanted if state in RIGHT_TO_LEFT for device in DEVICES
    ]


@pytest.mark.parametrize(("state", "device", "theme", "language"), shots(STATES))
def test_take(
    state: str,
    device: str,
    theme: str,
    language: str,
    web: str,
    deliveries: Worker,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    new_context: NewContext,
    tmp_path: Path,
) -> None:
    options = options_of(device, theme, language)
    page = STATES[state](Scene(web, make_invite, new_context, tmp_path, options))
    page.wait_for_timeout(6_000 if state == "uploading" else 400)  # until the speed is told
    take(page, f"guest-{state}-{device}-{theme}", language)


@pytest.mark.parametrize(("state", "device", "theme", "language"), shots(HOST_STATES))
def test_take_a_hosts(
    state: str,
    device: str,
    theme: str,
    language: str,
    web: str,
    deliveries: Worker,
    host: User,
    library: ImmichAccount,
    immich: Immich,
    open_menu: OpenMenu,
) -> None:
    page = HOST_STATES[state](HostScene(web, host, immich, open_menu, options_of(device, theme, language)))
    page.wait_for_timeout(400)
    take(page, f"host-{state}-{device}-{theme}", language)


def options_of(device: str, theme: str, language: str) -> dict[str, object]:
    return {**DEVICES[device], "color_scheme": theme, "locale": language, "reduced_motion": "reduce"}


def take(page: Page, name: str, language: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    INTO.mkdir(parents=True, exist_ok=True)
    rest = "" if language == "en" else f"-{language}"
    picture.save(INTO / f"{name}{rest}.webp", quality=68, method=6)
