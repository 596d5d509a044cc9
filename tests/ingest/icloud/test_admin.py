"""Runs and photos in the admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from immichdrop.models import User
from ingest.icloud.models import ICloudPhoto, ICloudRun
from tests.ingest.icloud.conftest import EVERYTHING, Library
from tests.ingest.icloud.downloads import Photo

RUNS = reverse("admin:icloud_icloudrun_changelist")
PHOTOS = reverse("admin:icloud_icloudphoto_changelist")


@pytest.fixture
def admin(client: Client, transactional_db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin@example.org", "secret"))
    return client


def test_runs_and_what_is_pending(library: Library, admin: Client) -> None:
    library.write(Photo("<b>.HEIC", rating=5))
    library.sync(*EVERYTHING)
    library.write(Photo("IMG_2.HEIC"))
    library.sandbox.pause_scans()
    library.sync("--scan-timeout", 0.1)

    runs = admin.get(RUNS).content.decode()
    detail = admin.get(reverse("admin:icloud_icloudrun_change", args=[ICloudRun.objects.first().pk])).content.decode()
    pending = admin.get(f"{PHOTOS}?pending=yes").content.decode()
    everything = admin.get(PHOTOS).content.decode()

    assert "1 photos, 1 registered, 1 favourites, 1 put into albums" in runs
    assert "2 photos, 1 known, as before, 1 pending" in detail
    assert "IMG_2.HEIC" in pending
    assert "has not taken it in yet" in pending
    assert "&lt;b&gt;.HEIC" not in pending
    assert "&lt;b&gt;.HEIC" in everything
    assert "<b>" not in everything


def test_photos_are_done_again(library: Library, admin: Client) -> None:
    library.write(Photo(rating=5))
    library.sync()
    admin.post(PHOTOS, {"action": "try_again", "_selected_action": [ICloudPhoto.objects.get().pk]})
    assert library.sync(*EVERYTHING).outcomes == {"IMG_0001.HEIC": "done"}
    assert library.album("iCloud/2024") == ["IMG_0001.HEIC"]
