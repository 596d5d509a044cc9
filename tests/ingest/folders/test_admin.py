"""Folders in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from ingest.folders.models import SyncedFile
from tests.ingest.folders.conftest import Folder

LISTS = [reverse("admin:folders_syncfolder_changelist"), reverse("admin:folders_syncedfile_changelist")]


def test_the_last_run_its_counts_and_failures(folder: Folder, sandbox: Sandbox, client: Client) -> None:
    folder.add("good.jpg", 1)
    folder.add("bad<b>.jpg", 2)
    sandbox.faults.status = 400
    sandbox.faults.error_before = Hits(on=("POST /api/assets",), count=1)
    folder.sync("--concurrency", 1)
    sandbox.faults.clear()
    refused = SyncedFile.objects.get(state="refused")
    client.force_login(User.objects.create_superuser("admin@example.org", "secret"))

    folders = client.get(LISTS[0]).content.decode()
    detail = client.get(reverse("admin:folders_syncfolder_change", args=[folder.last.pk])).content.decode()
    files = client.get(f"{LISTS[1]}?trouble=yes").content.decode()

    for page in (folders, detail):
        assert "1 sent, 1 refused by Immich" in page
        assert f'?folder__id__exact={folder.last.pk}&amp;trouble=yes">1</a>' in page
    assert refused.message[:20] in files
    assert "<b>" not in files
    assert client.get(f"{LISTS[1]}?q={'0' * 40}").status_code == 200

    client.post(LISTS[1], {"action": "try_again", "_selected_action": [refused.pk]})
    assert folder.sync().end["sent"] == 1


@pytest.mark.parametrize("address", LISTS)
def test_strangers_see_nothing(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 302
