"""Going on where an upload stopped: no byte that was acknowledged is lost, asked for again, or taken for another."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.asgi import tus_app
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from tests.uploads.traces import assert_received, content, row
from tests.wire import Call, Line, head, patch
from uploads import lifecycle, spool
from uploads.models import Upload
from uploads.spool import Spool, SpoolFile
from uploads.tus import TusApp

Arrive = Callable[[Invite | None], TusGuest]
MEBIBYTE = 1 << 20
FILE = pictures.jpeg(1) + bytes(range(256)) * (3 * MEBIBYTE // 256)
ENOUGH = 2 * MEBIBYTE + MEBIBYTE // 2  # sent, for two blocks to be written and some bytes to be under way


def path_of(upload_id: str) -> Path:
    return spool.default().path(uuid.UUID(upload_id))


def finish(guest: TusGuest, upload_id: str, file: bytes = FILE, *, summed: bool = True) -> int:
    """Goes on as a client does: asks where, sends the rest. The offset it went on from."""
    offset = int(guest.head(upload_id).headers["Upload-Offset"])
    assert guest.patch(upload_id, offset, file[offset:]).status_code == 204
    assert_received(upload_id, file, summed=summed)
    return offset


def test_piece_by_piece(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    for start in range(0, len(FILE), MEBIBYTE):
        answer = guest.patch(upload_id, start, FILE[start : start + MEBIBYTE])
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(min(len(FILE), start + MEBIBYTE))
    assert_received(upload_id, FILE)


def test_once_whole_nothing_more_is_taken(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(FILE)
    assert guest.patch(upload_id, len(FILE), b"").status_code == 204
    assert guest.patch(upload_id, len(FILE), b"x").status_code == 413
    assert guest.patch(upload_id, 0, FILE).status_code == 409
    assert_received(upload_id, FILE)


def test_a_request_cut_in_the_middle_keeps_its_bytes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    with Line(guest.url) as cut:
        cut.begin_patch(guest, upload_id, 0, len(FILE))
        cut.send(FILE[:ENOUGH])
        eventually(lambda: path_of(upload_id).stat().st_size >= 2 * MEBIBYTE, "the bytes on disk")
    eventually(lambda: row(upload_id).offset, "the bytes to be acknowledged")
    assert 2 * MEBIBYTE <= finish(guest, upload_id) <= ENOUGH


def test_a_creation_cut_in_the_middle_keeps_its_bytes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    with Line(guest.url) as cut:
        cut.begin_creation(guest, len(FILE), "k")
        cut.send(FILE[:ENOUGH])
        (path,) = eventually(lambda: list(spool.default().root.iterdir()), "the file")
        eventually(lambda: path.stat().st_size >= 2 * MEBIBYTE, "the bytes on disk")
    eventually(Upload.objects.exists, "the upload")
    upload = Upload.objects.get()
    answer = guest.create(len(FILE), key="k")
    assert answer.headers["Location"].endswith(str(upload.pk))
    assert int(answer.headers["Upload-Offset"]) >= 2 * MEBIBYTE
    finish(guest, str(upload.pk))


def test_asking_takes_a_hanging_request_over(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    with Line(guest.url) as hanging:
        hanging.begin_patch(guest, upload_id, 0, len(FILE))
        hanging.send(FILE[: MEBIBYTE + MEBIBYTE // 2])
        eventually(lambda: path_of(upload_id).stat().st_size >= MEBIBYTE, "the bytes on disk")
        assert finish(guest, upload_id) >= MEBIBYTE
        assert hanging.answer().status == 423


def test_a_newer_request_takes_a_hanging_one_over(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    with Line(guest.url) as hanging:
        hanging.begin_patch(guest, upload_id, 0, len(FILE))
        hanging.send(FILE[: MEBIBYTE + MEBIBYTE // 2])
        eventually(lambda: path_of(upload_id).stat().st_size >= MEBIBYTE, "the bytes on disk")
        newer = guest.patch(upload_id, 0, FILE)
        assert newer.status_code == 409, "the older one's bytes count"
        assert int(newer.headers["Upload-Offset"]) >= MEBIBYTE
        finish(guest, upload_id)


def test_many_at_once_on_one_upload_are_sorted_out(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    lines = [Line(guest.url) for _ in range(6)]
    try:
        for line in lines:
            line.begin_patch(guest, upload_id, 0, len(FILE))
            line.send(FILE[:1000])

        def goes_on() -> bool:
            """As a client does, which comes back when it is told that another request is at it."""
            offset = int(guest.head(upload_id).headers.get("Upload-Offset", -1))
            return offset >= 0 and guest.patch(upload_id, offset, FILE[offset:]).status_code == 204

        eventually(goes_on, "the file")
        assert_received(upload_id, FILE)
        statuses = {line.answer().status for line in lines}
        assert statuses <= {409, 423}, statuses
    finally:
        for line in lines:
            line.socket.close()


def test_creating_again_takes_a_hanging_creation_over(make_invite: MakeInvite, guest_at: Arrive) -> None:
    file = FILE + bytes(16 * MEBIBYTE)
    guest = guest_at(make_invite())
    with Line(guest.url) as hanging:
        hanging.begin_creation(guest, len(file), "k")
        hanging.send(file[: MEBIBYTE + MEBIBYTE // 2])
        eventually(Upload.objects.exists, "the row, which a large file gets before its bytes")
        upload = Upload.objects.get()
        eventually(lambda: path_of(str(upload.pk)).stat().st_size >= MEBIBYTE, "the bytes on disk")
        again = guest.create(len(file), key="k")
        assert again.headers["Location"].endswith(str(upload.pk))
        assert int(again.headers["Upload-Offset"]) >= MEBIBYTE
        assert hanging.answer().status == 423
    finish(guest, str(upload.pk), file)


def test_a_long_body_is_acknowledged_while_it_comes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    file = FILE + bytes(40 * MEBIBYTE)
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(file))
    with Line(guest.url) as line:
        line.begin_patch(guest, upload_id, 0, len(file))
        line.send(file[: 34 * MEBIBYTE])
        eventually(lambda: row(upload_id).offset >= 32 * MEBIBYTE, "an acknowledgement on the way")
        line.send(file[34 * MEBIBYTE :])
        assert line.answer().status == 204
    assert_received(upload_id, file)


def test_what_lies_behind_the_acknowledged_offset_is_cut(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    guest.patch(upload_id, 0, FILE[:5000])
    with path_of(upload_id).open("ab") as file:
        file.write(b"written, and never acknowledged" + bytes(2 * len(FILE)))
    assert finish(guest, upload_id) == 5000


def test_a_file_that_lost_bytes_is_an_alarm(
    make_invite: MakeInvite, guest_at: Arrive, caplog: pytest.LogCaptureFixture
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    guest.patch(upload_id, 0, FILE[:5000])
    with path_of(upload_id).open("r+b") as file:
        file.truncate(4000)
    answer = guest.patch(upload_id, 5000, FILE[5000:])
    assert (answer.status_code, answer.json()["error"]) == (500, "spool_damaged")
    assert guest.head(upload_id).headers["Upload-Offset"] == "5000", "never a new offset"
    assert content(upload_id) == FILE[:4000]
    assert "SpoolFileShortError" in caplog.text


def test_a_file_that_is_gone_is_an_alarm(
    make_invite: MakeInvite, guest_at: Arrive, caplog: pytest.LogCaptureFixture
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    path_of(upload_id).unlink()
    answer = guest.patch(upload_id, 0, FILE)
    assert (answer.status_code, answer.json()["error"]) == (500, "spool_damaged")
    assert "SpoolFileMissingError" in caplog.text


@pytest.fixture
def impatient() -> Iterator[None]:
    """Waits for other processes only for a moment."""
    patience, tus_app.neighbours.patience = tus_app.neighbours.patience, 0.3
    yield
    tus_app.neighbours.patience = patience


def test_an_upload_that_another_process_writes_is_busy(
    impatient: None, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    other = spool.default().open(uuid.UUID(upload_id))
    try:
        answer = guest.patch(upload_id, 0, FILE)
        assert (answer.status_code, answer.json()["error"]) == (423, "busy")
        assert guest.head(upload_id).status_code == 423
    finally:
        other.close()
    finish(guest, upload_id)


class OvertakenSpool(Spool):
    """Another process writes, acknowledges and goes just before a file is opened here."""

    def open(self, upload_id: uuid.UUID) -> SpoolFile:
        file = super().open(upload_id)
        file.write_at(0, FILE[:5000])
        file.close()
        lifecycle.advance(Upload.objects.get(pk=upload_id), 5000)
        return super().open(upload_id)


def test_what_another_process_acknowledged_meanwhile_is_not_cut(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    call = patch(guest, upload_id, 0, FILE)
    assert asyncio.run(call.run(TusApp(OvertakenSpool(settings.SPOOL_DIR)))) == 409
    assert call.headers["upload-offset"] == "5000"
    assert content(upload_id) == FILE[:5000]
    finish(guest, upload_id, summed=False)


def test_a_server_that_ends_keeps_what_came(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    app = TusApp(spool.default())
    running = Hanging(guest, upload_id, FILE[:5000])

    async def end_in_the_middle() -> tuple[int, int, int, int]:
        sending = asyncio.create_task(running.run(app))
        await running.silent.wait()
        app.stop()
        post = Call("POST", "/api/tus/", {"Tus-Resumable": "1.0.0"})
        return (
            await sending,
            await head(guest, upload_id).run(app),
            await patch(guest, upload_id, 5000, FILE[5000:]).run(app),
            await post.run(app),
        )

    assert asyncio.run(end_in_the_middle()) == (423, 423, 503, 503)
    assert row(upload_id).offset == 5000
    assert finish(guest, upload_id, summed=False) == 5000


class Hanging(Call):
    """A PATCH whose body stops coming after its first piece."""

    def __init__(self, guest: TusGuest, upload_id: str, piece: bytes) -> None:
        known = patch(guest, upload_id, 0, piece)
        super().__init__("PATCH", known.scope["path"], {})
        self.scope = known.scope
        self.scope["headers"] = [pair for pair in self.scope["headers"] if pair[0] != b"content-length"]
        self.scope["headers"].append((b"content-length", str(len(FILE)).encode()))
        self._messages = [{"type": "http.request", "body": piece, "more_body": True}]
        self.silent = asyncio.Event()

    async def receive(self) -> dict[str, object]:
        if self._messages:
            return dict(self._messages.pop())
        if self.silent.is_set():
            return {"type": "http.disconnect"}
        self.silent.set()
        return dict(await asyncio.get_running_loop().create_future())
