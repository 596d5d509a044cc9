"""The state of custody on the admin's start page."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from immichdrop.models import ImmichAccount, User
from uploads import spool
from uploads.models import CustodyAlarm, Upload

pytestmark = pytest.mark.django_db


def make(status: str, number: int = 1, **fields: object) -> None:
    account = ImmichAccount.objects.environment()
    defaults = {"account": account, "filename": "sea.jpg", "size": 1_500_000, "offset": 1_500_000, "status": status}
    Upload.objects.bulk_create(Upload(**{**defaults, **fields}) for _ in range(number))


def shown(client: Client) -> dict[str, str]:
    """What the panel says, by title."""
    page = client.get("/admin/").content.decode()
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page.partition('id="custody"')[2])
    return {text(title): text(value) for title, value in rows if 'class="model' not in title}


def text(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup.replace("<br>", "; ")))


def test_with_nothing_here(admin_client: Client) -> None:
    said = shown(admin_client)
    assert list(said) == [
        "Waiting for Immich", "Failed", "Receiving", "Delivered", "Duplicates", "Spool", "Room on the disk",
    ]  # fmt: skip
    assert set(list(said.values())[:5]) == {"0 files"}
    assert said["Room on the disk"].endswith(" GB")


def test_each_kind_is_counted(admin_client: Client) -> None:
    now = timezone.now()
    make("waiting", 2, received_at=now - timedelta(hours=3))
    make("received", received_at=now)
    make("delivering", received_at=now)
    make("failed", received_at=now - timedelta(days=9))
    make("receiving", 2, offset=5)
    make("delivered", 3, received_at=now)
    make("duplicate", received_at=now)
    make("discarded", 7)
    CustodyAlarm.objects.create(reason="stray", detail="0123")
    path = spool.default().root / ("0" * 32)
    path.write_bytes(b"x" * 2000)
    try:
        said = shown(admin_client)
    finally:
        path.unlink()
    assert said["Waiting for Immich"] == "4 files, 6.0 MB; the oldest for 3 h"
    assert said["Failed"] == "1 file"
    assert said["Receiving"] == "2 files"
    assert (said["Delivered"], said["Duplicates"]) == ("3 files", "1 file")
    assert said["Damaged bytes"] == "1 alarm"
    assert re.fullmatch(r"[\d.]+ \w+; \d+ files?", said["Spool"])
    assert said["Spool"] != "0 bytes; 0 files"


def test_each_line_leads_to_its_files(admin_client: Client) -> None:
    make("waiting")
    make("failed")
    page = admin_client.get("/admin/").content.decode()
    links = [html.unescape(each) for each in re.findall(r'href="(/admin/uploads/upload/\?[^"]*)"', page)]
    assert len(links) == 5
    rows = [admin_client.get(link).content.decode().count(">sea.jpg<") for link in links]
    assert rows == [1, 1, 0, 0, 0]


def test_a_paused_account_is_told_with_what_to_do(admin_client: Client) -> None:
    make("waiting", 2)
    ImmichAccount.objects.update(pause="quota")
    page = text(admin_client.get("/admin/").content.decode())
    assert "Immich of the environment: the Immich account is full. 2 files wait. Make room in Immich" in page


def test_a_disk_that_cant_be_read_is_no_empty_one(admin_client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.SPOOL_DIR = tmp_path / "gone"
    said = shown(admin_client)
    assert said["Spool"] == "can't be read: No such file or directory"
    assert "Room on the disk" not in said


def test_only_for_those_who_may_view_uploads(client: Client) -> None:
    make("failed")
    ImmichAccount.objects.update(pause="quota")
    user = User.objects.create_user("staff@example.org", is_staff=True)
    client.force_login(user)
    assert "Custody" not in client.get("/admin/").content.decode()
    user.user_permissions.set(Permission.objects.filter(codename="view_upload"))
    assert shown(client)["Failed"] == "1 file"
    # Whose accounts are paused is told to those who may see accounts.
    assert "is full" not in client.get("/admin/").content.decode()


def test_more_files_cost_no_more_queries(admin_client: Client) -> None:
    make("waiting")
    admin_client.get("/admin/")  # fills Django's cache of content types
    with CaptureQueriesContext(connection) as before:
        admin_client.get("/admin/")
    make("waiting", 200)
    make("delivered", 200)
    with CaptureQueriesContext(connection) as after:
        admin_client.get("/admin/")
    assert len(after) == len(before) <= 10
