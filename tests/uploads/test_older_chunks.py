"""`/api/upload/chunk/*`: chunks in any order, each durable before it is acknowledged, and never a file with a hole."""

import asyncio
import errno
import itertools
import json
import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pytest_django import Settings

from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.older import OlderClient, form, new_item, split
from tests.serving import eventually
from tests.uploads.traces import assert_no_trace, assert_received, content, row, spool_files
from tests.wire import Call, Line
from uploads import chunks, custody, spool
from uploads.legacy import LegacyApp
from uploads.legacy_fields import Item
from uploads.legacy_forms import EARLY
from uploads.models import Upload
from uploads.spool import Spool, SpoolFile
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1) + random.Random(1).randbytes(9_000)
LENGTH = 2_000
PARTS = split(PHOTO, LENGTH)
TOTAL = len(PARTS)


@pytest.fixture
def client(web: str, make_invite: MakeInvite) -> OlderClient:
    return OlderClient(web, make_invite().token)


def error_of(answer: requests.Response) -> tuple[int, object]:
    return answer.status_code, answer.json().get("error")


def missing(answer: requests.Response) -> int:
    """The index that `complete` asks for."""
    assert (answer.status_code, answer.json()["error"]) == (400, "missing_part"), answer.text
    return int(answer.json()["index"])


def only() -> Upload:
    return Upload.objects.get()


# --- in any order


@pytest.mark.parametrize("size", [len(PHOTO), None], ids=["declared", "undeclared"])
@pytest.mark.parametrize("order", ["forwards", "first last", "backwards"])
def test_a_file_in_chunks(client: OlderClient, size: int | None, order: str) -> None:
    item = client.begin(size, last_modified=1718469000000, content_type="image/jpeg")
    indexes = {
        "forwards": list(range(TOTAL)),
        "first last": [*range(1, TOTAL), 0],
        "backwards": list(reversed(range(TOTAL))) if size else [TOTAL - 2, TOTAL - 1, *reversed(range(TOTAL - 2))],
    }[order]
    for index in indexes:
        assert only().status == "receiving"
        client.put(item, index, TOTAL, PARTS[index])
    answer = client.complete(item, TOTAL)
    assert (answer.status_code, answer.json()) == (202, {"id": str(only().pk), "status": "received"})
    assert_received(str(only().pk), PHOTO, summed=False)
    upload = only()
    assert (upload.filename, upload.media_type, upload.size) == ("photo.jpg", "image/jpeg", len(PHOTO))
    assert (upload.client_item_id, upload.ranges) == (item, [[0, len(PHOTO)]])
    assert spool_files() == [upload.pk.hex]


@property_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_length_and_order_gives_the_same_file(client: OlderClient, data: st.DataObject) -> None:
    length = data.draw(st.integers(700, len(PHOTO) + 1), "length")
    parts = split(PHOTO, length)
    order = data.draw(st.permutations(range(len(parts))), "order")
    again = data.draw(st.sampled_from(order), "sent twice")
    item = client.begin(len(PHOTO))
    for index in [again, *order]:
        client.put(item, index, len(parts), parts[index])
    upload_id = client.complete(item, len(parts)).json()["id"]
    assert content(upload_id) == PHOTO
    assert row(upload_id).status == "received"


def test_several_at_once(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    lengths = split(PHOTO, 500)

    def put(index: int) -> int:
        mine = OlderClient(client.url, client.token)
        return mine.chunk(item, index, len(lengths), lengths[index]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(put, range(len(lengths)))) == {200}
    assert_received(client.complete(item, len(lengths)).json()["id"], PHOTO, summed=False)


@pytest.mark.parametrize("size", [len(PHOTO), None])
def test_one_chunk_is_a_whole_file(client: OlderClient, size: int | None) -> None:
    item = client.begin(size)
    client.put(item, 0, 1, PHOTO)
    assert_received(client.complete(item, 1).json()["id"], PHOTO, summed=False)


def test_the_answer_tells_the_outcome(deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, web: str) -> None:
    client = OlderClient(web, make_invite(album_name="Party").token, headers={})
    item = client.begin(len(PHOTO))
    for index in reversed(range(TOTAL)):
        client.put(item, index, TOTAL, PARTS[index])
    answers = [client.complete(item, TOTAL) for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["created (added to album 'Party')"] * 2
    assert len(sandbox.assets()) == 1


def test_fields_behind_the_chunk(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    for index, part in enumerate(PARTS):
        after = client.fields(item_id=item, chunk_index=str(index), total_chunks=str(TOTAL))
        kind, body = form([], ("chunk", "blob", part), list(after.items()))
        answer = requests.post(f"{client.url}/api/upload/chunk", data=body, headers={"Content-Type": kind}, timeout=30)
        assert answer.json() == {"ok": True}
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)

    kind, body = form([], ("chunk", "blob", bytes(EARLY + 1)), list(after.items()))
    answer = requests.post(f"{client.url}/api/upload/chunk", data=body, headers={"Content-Type": kind}, timeout=30)
    assert error_of(answer) == (400, "bad_metadata")


# --- holes


def test_a_file_with_a_hole_is_never_complete(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    assert missing(client.complete(item, TOTAL)) == 0
    for index in range(TOTAL):
        if index != 2:
            client.put(item, index, TOTAL, PARTS[index])
    assert missing(client.complete(item, TOTAL)) == 2
    assert only().status == "receiving"
    assert only().offset == len(PHOTO) - LENGTH
    client.put(item, 2, TOTAL, PARTS[2])
    assert client.complete(item, TOTAL).status_code == 202


def test_without_a_size_the_end_may_be_what_is_missing(client: OlderClient) -> None:
    item = client.begin(None)
    for index in range(TOTAL - 1):
        client.put(item, index, TOTAL, PARTS[index])
    assert missing(client.complete(item, TOTAL)) == TOTAL - 1
    assert not only().complete
    client.put(item, TOTAL - 1, TOTAL, PARTS[-1])
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


def test_without_a_size_the_last_chunk_can_not_be_the_first(client: OlderClient) -> None:
    item = client.begin(None)
    assert error_of(client.chunk(item, TOTAL - 1, TOTAL, PARTS[-1])) == (400, "bad_metadata")
    assert (only().ranges, only().status) == ([], "receiving")


def test_nothing_is_missing_before_anything_came(client: OlderClient) -> None:
    assert missing(client.complete("never announced", 3)) == 0


@pytest.mark.parametrize(
    ("came", "index", "total", "length"),
    [
        ([], 0, TOTAL, LENGTH // 2),  # so many chunks of that length are no such file
        ([], 0, TOTAL - 1, LENGTH),
        ([], 0, 1, LENGTH),
        ([], TOTAL - 1, TOTAL, len(PHOTO)),
        ([], TOTAL, TOTAL, LENGTH),
        ([0], 1, TOTAL, LENGTH - 1),
        ([0], 1, TOTAL, LENGTH + 1),
        ([0], TOTAL - 1, TOTAL, 1),
        ([0], 9_999, 10_000, 1),
        ([TOTAL - 1], 0, TOTAL, LENGTH + 100),
        ([], 0, 10_001, LENGTH),
        ([], 0, TOTAL, 0),
    ],
)
def test_a_chunk_that_does_not_fit(client: OlderClient, came: list[int], index: int, total: int, length: int) -> None:
    item = client.begin(len(PHOTO))
    for each in came:
        client.put(item, each, TOTAL, PARTS[each])
    before = only().ranges
    assert client.chunk(item, index, total, PHOTO[:1] * length).status_code in (400, 413)
    assert only().ranges == before
    for each in range(TOTAL):
        client.put(item, each, TOTAL, PARTS[each])
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


# --- nothing that was acknowledged is lost


def test_a_chunk_that_broke_off_is_not_there(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    client.put(item, 0, TOTAL, PARTS[0])
    fields = client.fields(item_id=item, chunk_index="2", total_chunks=str(TOTAL))
    kind, body = form(list(fields.items()), ("chunk", "blob", bytes(LENGTH)), [])
    path = spool.default().path(only().pk)
    with Line(client.url) as line:
        line.begin("POST", "/api/upload/chunk", {"Content-Type": kind, "Content-Length": str(len(body))})
        line.send(body[:-100])
    eventually(lambda: path.stat().st_size > LENGTH, "the half of a chunk")
    assert (only().ranges, only().durable_end) == ([[0, LENGTH]], LENGTH)
    eventually(lambda: custody.inspect(spool.default()) == 0 and path.stat().st_size == LENGTH, "the cut")
    for index in range(1, TOTAL):
        client.put(item, index, TOTAL, PARTS[index])
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


def test_a_chunk_that_hangs_is_taken_over_by_itself_and_holds_up_no_other(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    fields = client.fields(item_id=item, chunk_index="0", total_chunks=str(TOTAL))
    kind, body = form(list(fields.items()), ("chunk", "blob", PARTS[0]), [])
    with Line(client.url) as line:
        line.begin("POST", "/api/upload/chunk", {"Content-Type": kind, "Content-Length": str(len(body))})
        line.send(body[:-100])
        for index in reversed(range(TOTAL)):
            client.put(item, index, TOTAL, PARTS[index])
        assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


def test_bytes_behind_the_end_are_cut_off(client: OlderClient) -> None:
    item = client.begin(None)
    client.put(item, 0, TOTAL, PARTS[0])
    with spool.default().path(only().pk).open("ab") as file:
        file.write(bytes(50_000))  # what a chunk left that broke off
    for index in range(1, TOTAL):
        client.put(item, index, TOTAL, PARTS[index])
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


class FaultyFile(SpoolFile):
    """A file on a disk that fails when it is asked to keep what was written."""

    def __init__(self, descriptor: int, number: int) -> None:
        super().__init__(descriptor)
        self.number = number

    def sync(self) -> None:
        raise OSError(self.number, "the disk")


class FaultySpool(Spool):
    number = 0

    def open(self, upload_id: uuid.UUID, *, shared: bool = False) -> SpoolFile:
        return FaultyFile(super().open(upload_id, shared=shared).descriptor, self.number)


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.EIO, (500, "chunk_write_failed")), (errno.ENOSPC, (507, "disk_full"))]
)
@pytest.mark.parametrize("index", [0, 2])
def test_what_the_disk_did_not_keep_is_not_recorded(
    client: OlderClient, settings: Settings, number: int, expected: tuple[int, str], index: int
) -> None:
    item = client.begin(len(PHOTO))
    fields = client.fields(item_id=item, chunk_index=str(index), total_chunks=str(TOTAL))
    kind, body = form(list(fields.items()), ("chunk", "blob", PARTS[index]), [])
    faulty = FaultySpool(settings.SPOOL_DIR)
    faulty.number = number
    call = Call("POST", "/api/upload/chunk", {"Content-Type": kind}, body)
    asyncio.run(call.run(LegacyApp(faulty)))
    assert (call.status, call.error) == expected
    assert (only().ranges, only().offset) == ([], 0)
    client.put(item, index, TOTAL, PARTS[index])


def test_the_cut_at_the_start_is_at_the_end_of_the_highest_range(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    client.put(item, 3, TOTAL, PARTS[3])
    assert (only().durable_end, only().offset) == (4 * LENGTH, LENGTH)
    assert custody.inspect(spool.default()) == 0
    for index in range(TOTAL):
        client.put(item, index, TOTAL, PARTS[index])
    assert_received(client.complete(item, TOTAL).json()["id"], PHOTO, summed=False)


def test_it_is_received_with_its_last_chunk_whatever_comes_after(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    for index, part in enumerate(PARTS):
        client.put(item, index, TOTAL, part)
    assert_received(str(only().pk), PHOTO, summed=False)
    client.put(item, 1, TOTAL, PARTS[1])  # its answer got lost
    client.put(item, 1, TOTAL, bytes(LENGTH))
    assert content(str(only().pk)) == PHOTO


def test_fault_25_chunks_are_kept_after_a_failed_delivery(
    deliveries: Worker, sandbox: Sandbox, client: OlderClient
) -> None:
    item = client.begin(len(PHOTO))
    sandbox.stop()
    for index, part in enumerate(PARTS):
        client.put(item, index, TOTAL, part)
    eventually(lambda: only().status == "waiting", "the failed delivery")
    assert client.complete(item, TOTAL).json()["status"] == "received"
    assert content(str(only().pk)) == PHOTO


# --- the same ids again


def test_announcing_twice_makes_one(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    client.put(item, 0, TOTAL, PARTS[0])
    assert client.ask("init", item, size=len(PHOTO)).json() == {"ok": True}
    assert only().offset == LENGTH
    assert error_of(client.ask("init", item, size=1)) == (400, "bad_metadata")


def test_ids_of_a_complete_file_may_be_used_again(client: OlderClient) -> None:
    files = [pictures.jpeg(seed) for seed in (1, 2)]
    for file in files:
        client.ask("init", "item", size=len(file))
        client.put("item", 0, 1, file)
    kept = [content(str(upload.pk)) for upload in Upload.objects.order_by("created_at")]
    assert kept == files


def test_another_session_or_link_does_not_reach_it(client: OlderClient, make_invite: MakeInvite) -> None:
    item = client.begin(len(PHOTO))
    strangers = [OlderClient(client.url, client.token, "other"), OlderClient(client.url, make_invite().token)]
    for stranger in strangers:
        assert error_of(stranger.chunk(item, 0, TOTAL, PARTS[0])) == (404, "not_found")
        assert missing(stranger.complete(item, TOTAL)) == 0
    assert only().offset == 0


def test_tus_and_chunks_do_not_mix(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    client = OlderClient(guest.url, guest.token, session=guest.session)
    item = client.begin(len(PHOTO))
    upload = only()
    assert guest.head(str(upload.pk)).status_code == 404
    assert guest.patch(str(upload.pk), 0, PHOTO).status_code == 404
    answer = guest.create(len(PHOTO), PHOTO, key=upload.key)
    assert answer.status_code == 404, "nor by its key"
    tus_id = guest.begin(len(PHOTO), key=Item("tus", client.session_id).key())
    assert client.chunk("tus", 0, TOTAL, PARTS[0]).status_code == 404
    assert row(tus_id).ranges == []
    client.put(item, 0, TOTAL, PARTS[0])
    assert guest.patch(str(upload.pk), LENGTH, PHOTO[LENGTH:]).status_code == 404
    assert row(str(upload.pk)).ranges == [[0, LENGTH]]


# --- what is refused


def test_what_comes_is_looked_into_before_it_is_acknowledged(client: OlderClient) -> None:
    item = client.begin(10_000)
    client.put(item, 1, 5, bytes(LENGTH))
    assert error_of(client.chunk(item, 0, 5, b"%PDF-1.7\n" + bytes(LENGTH - 9))) == (422, "wrong_type")
    assert_no_trace()


def test_also_when_it_comes_in_crumbs(client: OlderClient) -> None:
    page = b"   <html><script>" + bytes(100)
    item = client.begin(len(page))
    crumbs = split(page, 3)
    answers = [client.chunk(item, index, len(crumbs), crumb).status_code for index, crumb in enumerate(crumbs)]
    assert answers[:2] == [200, 422]
    assert_no_trace()


def test_the_type_and_the_size_are_refused_at_once(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite(max_file_size=1000).token)
    assert error_of(client.ask("init", new_item(), name="program.exe", size=9)) == (422, "wrong_type")
    assert error_of(client.ask("init", new_item(), size=1001)) == (413, "file_too_large")
    assert error_of(client.ask("init", new_item(), size=0)) == (400, "empty_file")
    assert error_of(client.ask("init", new_item(), name="")) == (400, "bad_metadata")
    assert error_of(client.ask("init", new_item(), size="9")) == (400, "bad_metadata")
    assert_no_trace()


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_file_size": 5_000}, (413, "file_too_large")),
        ({"max_bytes": 5_000}, (403, "quota_exceeded")),
    ],
)
def test_an_undeclared_size_is_held_to_the_limits_as_it_grows(
    web: str, make_invite: MakeInvite, limits: dict[str, int], expected: tuple[int, str]
) -> None:
    client = OlderClient(web, make_invite(**limits).token)
    item = client.begin(None)
    client.put(item, 0, TOTAL, PARTS[0])
    client.put(item, 1, TOTAL, PARTS[1])
    assert error_of(client.chunk(item, 2, TOTAL, PARTS[2])) == expected
    assert only().ranges == [[0, 2 * LENGTH]]


def test_a_link_that_was_disabled_takes_no_more_but_an_expired_one_does(client: OlderClient) -> None:
    item = client.begin(len(PHOTO))
    Invite.objects.update(disabled=True)
    assert error_of(client.chunk(item, 0, TOTAL, PARTS[0])) == (403, "invite_disabled")
    assert error_of(client.complete(item, TOTAL)) == (403, "invite_disabled")
    Invite.objects.update(disabled=False, expires_at="2020-01-01T00:00:00Z")
    for index, part in enumerate(PARTS):
        client.put(item, index, TOTAL, part)
    assert client.complete(item, TOTAL).status_code == 202


def test_a_one_time_link_is_claimed_by_the_whole_file(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite(max_uses=1)
    client, other = OlderClient(web, invite.token, "a"), OlderClient(web, invite.token, "b")
    item = client.begin(len(PHOTO))
    assert error_of(other.ask("init", "1", size=9)) == (403, "invite_claimed")
    for index, part in enumerate(PARTS):
        invite.refresh_from_db()
        assert invite.claimed_at is None
        client.put(item, index, TOTAL, part)
    invite.refresh_from_db()
    assert (invite.claimed_by, invite.used) == (only().guest, 1)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("step", ["init", "complete"])
def test_what_is_no_json(web: str, step: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{web}/api/upload/chunk/{step}", data=body, headers=headers, timeout=30)
    assert error_of(answer) == (400, "invalid_json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_json_is_called_json(client: OlderClient, kind: str) -> None:
    body = json.dumps({"item_id": "1", "session_id": "s", "name": "a.jpg", "invite_token": client.token})
    headers = {"Content-Type": kind}
    answer = requests.post(f"{client.url}/api/upload/chunk/init", data=body, headers=headers, timeout=30)
    assert error_of(answer) == (400, "invalid_json")


def test_json_is_small(client: OlderClient) -> None:
    answer = client.ask("init", "1", name="x" * 1_000_001)
    assert error_of(answer) == (413, "body_too_large")


@pytest.mark.parametrize("total", [None, 0, -1, "3", 1.5, True, 10_001])
def test_complete_needs_a_number_of_chunks(client: OlderClient, total: object) -> None:
    item = client.begin(len(PHOTO))
    said = {} if total is None else {"total_chunks": total}
    assert error_of(client.ask("complete", item, **said)) == (400, "missing_total")


@pytest.mark.parametrize("bad", ["", "x", "-1", "1.0", "²", "9" * 30])
@pytest.mark.parametrize("name", ["chunk_index", "total_chunks"])
def test_chunks_are_numbered(client: OlderClient, name: str, bad: str) -> None:
    item = client.begin(len(PHOTO))
    assert error_of(client.chunk(item, 0, TOTAL, PARTS[0], **{name: bad})) == (400, "bad_metadata")


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_ranges_cover_what_was_added_and_nothing_else(pieces: list[tuple[int, int]]) -> None:
    ranges: list[tuple[int, int]] = []
    for start, length in pieces:
        ranges = chunks.added(ranges, start, start + length)
    covered = {place for start, length in pieces for place in range(start, start + length)}
    assert {place for start, end in ranges for place in range(start, end)} == covered
    assert sum(end - start for start, end in ranges) == len(covered)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(ranges)), "in order, with holes between"
