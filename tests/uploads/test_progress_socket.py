"""`/ws`: a guest's page hears of its own uploads, at once and from the first one; nobody else's page does."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from channels.testing import WebsocketCommunicator
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import row
from tests.wire import cookie_of
from uploads.consumers import UploadsConsumer
from uploads.models import Upload
from uploads.progress import frame
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
PATIENCE = 10.0  # seconds


class Page:
    """A guest's page, listening."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    def say(self, **hello: object) -> None:
        with contextlib.suppress(ConnectionClosed):  # the server may have seen enough before
            self.line.send(json.dumps(hello))

    def hear(self) -> dict[str, object]:
        return dict(json.loads(self.line.recv(PATIENCE)))

    def closed_with(self) -> int:
        """The code of the goodbye, which is all that comes."""
        with pytest.raises(ConnectionClosed) as closed:
            self.line.recv(PATIENCE)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def open_page(web: str) -> Open:
    @contextlib.contextmanager
    def opened(guest: TusGuest, hello: bool = True, **headers: str) -> Iterator[Page]:
        url = guest.url.replace("http", "ws") + "/ws"
        with connect(url, additional_headers={**cookie_of(guest), **headers}) as line:
            page = Page(line)
            if hello:
                page.say(session_id="s", **({"invite_token": guest.token} if guest.token else {}))
            yield page

    return opened


def test_first_what_there_is_then_what_happens(make_invite: MakeInvite, guest_at: Arrive, open_page: Open) -> None:
    guest = guest_at(make_invite())
    first, half = guest.send(PHOTO), guest.begin(len(PHOTO))
    guest.patch(half, 0, PHOTO[: len(PHOTO) // 2])
    with open_page(guest) as page:
        assert page.hear() == {
            "item_id": first,
            "status": "checking",
            "progress": 100,
            "message": "",
            "responseId": "",
            "state": "received",
        }
        there = page.hear()
        assert (there["item_id"], there["status"], there["state"]) == (half, "uploading", "receiving")
        assert there["progress"] in (49, 50)
        guest.patch(half, len(PHOTO) // 2, PHOTO[len(PHOTO) // 2 :])
        happened = page.hear()
        assert (happened["item_id"], happened["state"], happened["progress"]) == (half, "received", 100)
        new = guest.send(PHOTO)
        assert page.hear()["item_id"] == new


def test_up_to_the_delivery(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive, open_page: Open
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    guest.begin(10)
    with open_page(guest) as page:
        states = [page.hear()["state"]]
        guest.send(PHOTO)
        while states[-1] != "delivered":
            heard = page.hear()
            states.append(heard["state"])
            assert "asset" not in str(heard)
            assert sandbox.url not in str(heard)
    assert sorted(set(map(str, states))) == ["delivered", "delivering", "received", "receiving"]


def test_only_ones_own(make_invite: MakeInvite, guest_at: Arrive, open_page: Open) -> None:
    invite, elsewhere = make_invite(), make_invite()
    guest, other = guest_at(invite), guest_at(invite)
    same_guest_elsewhere = TusGuest(guest.url, elsewhere.token, guest.session)
    other.send(PHOTO)
    with open_page(guest) as page, open_page(other) as others_page, open_page(same_guest_elsewhere) as third:
        others_page.hear()
        theirs = other.send(PHOTO)
        there = same_guest_elsewhere.send(PHOTO)
        mine = guest.send(PHOTO)
        assert page.hear()["item_id"] == mine, "the first thing this page hears of"
        assert others_page.hear()["item_id"] == theirs
        assert third.hear()["item_id"] == there


def test_two_pages_of_one_guest_hear_the_same(make_invite: MakeInvite, guest_at: Arrive, open_page: Open) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    with open_page(guest) as page, open_page(guest) as tab:
        assert page.hear() == tab.hear()
        guest.send(PHOTO)
        assert page.hear() == tab.hear()


def test_the_secret_may_come_in_the_first_frame(make_invite: MakeInvite, guest_at: Arrive, open_page: Open) -> None:
    """Where cookies are blocked, as in a frame of another site."""
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    secret = guest.session.cookies["drop_guest"]
    with open_page(TusGuest(guest.url, guest.token), hello=False) as page:
        page.say(invite_token=guest.token, guest=secret)
        assert page.hear()["item_id"] == upload_id


def test_the_public_page(web: str, guest_at: Arrive, open_page: Open, settings: Settings) -> None:
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    guest = guest_at(None)
    upload_id = guest.send(PHOTO)
    with open_page(guest) as page:
        assert page.hear()["item_id"] == upload_id


@pytest.mark.parametrize(
    "hello",
    [
        {"session_id": "s"},
        {"session_id": "s", "guest": "A" * 22},
        {"session_id": "s", "guest": None, "invite_token": None},
        {"session_id": "s", "guest": ["A"], "invite_token": {"a": 1}},
        {"session_id": "s", "guest": "a\0b\ud800", "invite_token": "\0\ud800"},
        {},
    ],
    ids=str,
)
def test_an_unknown_guest(web: str, open_page: Open, hello: dict[str, object]) -> None:
    with open_page(TusGuest(web), hello=False) as page:
        page.say(**hello)
        assert page.closed_with() == 4404


@pytest.mark.parametrize("hello", [{}, {"guest": "A" * 22}, {"guest": "A" * 22, "session_id": "s"}], ids=str)
def test_fault_11_who_is_not_the_guest_hears_nothing(
    make_invite: MakeInvite, guest_at: Arrive, open_page: Open, hello: dict[str, object]
) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    with open_page(TusGuest(guest.url), hello=False) as page:
        page.say(invite_token=guest.token, **hello)
        assert page.closed_with() == 4404


@pytest.mark.parametrize("token", ["unknown", "\0", "\ud800", "x" * 100_000])
def test_an_unknown_link(make_invite: MakeInvite, guest_at: Arrive, open_page: Open, token: str) -> None:
    with open_page(guest_at(make_invite()), hello=False) as page:
        page.say(invite_token=token)
        assert page.closed_with() == 4404


@pytest.mark.parametrize("words", ["", "nonsense", "[]", "null", "1", '"hello"', b"\0\1", "[" * 100_000])
def test_a_first_frame_that_says_nothing(
    make_invite: MakeInvite, guest_at: Arrive, open_page: Open, words: str | bytes
) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    with open_page(guest, hello=False) as page:
        page.line.send(words)
        page.say(invite_token=guest.token)  # too late
        assert page.closed_with() == 4404


def test_only_the_first_frame_counts(make_invite: MakeInvite, guest_at: Arrive, open_page: Open) -> None:
    invite = make_invite()
    guest, other = guest_at(invite), guest_at(invite)
    mine, theirs = guest.send(PHOTO), other.send(PHOTO)
    with open_page(guest) as page:
        assert page.hear()["item_id"] == mine
        page.say(invite_token=invite.token, guest=other.session.cookies["drop_guest"])
        page.line.send("nonsense")
        assert guest.send(PHOTO) == page.hear()["item_id"] != theirs


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_another_sites_page(make_invite: MakeInvite, guest_at: Arrive, open_page: Open, origin: str) -> None:
    """Cookies come along with a socket that any site opens: the origin is what tells."""
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    with open_page(guest, Origin=origin) as page:
        assert page.closed_with() == 4403


def test_the_own_page(make_invite: MakeInvite, guest_at: Arrive, open_page: Open, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example"
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    for origin in (guest.url, "https://drop.example"):
        with open_page(guest, Origin=origin) as page:
            assert page.hear()["item_id"] == upload_id


@pytest.mark.parametrize("status", Upload.Status.values)
def test_every_state_has_an_older_clients_word(make_invite: MakeInvite, guest_at: Arrive, status: str) -> None:
    upload = row(guest_at(make_invite()).begin(10))
    upload.status, upload.message = status, "Immich at http://immich:2283 says no"
    said = frame(upload)
    assert said["state"] == status
    assert said["status"] in {"checking", "uploading", "duplicate", "done", "error"}
    assert said["message"] == "", "Immich's words are not for guests"


class Hasty(UploadsConsumer):
    keep_alive = 0.01
    patience = 0.05


def listen(*hello: dict[str, object], headers: dict[str, str] | None = None, hear: int = 0) -> tuple[list[object], int]:
    """What a hasty server says to a client: its first frames, and the code it closes with (0: it does not)."""

    async def conversation() -> tuple[list[object], int]:
        raw = [(name.lower().encode(), said.encode()) for name, said in (headers or {}).items()]
        line = WebsocketCommunicator(Hasty.as_asgi(), "/ws", headers=raw)
        assert (await line.connect())[0]
        for said in hello:
            await line.send_json_to(said)
        heard = [await line.receive_json_from(PATIENCE) for _ in range(hear)]
        if hear:
            await line.disconnect()
            return heard, 0
        message = await line.receive_output(PATIENCE)
        assert message["type"] == "websocket.close"
        return heard, int(message["code"])

    return asyncio.run(conversation())


def test_the_line_is_kept_alive(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    heard, _ = listen({"invite_token": guest.token}, headers=cookie_of(guest), hear=3)
    assert heard == [{"type": "ping"}] * 3


def test_who_says_nothing_is_sent_away(web: str) -> None:
    assert listen() == ([], 4404)
