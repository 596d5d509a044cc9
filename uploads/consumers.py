"""`/ws`: the guest's page listens here for what becomes of its own uploads."""

import asyncio
import json

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http.cookie import parse_cookie

from immichdrop.asgi_types import headers_of
from immichdrop.security import foreign
from invites import guests
from invites.models import Guest, Invite
from uploads import blocking, progress
from uploads.models import Upload

KEEP_ALIVE = 30.0  # seconds
FIRST_FRAME = 30.0  # seconds a client has to say who it is
FOREIGN_ORIGIN = 4403
UNKNOWN = 4404


class UploadsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels is not typed
    """In: `{"session_id", "invite_token"?, "guest"?}`, once. Out: the caller's uploads, then what happens to them."""

    group = ""
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
        try:
            hello = json.loads(text_data or "")
        except ValueError:
            hello = None
        if not isinstance(hello, dict):
            await self.close(UNKNOWN)
            return
        await self._introduce(_word(hello.get("guest")), _word(hello.get("invite_token")))

    async def disconnect(self, code: int) -> None:
        if self.ticker:
            self.ticker.cancel()
            await asyncio.gather(self.ticker, return_exceptions=True)  # it may have met the closed line before us
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def upload_changed(self, event: progress.Event) -> None:
        await self.send(json.dumps(event["frame"]))

    async def _introduce(self, secret: str, token: str) -> None:
        cookies = parse_cookie(headers_of(self.scope).get("cookie", ""))
        found = await blocking.run(_find, secret, cookies, token)
        if found is None:
            await self.close(UNKNOWN)
            return
        guest_id, invite_id = found
        self.group = progress.group_of(guest_id, invite_id)
        # Joined before the snapshot is read: a change in between is told twice rather than never.
        await self.channel_layer.group_add(self.group, self.channel_name)
        for frame in await blocking.run(_snapshot, guest_id, invite_id):
            await self.send(json.dumps(frame))

    async def _tick(self) -> None:
        await asyncio.sleep(FIRST_FRAME)
        if not self.group:
            await self.close(UNKNOWN)
            return
        while True:
            await self.send(json.dumps({"type": "ping"}))
            await asyncio.sleep(KEEP_ALIVE)


def _word(value: object) -> str:
    """A text from a stranger's frame; empty when it is nothing that a database could hold."""
    return value if isinstance(value, str) and value.isprintable() else ""


def _find(secret: str, cookies: dict[str, str], token: str) -> tuple[int, int | None] | None:
    """The guest's and the link's id; None when either is unknown."""
    guest = guests.find(secret, cookies)
    if guest is None:
        return None
    if not token:
        return guest.pk, None
    invite = Invite.objects.at(token)
    return (guest.pk, invite.pk) if invite else None


def _snapshot(guest_id: int, invite_id: int | None) -> list[progress.Frame]:
    guest = Guest.objects.get(pk=guest_id)
    invite = Invite.objects.get(pk=invite_id) if invite_id else None
    return [progress.frame(upload) for upload in Upload.objects.of_guest(guest, invite)]
