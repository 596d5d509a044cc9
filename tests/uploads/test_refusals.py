"""What is not taken, and how it is told: by a status and the contract's code, leaving neither row nor bytes."""

import asyncio
import errno
import shutil
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.utils import timezone
from pytest_django import Settings

from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import assert_no_trace, assert_received, content, row, spool_files
from tests.wire import Call, creation, patch
from uploads.models import Upload
from uploads.spool import Spool, SpoolFile
from uploads.tus import TusApp

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
CLIP = pictures.CLIP.read_bytes()
HOUR = timedelta(hours=1)
DATE = "2024:06:15 18:30:00"


def said(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def both_ways(guest: TusGuest, file: bytes, **fields: str) -> set[tuple[int, str]]:
    """What a creation is answered with, without bytes and with them."""
    return {said(guest.create(len(file), **fields)), said(guest.create(len(file), file, **fields))}


# --- links


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"disabled": True}, "invite_disabled"),
        ({"expires_at": timezone.now() - HOUR}, "invite_expired"),
        ({"opens_at": timezone.now() + HOUR}, "invite_not_open"),
        ({"max_uses": 3, "used": 3}, "invite_exhausted"),
        ({"max_uses": 1, "used": 1, "claimed_at": timezone.now()}, "invite_claimed"),
        ({"deleted_at": timezone.now()}, "invalid_invite"),
        ({"password": "secret"}, "invite_password_required"),
        ({"password": "secret", "disabled": True}, "invite_disabled"),
    ],
)
def test_a_closed_link(web: str, make_invite: MakeInvite, fields: dict[str, object], code: str) -> None:
    guest = TusGuest(web, make_invite(**fields).token)
    guest.open()
    assert both_ways(guest, PHOTO) == {(403, code)}
    assert_no_trace()


@pytest.mark.parametrize("token", ["x" * 32, "0" * 32, "' OR 1=1 --", "ä" * 2000, "a\0b"])
def test_an_unknown_link(web: str, token: str) -> None:
    assert both_ways(TusGuest(web, token), PHOTO) == {(403, "invalid_invite")}
    assert_no_trace()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"disabled": True}, 403),
        ({"deleted_at": timezone.now()}, 403),
        ({"expires_at": timezone.now() - HOUR}, 204),
        ({"max_uses": 2, "used": 2}, 204),
    ],
)
def test_a_link_that_closes_while_a_file_is_on_its_way(
    make_invite: MakeInvite, guest_at: Arrive, fields: dict[str, object], status: int
) -> None:
    """Expired and used-up links let a file finish; whoever disables or deletes one means it."""
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    Invite.objects.update(**fields)
    assert guest.head(upload_id).headers["Upload-Offset"] == "100"
    assert guest.patch(upload_id, 100, PHOTO[100:]).status_code == status
    assert guest.create(len(PHOTO)).status_code == 403
    assert row(upload_id).complete == (status == 204)


def test_a_file_that_is_here_stays_when_the_link_is_closed(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    Invite.objects.update(disabled=True, deleted_at=timezone.now())
    assert guest.patch(upload_id, len(PHOTO), b"").status_code == 204
    assert_received(upload_id, PHOTO)


def test_the_password_opens_the_link(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(password="secret")
    guest = guest_at(invite)
    assert unlock(guest, "wrong") == 403
    assert both_ways(guest, PHOTO) == {(403, "invite_password_required")}
    assert unlock(guest, "secret") == 200
    assert_received(guest.send(PHOTO), PHOTO)
    assert said(guest_at(invite).create(10)) == (403, "invite_password_required"), "for this guest alone"


def test_another_password_ends_the_unlock(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(password="secret")
    guest = guest_at(invite)
    unlock(guest, "secret")
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    invite.set_password("another")
    invite.save()

    assert both_ways(guest, PHOTO) == {(401, "invite_password_required")}
    assert said(guest.patch(upload_id, 100, PHOTO[100:])) == (401, "invite_password_required")
    assert guest.head(upload_id).status_code == 423, "anything else would make the page forget how far it was"
    assert row(upload_id).offset == 100

    assert unlock(guest, "another") == 200
    assert guest.head(upload_id).headers["Upload-Offset"] == "100"
    assert guest.patch(upload_id, 100, PHOTO[100:]).status_code == 204
    assert_received(upload_id, PHOTO)


def test_a_password_that_was_never_given_by_this_guest(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    """Uploads from before there was a password wait for it as well."""
    invite = make_invite()
    guest = guest_at(invite)
    upload_id = guest.begin(len(PHOTO))
    invite.set_password("secret")
    invite.save()
    assert said(guest.patch(upload_id, 0, PHOTO)) == (403, "invite_password_required")
    assert guest.head(upload_id).status_code == 423
    Visit.objects.create(guest=Guest.objects.get(), invite=invite, unlocked_at=timezone.now())
    assert guest.patch(upload_id, 0, PHOTO).status_code == 204


def unlock(guest: TusGuest, password: str) -> int:
    url = f"{guest.url}/api/invite/{guest.token}/auth"
    return guest.session.post(url, json={"password": password}, timeout=30).status_code


# --- limits


def test_a_file_larger_than_the_links_limit(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(max_file_size=len(PHOTO) - 1))
    assert both_ways(guest, PHOTO) == {(413, "file_too_large")}
    assert_no_trace()
    Invite.objects.update(max_file_size=len(PHOTO))
    guest.send(PHOTO)


@pytest.mark.parametrize("size", [1_000_001, 10**17])
def test_a_file_larger_than_the_servers_limit(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, size: int
) -> None:
    settings.MAX_FILE_SIZE_MB = 1
    assert said(guest_at(make_invite(max_file_size=10**12)).create(size)) == (413, "file_too_large")
    assert_no_trace()


def test_an_empty_file(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    assert said(guest.create(0)) == (400, "empty_file")
    assert_no_trace()


def test_more_files_than_each_guest_may_send(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_files=2)
    guest = guest_at(invite)
    first = guest.begin(len(PHOTO), key="first")
    guest.send(PHOTO)
    assert both_ways(guest, PHOTO) == {(403, "too_many_files")}
    assert len(spool_files()) == 2
    assert guest.create(len(PHOTO), key="first").status_code == 201, "the ones there are can be gone on with"
    guest.patch(first, 0, PHOTO)
    assert_received(first, PHOTO)
    guest_at(invite).send(PHOTO)


def test_more_files_than_the_link_takes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=2)
    first, other = guest_at(invite), guest_at(invite)
    on_its_way = first.begin(len(PHOTO))
    other.send(PHOTO)
    assert both_ways(other, PHOTO) == {(403, "invite_exhausted")}, "the place of a file on its way is promised"
    first.patch(on_its_way, 0, PHOTO)
    assert_received(on_its_way, PHOTO)
    invite.refresh_from_db()
    assert (invite.used, invite.remaining) == (2, 0)


def test_more_bytes_than_the_link_takes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_bytes=2 * len(PHOTO) + 10)
    guest = guest_at(invite)
    guest.begin(len(PHOTO))
    guest.send(PHOTO)
    assert both_ways(guest_at(invite), PHOTO) == {(403, "quota_exceeded")}
    assert guest.create(10).status_code == 201, "to the last byte"
    assert said(guest.create(1)) == (403, "quota_exceeded")


# --- types


@pytest.mark.parametrize("name", ["notes.txt", "page.html", "drawing.svg", "run.exe", "photo", ".jpg", "photo.jpg.zip"])
def test_a_name_of_another_type(make_invite: MakeInvite, guest_at: Arrive, name: str) -> None:
    assert both_ways(guest_at(make_invite()), PHOTO, filename=name) == {(422, "wrong_type")}
    assert_no_trace()


DISGUISED = {
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "html later": b"\xef\xbb\xbf \r\n\t <HTML><body>",
    "tag": b"  <Title>x</Title>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg">',
    "xml": b"<?xml version='1.0'?><svg/>",
    "utf-16": "<html>".encode("utf-16"),
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04\x14\0\0\0",
    "exe": b"MZ\x90\0\x03\0\0\0",
    "elf": b"\x7fELF\x02\x01\x01\0",
    "script": b"#!/bin/sh\nrm -rf /\n",
    "gzip": b"\x1f\x8b\x08\0\0",
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_something_else_named_like_a_photo(make_invite: MakeInvite, guest_at: Arrive, kind: str) -> None:
    file = DISGUISED[kind] + bytes(9000)
    guest = guest_at(make_invite())
    assert said(guest.create(len(file), file)) == (422, "wrong_type")
    assert_no_trace()
    upload_id = guest.begin(len(file))
    assert said(guest.patch(upload_id, 0, file)) == (422, "wrong_type")
    assert guest.head(upload_id).status_code == 404
    assert_no_trace()


@pytest.mark.parametrize("size", [1, 3, 7])
def test_something_else_in_small_pieces(make_invite: MakeInvite, guest_at: Arrive, size: int) -> None:
    """The type is looked at again as long as less was acknowledged than is needed to tell it."""
    guest = guest_at(make_invite())
    file = b"  <html><body>" + bytes(5000)
    upload_id = guest.begin(len(file))
    answers = []
    for start in range(0, 14, size):
        answers.append(guest.patch(upload_id, start, file[start : start + size]).status_code)
        if answers[-1] != 204:
            break
    assert answers[-1] == 422
    assert set(answers[:-1]) <= {204}
    assert_no_trace()


def test_something_else_of_many_megabytes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """Also where the row is made before the bytes come."""
    file = b"%PDF-1.7\n" + bytes(17 << 20)
    assert said(guest_at(make_invite()).create(len(file), file)) == (422, "wrong_type")
    assert_no_trace()


def test_photos_only(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(kinds="photos"))
    assert both_ways(guest, CLIP, filename="clip.mp4") == {(422, "wrong_type")}
    assert said(guest.create(len(CLIP), CLIP, filename="clip.jpg")) == (422, "wrong_type")
    assert_no_trace()
    for name, photo in (("a.jpg", PHOTO), ("b.heic", pictures.heic(1, DATE)), ("c.jpg", pictures.heic(2, DATE))):
        guest.send(photo, filename=name)


def test_videos_only(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(kinds="videos"))
    assert both_ways(guest, PHOTO) == {(422, "wrong_type")}
    assert said(guest.create(len(PHOTO), PHOTO, filename="photo.mov")) == (422, "wrong_type")
    assert_no_trace()
    guest.send(CLIP, filename="clip.mp4")


def test_a_refused_file_leaves_its_place_to_another(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(max_files=1, max_uses=1))
    guest.create(9, b"%PDF-1.7\n")
    upload_id = guest.begin(9)
    guest.patch(upload_id, 0, b"%PDF-1.7\n")
    guest.send(PHOTO)


# --- the disk


def test_a_disk_at_its_floor(make_invite: MakeInvite, guest_at: Arrive, settings: Settings) -> None:
    guest = guest_at(make_invite())
    on_its_way = guest.begin(len(PHOTO))
    settings.SPOOL_FREE_MB = 10**9
    assert both_ways(guest, PHOTO) == {(507, "disk_full")}
    assert guest.patch(on_its_way, 0, PHOTO).status_code == 204, "its room was promised"
    assert_received(on_its_way, PHOTO)
    assert len(spool_files()) == 1


def test_room_that_is_promised_is_not_promised_again(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    """Room for 1 GB: two files of 600 MB find none, though neither has sent a byte."""
    settings.SPOOL_FREE_MB = (shutil.disk_usage(settings.SPOOL_DIR).free - 10**9) // 10**6
    guest = guest_at(make_invite())
    assert guest.create(600_000_000).status_code == 201
    assert said(guest_at(make_invite()).create(600_000_000)) == (507, "disk_full")
    Upload.objects.update(offset=600_000_000, status="received")  # taken: the disk's own count has it now
    assert guest.create(600_000_000).status_code == 201


class FullFile(SpoolFile):
    """A disk that takes a few bytes and is full."""

    def write_at(self, offset: int, data: bytes | bytearray) -> None:
        super().write_at(offset, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


class LateFile(SpoolFile):
    """A disk that finds out only when asked to make bytes durable, as network and thin disks do."""

    def sync(self) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")


class FullSpool(Spool):
    file_class: type[SpoolFile] = FullFile

    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        return self.file_class(super().create(upload_id).descriptor)

    def open(self, upload_id: uuid.UUID) -> SpoolFile:
        return self.file_class(super().open(upload_id).descriptor)


class LateSpool(FullSpool):
    file_class = LateFile


class NoNameSpool(Spool):
    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        raise OSError(errno.ENOSPC, "No space left on device")


def ask(call: Call, spool: Spool) -> tuple[int, object]:
    return asyncio.run(call.run(TusApp(spool))), call.error


@pytest.mark.parametrize("kind", [FullSpool, LateSpool, NoNameSpool])
def test_a_disk_that_is_full_while_a_file_is_made(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, kind: type[Spool]
) -> None:
    guest = guest_at(make_invite())
    assert ask(creation(guest, PHOTO), kind(settings.SPOOL_DIR)) == (507, "disk_full")
    assert_no_trace()


@pytest.mark.parametrize("kind", [FullSpool, LateSpool])
def test_a_disk_that_is_full_while_bytes_come(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, kind: type[Spool]
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    assert ask(patch(guest, upload_id, 100, PHOTO[100:]), kind(settings.SPOOL_DIR)) == (507, "disk_full")
    assert row(upload_id).offset == 100
    assert content(upload_id) == PHOTO[:100], "what is not acknowledged gives its room back"
    assert guest.patch(upload_id, 100, PHOTO[100:]).status_code == 204
    assert_received(upload_id, PHOTO)
