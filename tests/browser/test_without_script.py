"""A browser without JavaScript: the plain form, and what came of it."""

from pathlib import Path

from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.browser.conftest import NewContext
from tests.conftest import MakeInvite
from tests.serving import eventually
from uploads.worker import Worker


def test_photos_arrive_all_the_same(
    deliveries: Worker,
    web: str,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    new_context: NewContext,
    tmp_path: Path,
) -> None:
    invite = make_invite(name="Beach week", album_name="Beach", guest_name=Invite.GuestName.REQUIRED)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{web}/invite/{invite.token}")
    assert page.locator("[data-pick]:visible, [data-theme-toggle]:visible").count() == 0, "nothing that does nothing"
    paths = [tmp_path / "one.jpg", tmp_path / "two.jpg", tmp_path / "page.jpg"]
    for path, content in zip(paths, [pictures.jpeg(1), pictures.jpeg(2), b"<html>" * 1000], strict=True):
        path.write_bytes(content)
    page.get_by_role("textbox", name="Your name").fill("Aunt Maria")
    page.locator("input[type=file]:visible").set_input_files(paths)
    page.get_by_role("button", name="Send").click()
    told = page.get_by_role("status").filter(has_text="2 files received.")
    told.wait_for()
    assert "1 file is of a kind that is not taken here." in told.inner_text()
    eventually(lambda: len(sandbox.album_assets("Beach")) == 2, "both in the album")
    page.reload()
    assert len(sandbox.assets()) == 2
