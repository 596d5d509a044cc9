"""The spool against the table: what is missing is an alarm, what is too long is cut, what belongs to nobody is kept."""

import os
import time
import uuid
from collections.abc import Callable

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from uploads import custody, spool
from uploads.models import CustodyAlarm, Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)


def alarms() -> list[str]:
    return list(CustodyAlarm.objects.values_list("reason", flat=True))


def test_all_is_well(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    guest.patch(guest.begin(len(PHOTO)), 0, PHOTO[:700])
    assert custody.inspect(spool.default()) == 0
    assert sorted(guest.statuses()) == ["received", "receiving"]


def test_gone_bytes_of_a_complete_file(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    spool.default().remove(uuid.UUID(upload_id))
    assert custody.inspect(spool.default()) == 1
    assert custody.inspect(spool.default()) == 0, "the same is told once"
    assert alarms() == ["missing"]
    upload = Upload.objects.get()
    assert upload.status == "failed"
    assert "damaged" in upload.message


def test_fewer_bytes_than_acknowledged(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO), key="k")
    guest.patch(upload_id, 0, PHOTO[:700])
    os.truncate(spool.default().path(uuid.UUID(upload_id)), 500)
    assert custody.inspect(spool.default()) == 1
    assert alarms() == ["short"]
    again = guest.begin(len(PHOTO), key="k")
    assert again != upload_id, "the guest's browser still has the file, and sends it anew"
    assert guest.patch(again, 0, PHOTO).status_code == 204


def test_more_bytes_than_acknowledged_are_cut(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:700])
    path = spool.default().path(uuid.UUID(upload_id))
    with path.open("ab") as file:
        file.write(b"never acknowledged")
    assert custody.inspect(spool.default()) == 0
    assert path.read_bytes() == PHOTO[:700]


def test_a_file_without_a_row_is_set_aside(web: str) -> None:
    place = spool.default()
    stray = uuid.uuid4()
    place.path(stray).write_bytes(b"whose?")
    assert custody.inspect(place) == 0, "it may be a creation that has no row yet"
    os.utime(place.path(stray), (time.time() - 7200,) * 2)
    assert custody.inspect(place) == 1
    assert alarms() == ["stray"]
    assert (place.root / "lost+found" / stray.hex).read_bytes() == b"whose?"
    (place.root / "lost+found" / stray.hex).unlink()
    (place.root / "lost+found").rmdir()


def test_delivered_files_are_nobodys_worry(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    upload_id = guest_at(make_invite()).send(PHOTO)
    Upload.objects.update(status="delivered")
    spool.default().remove(uuid.UUID(upload_id))
    assert custody.inspect(spool.default()) == 0


def test_a_file_being_written_is_left_alone(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = uuid.UUID(guest.begin(len(PHOTO)))
    place = spool.default()
    writer = place.open(upload_id)
    writer.write_at(0, b"on its way")
    custody.inspect(place)
    assert place.size(upload_id) == len(b"on its way")
    writer.close()
