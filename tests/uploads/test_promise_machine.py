"""The promise as an invariant, over all that guests, disks, power and Immich may do in any order.

The product is the real one, from the tus application to the delivery; only the disk under its spool is simulated, and
the Immich behind it. `make fuzz` searches deeper (`HYPOTHESIS_PROFILE=deep`).
"""

import asyncio
import hashlib
import os
import random
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property

import hypothesis
from django.utils import timezone
from hypothesis import HealthCheck, note
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from immichdrop.asgi_types import Message
from immichdrop.immich import AssetUpload, Existing, Immich, Rejected, Unavailable, Uploaded
from immichdrop.models import ImmichAccount
from invites import guests
from invites.models import Guest, Invite
from tests import pictures
from tests.guest import BODY, TUS, metadata
from tests.uploads.forgetful_disk import Fate, Fault, ForgetfulSpool, PowerLossError
from tests.wire import Call
from uploads import blocking, custody, housekeeping, lifecycle, progress
from uploads.lane import Lane
from uploads.models import CustodyAlarm, KnownAsset, Upload
from uploads.tus import TusApp

MEBIBYTE = 1 << 20
PHOTO = pictures.jpeg(1)
# Longer than a creation's body that is written before its row, and than two checkpoints.
LONG = random.Random(3).randbytes(17 * MEBIBYTE)
WORKER = f"{socket.gethostname()}:{os.getpid()}:promise"
PROFILES = {"": (60, 25), "deep": (1000, 60)}  # examples, and steps of each


class Ending(Enum):
    WHOLE = "the body comes whole, and the guest hears the answer"
    UNHEARD = "the body comes whole, and its answer is lost"
    CUT = "the line breaks, and the guest hears nothing"


@dataclass(frozen=True)
class Mishap:
    """A fault at the n-th operation of the disk from now on, and what becomes of un-synced bytes if the power goes."""

    fault: Fault
    steps: int
    fate: Fate
    seed: int


ENDINGS = st.sampled_from([Ending.WHOLE, *Ending])
MISHAPS = st.none() | st.builds(
    Mishap, st.sampled_from(Fault), st.integers(0, 8), st.sampled_from(Fate), st.integers(0, 99)
)


class Body(Call):
    """A request whose body comes in pieces, and may break off."""

    def __init__(
        self, method: str, path: str, headers: Mapping[str, str], pieces: list[bytes], announced: int, ending: Ending
    ) -> None:
        super().__init__(method, path, {**headers, "Content-Length": str(announced)})
        self._messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        if ending is not Ending.CUT and self._messages:
            self._messages[-1]["more_body"] = False


class Hanging(Body):
    """A request whose body stops coming after its pieces, on a line that stays open until `left` is set."""

    silent: asyncio.Event
    left: asyncio.Event

    async def receive(self) -> Message:
        if not self._messages:
            self.silent.set()
            await self.left.wait()
        return await super().receive()


@dataclass(eq=False)
class File:
    """A file on a guest's device, and what the guest was told about it."""

    key: str
    content: bytes
    url: str = ""
    promised: int = -1  # the highest offset in a success answer; -1 before any
    sent: int = 0  # bytes that ever left the guest's device

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.url.rpartition("/")[2])

    @cached_property
    def sha1(self) -> str:
        return hashlib.sha1(self.content).hexdigest()


class Mood(Enum):
    """What Immich does with the next delivery."""

    TAKES = "takes the file"
    AWAY = "does not answer"
    BREAKS = "breaks off in the middle of the file"
    UNHEARD = "takes the file, and its answer is lost"
    REFUSES = "refuses the file for good"


class Library(Immich):
    """An Immich in memory, which knows files by their bytes and by nothing that it was told of them."""

    def __init__(self) -> None:
        super().__init__("http://immich.invalid", "key")
        self.assets: dict[str, str] = {}
        self.mood = Mood.TAKES

    def bulk_check(self, checksums: Mapping[str, str]) -> dict[str, Existing | None]:
        if self.mood is Mood.AWAY:
            raise Unavailable("no answer")
        known = {key: self.assets.get(sha1) for key, sha1 in checksums.items()}
        return {key: Existing(asset, is_trashed=False) if asset else None for key, asset in known.items()}

    def upload(self, asset: AssetUpload) -> Uploaded:
        with asset.open() as file:
            sha1 = hashlib.sha1(file.read()).hexdigest()
        if self.mood is Mood.REFUSES:
            raise Rejected("not a picture", status=400)
        if self.mood is Mood.BREAKS:
            raise Unavailable("the line broke")
        duplicate = sha1 in self.assets
        known = self.assets.setdefault(sha1, str(uuid.uuid4()))
        if self.mood is Mood.UNHEARD:
            raise Unavailable("no answer", status=502)
        return Uploaded(known, duplicate)


class Promise(RuleBasedStateMachine):
    files = Bundle("files")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.disk = ForgetfulSpool()
        self.app = TusApp(self.disk)
        self.library = Library()
        self.lane = self.new_lane()
        self.all: list[File] = []
        self.checked: dict[uuid.UUID, tuple[int, int]] = {}

    @initialize(target=files)
    def a_guest_opens_a_link(self) -> MultipleResults[File]:
        """With files of all lengths. They are there from the start, since whole runs may leave out any one rule."""
        self.invite = Invite(name="Beach week")
        self.invite.set_password("")
        self.invite.save()
        self.guest, secret = guests.create()
        self.headers = {guests.HEADER: secret}
        self.account = ImmichAccount.objects.environment()
        for number, longer in enumerate((0, 3000, 40_000, len(LONG))):
            self.all.append(File(f"file {number}", PHOTO + str(number).encode() + LONG[:longer]))
        return multiple(*self.all)

    def new_lane(self) -> Lane:
        """The way to the library, one step after another instead of in threads."""
        return Lane(f"{WORKER}:", self.disk, 1, lambda account: self.library, lambda: [self.account.pk], look_every=0)

    def teardown(self) -> None:
        self.loop.close()
        progress.attach(None)
        for model in (CustodyAlarm, Upload, KnownAsset, Invite, Guest):
            model.objects.all().delete()

    # --- requests

    @contextmanager
    def exposed_to(self, mishap: Mishap | None) -> Iterator[None]:
        """What happens inside may be struck by it; a power loss is followed by a restart."""
        self.disk.armed = (mishap.steps, mishap.fault) if mishap else None
        try:
            yield
        except PowerLossError:
            assert mishap
            self.restart(mishap.fate, mishap.seed)
        finally:
            self.disk.armed = None

    def ask(self, call: Call, file: File, ending: Ending = Ending.WHOLE, mishap: Mishap | None = None) -> int:
        """Sends a request; the answer's status, 0 when the guest heard none. What it promises is noted."""
        with self.exposed_to(mishap):
            self.loop.run(call.run(self.app))
            if ending is Ending.WHOLE:
                self.hear(call, file)
                return call.status
        return 0

    def hear(self, call: Call, file: File) -> None:
        if call.status in (200, 201, 204):
            file.url = call.headers.get("location", file.url)
            offset = int(call.headers["upload-offset"])
            assert file.promised <= offset <= file.sent, f"{offset}, after {file.promised} of {file.sent} sent bytes"
            file.promised = offset

    def creation(self, file: File, pieces: list[bytes], ending: Ending, announced: int) -> Call:
        said = metadata(filename="photo.jpg", key=file.key, invite=self.invite.token)
        headers = {**BODY, **self.headers, "Upload-Length": str(len(file.content)), "Upload-Metadata": said}
        file.sent = max(file.sent, sum(map(len, pieces)))
        return Body("POST", "/api/tus/", headers, pieces, announced, ending)

    def patch(
        self, file: File, offset: int, pieces: list[bytes], announced: int, ending: Ending, kind: type[Body] = Body
    ) -> Body:
        headers = {**BODY, **self.headers, "Upload-Offset": str(offset)}
        file.sent = max(file.sent, offset + sum(map(len, pieces)))
        return kind("PATCH", file.url, headers, pieces, announced, ending)

    def head(self, file: File) -> int:
        return self.ask(Call("HEAD", file.url, {**TUS, **self.headers}), file)

    # --- what guests do

    @rule(file=files, tenths=st.sampled_from([0, 3, 8, 10]), ending=ENDINGS, mishap=MISHAPS)
    def create(self, file: File, tenths: int, ending: Ending, mishap: Mishap | None) -> None:
        """With some of its body, all, or none; once more when the page was loaded anew, or an answer was lost."""
        pieces = in_pieces(file.content[: len(file.content) * tenths // 10], 2)
        announced = len(file.content) if ending is Ending.CUT and pieces else sum(map(len, pieces))
        before = file.url
        status = self.ask(self.creation(file, pieces, ending, announced), file, ending, mishap)
        assert status in (201, 503, 507, 0)
        assert status != 201 or before in ("", file.url), "one file, one upload"

    @rule(
        file=files,
        tenths=st.sampled_from([1, 5, 10, 10]),
        count=st.integers(1, 4),
        ending=ENDINGS,
        elsewhere=st.sampled_from([None, None, None, 0, 700, 5000]),
        mishap=MISHAPS,
    )
    def send(
        self, file: File, tenths: int, count: int, ending: Ending, elsewhere: int | None, mishap: Mishap | None
    ) -> None:
        """Goes on from where the guest believes to be, or from some other place."""
        if not file.url:
            return
        offset = file.promised if elsewhere is None else min(elsewhere, len(file.content) - 1)
        rest = file.content[offset:]
        body = rest[: max(1, len(rest) * tenths // 10)]
        announced = len(rest) if ending is Ending.CUT else len(body)
        call = self.patch(file, offset, in_pieces(body, count), announced, ending)
        assert self.ask(call, file, ending, mishap) in (204, 409, 423, 503, 507, 0)

    @rule(file=files)
    def look(self, file: File) -> None:
        if file.url and self.head(file):
            row = Upload.objects.get(pk=file.id)
            assert file.promised == row.offset, "HEAD tells the exact offset"

    @rule(file=files, tenths=st.integers(1, 9), mishap=MISHAPS)
    def take_over(self, file: File, tenths: int, mishap: Mishap | None) -> None:
        """A HEAD comes while a PATCH hangs: what came is kept, and counts at once."""
        if not file.url or file.promised >= len(file.content):
            return
        offset, rest = file.promised, file.content[file.promised :]
        body = rest[: max(1, len(rest) * tenths // 10)]
        hanging = self.patch(file, offset, in_pieces(body, 2), len(rest), Ending.CUT, Hanging)
        looking = Call("HEAD", file.url, {**TUS, **self.headers})

        async def both() -> None:
            assert isinstance(hanging, Hanging)
            hanging.silent, hanging.left = asyncio.Event(), asyncio.Event()
            running = asyncio.create_task(hanging.run(self.app))
            reached = asyncio.create_task(hanging.silent.wait())
            await asyncio.wait([running, reached], return_when=asyncio.FIRST_COMPLETED)
            try:
                await looking.run(self.app)
            finally:
                reached.cancel()
                hanging.left.set()
                await running

        with self.exposed_to(mishap):
            self.loop.run(both())
            self.hear(looking, file)
            self.hear(hanging, file)
            if hanging.status == 423:
                assert file.promised >= offset + len(body), "all bytes that came are kept"

    @rule(file=files, mishap=MISHAPS)
    def give_up(self, file: File, mishap: Mishap | None) -> None:
        """The guest takes a file back, which is an explicit act: it holds for what it says, and for nothing else."""
        if file.url:
            self.ask(Call("DELETE", file.url, {**TUS, **self.headers}), file, Ending.UNHEARD, mishap)
            self.forget_discarded()

    # --- what befalls the server

    @rule(fate=st.sampled_from(Fate), seed=st.integers(0, 999))
    def crash(self, fate: Fate, seed: int) -> None:
        self.restart(fate, seed)

    def restart(self, fate: Fate, seed: int) -> None:
        """A new process on what the disk kept, which does what a start does."""
        note(f"power loss: un-synced bytes {fate.name}, seed {seed}")
        self.disk.crash(fate, seed)
        self.app = TusApp(self.disk)
        self.lane = self.new_lane()
        lifecycle.release_leases(WORKER)
        custody.inspect(self.disk)
        for upload in Upload.objects.in_custody():
            assert len(self.disk.files[upload.pk].seen) == upload.offset, "what was not acknowledged is cut"

    @rule(time=st.sampled_from([timedelta(minutes=11), timedelta(hours=23), timedelta(hours=25)]), mishap=MISHAPS)
    def nobody_comes(self, time: timedelta, mishap: Mishap | None) -> None:
        """Files grow old, and housekeeping comes by. Only what is unfinished may be given up."""
        self.disk.age(time)
        before = {upload.pk: upload for upload in Upload.objects.exclude(status="discarded")}
        with self.exposed_to(mishap):
            housekeeping.expire(self.disk)
            housekeeping.sweep(self.disk)
            custody.inspect(self.disk)
        for upload in Upload.objects.filter(status="discarded", pk__in=before):
            assert not before[upload.pk].complete
        self.forget_discarded()

    def forget_discarded(self) -> None:
        gone = set(Upload.objects.filter(status="discarded").values_list("pk", flat=True))
        for file in self.all:
            if file.url and file.id in gone:
                file.url, file.promised = "", -1

    @rule(mood=st.sampled_from([Mood.TAKES, *Mood]), mishap=MISHAPS)
    def deliver_one(self, mood: Mood, mishap: Mishap | None) -> None:
        self.library.mood = mood
        with self.exposed_to(mishap):
            self.deliver_next()

    @rule(file=files)
    def immich_loses(self, file: File) -> None:
        """A job removes what was deleted by force, though Immich has told of it until now."""
        rows = Upload.objects.filter(key=file.key, status__in=Upload.CONFIRMED)
        if rows.filter(recheck_at=None).exists():
            return  # it is the host's will
        self.library.assets.pop(file.sha1, None)

    @rule(mishap=MISHAPS)
    def asked_again(self, mishap: Mishap | None) -> None:
        with self.exposed_to(mishap):
            self.check_doubtful()

    def check_doubtful(self) -> None:
        Upload.objects.exclude(recheck_at=None).update(recheck_at=timezone.now())
        self.lane.look()

    def deliver_next(self) -> bool:
        lifecycle.wake([self.account.pk])
        self.lane.line.reach.answered()
        return self.lane.run_once()

    @rule(file=files)
    def all_ends_well(self, file: File) -> None:
        """Without further faults a file arrives, whatever befell it before."""
        self.library.mood = Mood.TAKES
        if not file.url:
            assert self.ask(self.creation(file, [], Ending.WHOLE, 0), file) == 201
        assert self.head(file) == 200
        if file.promised < len(file.content):
            rest = file.content[file.promised :]
            call = self.patch(file, file.promised, [rest], len(rest), Ending.WHOLE)
            assert self.ask(call, file) == 204
        assert file.promised == len(file.content)
        lifecycle.retry([file.id])
        self.check_doubtful()
        while self.deliver_next():
            pass
        assert Upload.objects.get(pk=file.id).status in Upload.CONFIRMED
        assert file.sha1 in self.library.assets

    # --- the promise

    @invariant()
    def what_was_promised_holds(self) -> None:
        rows = {upload.pk: upload for upload in Upload.objects.all()}
        contents = {file.key: file for file in self.all}
        for upload in rows.values():
            if upload.status == "discarded":
                continue
            file = contents[upload.key]
            assert upload.offset <= file.sent, "an offset beyond what was ever sent"
            assert upload.sha1 in ("", file.sha1)
            if upload.status in Upload.CONFIRMED and upload.recheck_at is None:
                assert file.sha1 in self.library.assets, "only Immich's word ends the custody"
            else:
                self.check_kept(upload, file)
        for file in self.all:
            if file.url:
                assert file.id in rows, "acknowledged, and forgotten"
                assert rows[file.id].offset >= file.promised
            if file.promised == len(file.content):
                assert rows[file.id].status not in ("receiving", "discarded"), "shown to the host, or delivered"
        lost = CustodyAlarm.objects.exclude(reason=CustodyAlarm.Reason.STRAY)
        assert list(lost.values_list("reason", "detail")) == []
        assert not any(upload_id in rows for upload_id in self.disk.lost_and_found)

    def check_kept(self, upload: Upload, file: File) -> None:
        kept = self.disk.kept(upload.pk)
        if self.checked.get(upload.pk) != (kept.version, upload.offset):
            assert kept.durable.startswith(file.content[: upload.offset]), "acknowledged, and not durable"
            self.checked[upload.pk] = kept.version, upload.offset


def in_pieces(body: bytes, count: int) -> list[bytes]:
    length = max(1, -(-len(body) // count))
    return [body[at : at + length] for at in range(0, len(body), length)]


def test_the_promise_holds_whatever_happens(transactional_db: None, settings: Settings) -> None:
    settings.SPOOL_GRACE_HOURS = 0
    try:
        run_state_machine_as_test(Promise, settings=search())
    finally:
        blocking.close_connections()


def search() -> hypothesis.settings:
    examples, steps = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "")]
    return hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
