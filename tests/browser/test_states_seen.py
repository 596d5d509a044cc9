"""Every state of a guest's page: nothing for axe to complain of, and nothing that stands out of a narrow window."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page

from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, NewContext, axe
from tests.browser.guest_states import STATES, Scene
from tests.browser.test_languages_seen import CUT_OFF
from tests.conftest import MakeInvite
from uploads.worker import Worker

# Colours change at once; and what isn't drawn would keep those that it was drawn with, but axe looks at all.
STILL = """
*, ::before, ::after { transition: none !important; animation: none !important }
.queue-item { content-visibility: visible !important }
"""
WAYS = [("phone", PHONE, "dark"), ("desktop", DESKTOP, "light")]


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(
    state: str,
    web: str,
    deliveries: Worker,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    new_context: NewContext,
    tmp_path: Path,
) -> None:
    options = {"bypass_csp": True, "reduced_motion": "reduce", "color_scheme": "dark"}
    page = STATES[state](Scene(web, make_invite, new_context, tmp_path, options))
    page.add_style_tag(content=STILL)
    for name, device, theme in WAYS:
        page.set_viewport_size(device["viewport"])
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(100)
        assert axe(page) == [], f"{name}, {theme}"
    page.set_viewport_size({"width": 320, "height": 640})  # as narrow as phones are, or a desktop at 400 % zoom
    assert cut_off(page) == []


def cut_off(page: Page, patience: float = 5) -> list[str]:
    """What finds no room, once everything stands still."""
    give_up = time.monotonic() + patience
    while (found := page.evaluate(CUT_OFF)) and time.monotonic() < give_up:
        page.wait_for_timeout(100)
    return list(found)
