"""`/ws`: the guest's page listens here for what becomes of its own uploads."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.cookie import parse_cookie

from immichdrop.asgi_types import headers_of
from immichdrop.security import foreign
from invites import guests
from invites.models import Guest, Invite
from uploads import blocking, progress
from uploads.models import Upload

FOREIGN_ORIGIN = 4403
UNKNOWN = 4404


class UploadsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels is not typed
    """In: `{"session_id", "invite_token"?, "guest"?}`, once. Out: the caller's uploads, then what happens to them."""

    keep_alive = 30.0  # seconds between pings
    patience = 30.0  # seconds a client has to say who it is

    group = ""
    invite_id: int | None = None
    listening = False  # for the first frame
    ticker: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        progress.attach(asyncio.get_running_loop())
        await self.accept()
        if foreign(headers_of(self.scope)):
            await self.close(FOREIGN_ORIGIN)
            return
        self.listening = True
        self.ticker = asyncio.create_task(self._tick())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.listening:  # only the first frame means something
            return
        self.listening = False
        hello = _hello(text_data or "")
        if hello is None:
            await self.close(UNKNOWN)
            return
        await self._introduce(hello)

    async def disconnect(self, code: int) -> None:
        if self.ticker:
            self.ticker.cancel()
            await asyncio.gather(self.ticker, return_exceptions=True)  # it may have met the closed line before us
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def upload_changed(self, event: progress.Event) -> None:
        await self.send(json.dumps(event["frame"]))

    async def _introduce(self, hello: "Hello") -> None:
        cookies = parse_cookie(headers_of(self.scope).get("cookie", ""))
        found = await blocking.run(_find, hello, cookies)
        if found is None:
            await self.close(UNKNOWN)
            return
        guest_id, self.invite_id = found
        self.group = progress.group_of(guest_id, self.invite_id)
        # Joined before the snapshot is read: a change in between is told twice rather than never.
        await self.channel_layer.group_add(self.group, self.channel_name)
        for frame in await blocking.run(_snapshot, guest_id, self.invite_id):
            await self.send(json.dumps(frame))

    async def _tick(self) -> None:
        await asyncio.sleep(self.patience)
        if not self.group:
            await self.close(UNKNOWN)
            return
        with suppress(OSError):  # the client left in the same moment
            while self.invite_id is None or await blocking.run(_is_open, self.invite_id):
                await self.send(json.dumps({"type": "ping"}))
                await asyncio.sleep(self.keep_alive)
            await self.close(UNKNOWN)


@dataclass(frozen=True, slots=True)
class Hello:
    """What a first frame says; empty where it says nothing."""

    secret: str
    token: str
    session_id: str


def _hello(text: str) -> Hello | None:
    """A first frame; None for nonsense."""
    try:
        hello = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(hello, dict):
        return None
    said = [hello.get(name) or "" for name in ("guest", "invite_token", "session_id")]
    words = [each for each in said if isinstance(each, str) and each.isprintable()]
    return Hello(*words) if len(words) == len(said) else None  # nothing that a database could hold


def _find(hello: Hello, cookies: dict[str, str]) -> tuple[int, int | None] | None:
    """The guest's and the link's id; None when either is unknown, or the link is disabled.

    Who has no secret, like older clients, is the guest of their session at this link: its id and the link's token
    together lead to what was sent with both, and to nothing else.
    """
    invite = Invite.objects.at(hello.token) if hello.token else None
    if hello.token and (invite is None or invite.disabled):
        return None
    guest = guests.find(hello.secret, cookies)
    if guest is None and not hello.secret and hello.session_id and (invite or settings.PUBLIC_UPLOAD_PAGE_ENABLED):
        guest = guests.of_session(invite, hello.session_id)
    return (guest.pk, invite.pk if invite else None) if guest else None


def _is_open(invite_id: int) -> bool:
    """Whether the link still lets its guests' uploads go on: not after it was disabled or deleted."""
    return Invite.objects.existing().filter(pk=invite_id, disabled=False).exists()


def _snapshot(guest_id: int, invite_id: int | None) -> list[progress.Frame]:
    guest = Guest.objects.get(pk=guest_id)
    if not guest.has_secret:
        return []
    invite = Invite.objects.get(pk=invite_id) if invite_id else None
    return [progress.frame(upload) for upload in Upload.objects.of_guest(guest, invite)]
