"""Unfinished uploads are given up when their guests don't come back; nothing that is complete ever is."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import housekeeping, spool
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
MINUTE, HOUR = 60, 3600


def age(upload_id: str, seconds: int) -> None:
    """As if the last byte had come so long ago."""
    path = spool.default().path(Upload.objects.get(pk=upload_id).pk)
    os.utime(path, (time.time() - seconds,) * 2)


def test_without_a_byte_after_ten_minutes(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(max_uses=2))
    early, late = guest.begin(100), guest.begin(100)
    age(early, 11 * MINUTE)
    age(late, 9 * MINUTE)
    assert guest.create(100).json()["error"] == "invite_exhausted"
    assert housekeeping.expire(spool.default()) == 1
    assert Upload.objects.get(pk=early).discarded_by == "expired"
    assert guest.create(100).status_code == 201, "the place is free again"
    assert guest.head(early).status_code == 404


def test_with_some_bytes_after_a_day(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    photo = pictures.jpeg(1)
    upload_id = guest.begin(len(photo), key="k")
    guest.patch(upload_id, 0, photo[:500])
    age(upload_id, 23 * HOUR)
    assert housekeeping.expire(spool.default()) == 0
    age(upload_id, 25 * HOUR)
    assert housekeeping.expire(spool.default()) == 1
    assert housekeeping.sweep(spool.default()) == 1
    assert not spool.default().path(Upload.objects.get().pk).exists()
    assert guest.begin(len(photo), key="k") != upload_id, "the same file may be sent anew"


def test_what_is_complete_never_expires(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    upload_id = guest_at(make_invite()).send(pictures.jpeg(1))
    age(upload_id, 1000 * HOUR)
    assert housekeeping.expire(spool.default()) == 0


def test_a_vanished_file_does_not_keep_its_place(
    web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    upload_id = guest_at(make_invite()).begin(100)
    row = Upload.objects.get(pk=upload_id)
    spool.default().remove(row.pk)
    assert housekeeping.expire(spool.default()) == 0
    row.created_at = row.created_at.replace(year=2020)
    row.save(update_fields=["created_at"])
    assert housekeeping.expire(spool.default()) == 1


def test_logins_that_ended_are_forgotten(web: str, client: Client) -> None:
    client.force_login(User.objects.create_user("ann@example.org"))
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    worker = Worker(spool.default(), 1)
    worker.start()
    try:
        eventually(lambda: Session.objects.count() == 0, "the sessions' end")
    finally:
        worker.stop(10)
