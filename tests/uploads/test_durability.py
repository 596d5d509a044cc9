"""The promise of receipt: bytes are on disk before the row says so, and the row before the guest is told."""

import asyncio
import errno
import threading
import uuid
from collections.abc import Callable

import pytest
from pytest_django import Settings

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import assert_no_trace, assert_received, content, row, spool_files
from tests.wire import Call, creation, patch
from uploads import blocking, spool
from uploads.models import Upload
from uploads.receiving import BLOCK
from uploads.spool import Spool, SpoolFile
from uploads.tus import TusApp

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1) + bytes(5000)
LARGE = PHOTO + bytes(BLOCK)  # looked at before its bytes are read
Happened = tuple[str, int]


class WatchedFile(SpoolFile):
    """Notes each step, with the offset that the row has at that moment (-1: there is no row)."""

    def __init__(self, descriptor: int, journal: list[Happened]) -> None:
        super().__init__(descriptor)
        self.journal = journal

    def write_at(self, offset: int, data: bytes | bytearray) -> None:
        super().write_at(offset, data)
        self.journal.append(("write", acknowledged()))

    def sync(self) -> None:
        super().sync()
        self.journal.append(("sync", acknowledged()))


class WatchedSpool(Spool):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.SPOOL_DIR)
        self.journal: list[Happened] = []

    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        self.journal.append(("create", acknowledged()))
        return WatchedFile(super().create(upload_id).descriptor, self.journal)

    def open(self, upload_id: uuid.UUID) -> SpoolFile:
        return WatchedFile(super().open(upload_id).descriptor, self.journal)

    def sync_folder(self) -> None:
        super().sync_folder()
        self.journal.append(("sync folder", acknowledged()))


def acknowledged() -> int:
    upload = Upload.objects.first()
    return upload.offset if upload else -1


class Watched(Call):
    """Notes when the answer leaves."""

    journal: list[Happened]

    async def send(self, message: dict[str, object]) -> None:  # type: ignore[override]
        if message["type"] == "http.response.start":
            self.journal.append(("answer", await blocking.run(acknowledged)))
        await super().send(message)


def watch(call: Call, disk: WatchedSpool) -> list[Happened]:
    call.__class__ = Watched
    call.journal = disk.journal  # type: ignore[attr-defined]
    asyncio.run(call.run(TusApp(disk)))
    return disk.journal


def test_a_whole_file_is_durable_before_it_has_a_row(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    call = creation(guest_at(make_invite()), PHOTO)
    journal = watch(call, WatchedSpool(settings))
    assert journal == [
        ("create", -1),
        ("write", -1),
        ("sync", -1),
        ("sync folder", -1),
        ("answer", len(PHOTO)),
    ]
    assert call.status == 201


def test_an_empty_file_is_durable_before_it_has_a_row(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    call = creation(guest_at(make_invite()), PHOTO)
    call.scope["headers"] = [pair for pair in call.scope["headers"] if pair[0] != b"content-length"]
    journal = watch(call, WatchedSpool(settings))
    assert journal == [("create", -1), ("sync", -1), ("sync folder", -1), ("answer", 0)]
    assert call.status == 201


def test_bytes_are_durable_before_they_are_acknowledged(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    call = patch(guest, upload_id, 100, PHOTO[100:])
    assert watch(call, WatchedSpool(settings)) == [("write", 100), ("sync", 100), ("answer", len(PHOTO))]
    assert call.status == 204


class BrokenFile(SpoolFile):
    """A disk that fails when it is asked to keep its word."""

    tries = 0

    def sync(self) -> None:
        self.tries += 1
        if self.tries > 1:
            return  # as systems do: they report a lost page once, and call it clean from then on
        raise OSError(errno.EIO, "Input/output error")


class BrokenSpool(Spool):
    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        return BrokenFile(super().create(upload_id).descriptor)

    def open(self, upload_id: uuid.UUID) -> SpoolFile:
        return BrokenFile(super().open(upload_id).descriptor)


def test_what_a_failing_disk_did_not_keep_is_not_acknowledged(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    guest = guest_at(make_invite())
    broken = TusApp(BrokenSpool(settings.SPOOL_DIR))
    making = creation(guest, PHOTO)
    assert asyncio.run(making.run(broken)) == 503
    assert_no_trace()
    upload_id = guest.begin(len(PHOTO))
    assert asyncio.run(patch(guest, upload_id, 0, PHOTO).run(broken)) == 503
    assert (row(upload_id).offset, row(upload_id).status) == (0, "receiving")
    assert caplog.text.count("event=storage_failed") == 2
    guest.patch(upload_id, 0, PHOTO)
    assert_received(upload_id, PHOTO)


class GatedSpool(Spool):
    """Stops in the transaction that inserts the row, where room is asked for the `last` time, until let go on."""

    def __init__(self, settings: Settings, last: int) -> None:
        super().__init__(settings.SPOOL_DIR)
        self.last = last
        self.asked = 0
        self.reached = threading.Event()
        self.gate = threading.Event()

    def free(self) -> int:
        self.asked += 1
        if self.asked == self.last:
            self.reached.set()
            assert self.gate.wait(30)
        return super().free()


@pytest.mark.parametrize(("photo", "last"), [(PHOTO, 1), (LARGE, 2)], ids=["small", "large"])
def test_a_row_keeps_its_bytes_though_nobody_waits_for_it_any_more(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, photo: bytes, last: int
) -> None:
    """The server ends and gives the request up while its row is being committed."""
    disk = GatedSpool(settings, last)
    call = creation(guest_at(make_invite()), photo)

    async def give_up() -> None:
        task = asyncio.create_task(TusApp(disk)(call.scope, call.receive, call.send))
        assert await asyncio.to_thread(disk.reached.wait, 30)
        task.cancel()
        disk.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert_received(str(Upload.objects.get().pk), photo)


class SlowFile(SpoolFile):
    """A write that takes until the test lets it end."""

    closed_while_writing = False

    def __init__(self, descriptor: int, writing: threading.Event, gate: threading.Event) -> None:
        super().__init__(descriptor)
        self.writing = writing
        self.gate = gate

    def write_at(self, offset: int, data: bytes | bytearray) -> None:
        self.writing.set()
        assert self.gate.wait(30)
        super().write_at(offset, data)

    def close(self) -> None:
        self.closed_while_writing = not self.gate.is_set()
        super().close()


class SlowSpool(Spool):
    file: SlowFile

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.SPOOL_DIR)
        self.writing = threading.Event()
        self.gate = threading.Event()

    def open(self, upload_id: uuid.UUID) -> SpoolFile:
        self.file = SlowFile(super().open(upload_id).descriptor, self.writing, self.gate)
        return self.file


def test_a_file_is_not_closed_under_a_write(make_invite: MakeInvite, guest_at: Arrive, settings: Settings) -> None:
    """Its number may be another file's by then, and its lock another process's."""
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    disk = SlowSpool(settings)
    call = patch(guest, upload_id, 0, PHOTO)

    async def give_up() -> None:
        task = asyncio.create_task(TusApp(disk)(call.scope, call.receive, call.send))
        assert await asyncio.to_thread(disk.writing.wait, 30)
        for _ in range(2):  # the server asks once, and its loop once more when it ends
            task.cancel()
            await asyncio.wait([task], timeout=0.1)
        ended_early = task.done()
        disk.gate.set()
        assert not ended_early
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert not disk.file.closed_while_writing
    assert_received(upload_id, PHOTO)  # what came was kept, though nobody heard the answer


@pytest.mark.parametrize(("photo", "files"), [(PHOTO, 0), (LARGE, 1)], ids=["small", "large"])
def test_a_creation_given_up_before_its_row_leaves_nothing(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, photo: bytes, files: int
) -> None:
    call = creation(guest_at(make_invite()), photo)
    silent = asyncio.Event()

    async def never() -> dict[str, object]:
        silent.set()
        return dict(await asyncio.get_running_loop().create_future())

    async def give_up() -> None:
        task = asyncio.create_task(TusApp(spool.default())(call.scope, never, call.send))
        await silent.wait()
        assert len(spool_files()) == files
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert_no_trace()


def test_bytes_in_the_spool_are_the_bytes_that_were_sent(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    ids = [guest.send(PHOTO + bytes([number]) * 100, key=f"file {number}") for number in range(5)]
    for number, upload_id in enumerate(ids):
        assert content(upload_id) == PHOTO + bytes([number]) * 100
