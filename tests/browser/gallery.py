"""Takes the pictures of docs/screenshots: every state of a guest's page, on a phone and a desktop, light and dark.

`make screenshots` runs it; `STATES=done,many` and `INTO=folder` narrow it down and put them elsewhere.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.browser.guest_states import STATES, Scene
from tests.conftest import MakeInvite
from tests.serving import ROOT
from uploads.worker import Worker

INTO = Path(os.environ.get("INTO") or ROOT / "docs" / "screenshots")
WANTED = os.environ.get("STATES", "").split(",") if os.environ.get("STATES") else list(STATES)
DEVICES = {"phone": PHONE, "desktop": {**DESKTOP, "is_mobile": False, "has_touch": False}}
LARGEST = 960  # px
RIGHT_TO_LEFT = {"empty", "uploading", "done", "receipt", "removal", "password", "shared"}
SHOTS = [(state, device, theme, "en") for state in WANTED for device in DEVICES for theme in ("light", "dark")] + [
    (state, device, "light", "ar") for state in WANTED if state in RIGHT_TO_LEFT for device in DEVICES
]


@pytest.mark.parametrize(("state", "device", "theme", "language"), SHOTS)
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
    options = {**DEVICES[device], "color_scheme": theme, "locale": language, "reduced_motion": "reduce"}
    page = STATES[state](Scene(web, make_invite, new_context, tmp_path, options))
    page.wait_for_timeout(6_000 if state == "uploading" else 400)  # until the speed is told
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    INTO.mkdir(parents=True, exist_ok=True)
    rest = "" if language == "en" else f"-{language}"
    picture.save(INTO / f"guest-{state}-{device}-{theme}{rest}.webp", quality=68, method=6)
