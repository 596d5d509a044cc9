"""`POST /api/upload/url` and `/urls`: links to be downloaded, for Shortcuts, scripts and the guest's page.

An ASGI application in front of Django, since a request waits here for what becomes of its link: a view would keep
one of the few threads for as long.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.body_guard import MAX_BODY
from immichdrop.security import foreign
from immichdrop.texts import storable
from ingest.downloads import queue
from ingest.downloads.gates import NOT_HERE
from ingest.downloads.models import Download
from ingest.downloads.platforms import UnsupportedUrlError, chosen
from ingest.downloads.results import UrlAnswer, files_of, status_of, url_answer, url_result
from ingest.shortcuts.answers import KNOWN, FieldError, UploadResult, answer_to, batch_of, failure, plain
from invites import api_tokens, credentials
from invites.api_tokens import LONGEST_ALBUM
from invites.credentials import Caller, CredentialError
from invites.refusals import Refusal, RefusedError
from uploads import blocking, progress
from uploads.exchange import Exchange
from uploads.multipart_stream import FormCutError
from uploads.receiving import SILENCE
from uploads.tus_protocol import one_line

URL = "/api/upload/url"
URLS = "/api/upload/urls"
PATHS = frozenset({URL, URLS})
MOST = 10  # links of one request
FIRST_LOOK, SLOWEST_LOOK = 0.1, 1.0  # seconds between looks


class _Album(NamedTuple):
    """What a request says of the album. The id wins, and is not known by the name alone."""

    name: str
    id: uuid.UUID | None


class UrlsApp:
    """The ASGI application."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """The server is about to end: whoever waits is told what is known now."""
        self.stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        try:
            said = await self._answer(exchange)
        except KNOWN as error:
            await exchange.refuse(answer_to(error, ""))
        else:
            await exchange.answer(200, {"Content-Type": "application/json"}, json.dumps(said).encode())

    async def _answer(self, exchange: Exchange) -> Mapping[str, object]:
        """Raises one of `KNOWN`."""
        if exchange.method != "POST":
            raise plain(405, "Method Not Allowed", {"Allow": "POST"})
        if foreign(exchange.headers):
            raise RefusedError(Refusal.FOREIGN_ORIGIN)
        if not settings.SOCIAL_MEDIA_UPLOADS_ENABLED:
            raise CredentialError(403, NOT_HERE)
        headers, query = exchange.headers, exchange.query
        caller = await blocking.run(credentials.for_browser, headers, query, exchange.client, api_tokens.Scope.LINKS)
        said = await _json_body(exchange)
        album = _Album(_album_of(said), _album_id_of(said))
        if exchange.path == URLS:
            return {**batch_of(await self._several(exchange, caller, said, album))}
        return {**await self._one(exchange, caller, said, album)}

    async def _one(self, exchange: Exchange, caller: Caller, said: Mapping[str, object], album: _Album) -> UrlAnswer:
        url = said.get("url")
        if url is None or url == "":
            raise plain(400, "URL is required")
        if not isinstance(url, str):
            raise FieldError("url", "Input should be a valid string", "string_type")
        try:
            download = await self._ask(exchange, caller, url, album)
        except UnsupportedUrlError:
            raise plain(400, _unsupported()) from None
        await self._wait(exchange, [download], settings.URL_WAIT_SECONDS)
        return await blocking.run(_told, download, caller)

    async def _several(
        self, exchange: Exchange, caller: Caller, said: Mapping[str, object], album: _Album
    ) -> list[UploadResult]:
        urls = said.get("urls")
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise FieldError("urls", "Input should be a valid list of strings", "list_type")
        urls = [url for url in urls if url.strip()]
        if not urls:
            raise plain(400, "No URLs provided")
        if len(urls) > MOST:
            raise plain(400, f"Maximum {MOST} URLs per request")
        asked: list[Download | UploadResult] = []
        for url in urls:
            try:
                asked.append(await self._ask(exchange, caller, url, album))
            except UnsupportedUrlError:
                asked.append(failure(url, _unsupported()))
        downloads = [each for each in asked if isinstance(each, Download)]
        await self._wait(exchange, downloads, settings.URL_WAIT_SECONDS * len(downloads))
        results: list[UploadResult] = []
        for each in asked:
            results += await blocking.run(_results, each, caller) if isinstance(each, Download) else [each]
        return results

    async def _ask(self, exchange: Exchange, caller: Caller, url: str, album: _Album) -> Download:
        agent = one_line(exchange.headers.get("user-agent", ""), 300)
        return await blocking.run(queue.ask, caller, url, album.name, agent, album.id)

    async def _wait(self, exchange: Exchange, downloads: Sequence[Download], seconds: float) -> None:
        """Until all have ended, or so many seconds at most."""
        if "respond-async" in exchange.headers.get("prefer", "").lower():
            return
        deadline, pause = time.monotonic() + seconds, FIRST_LOOK
        while downloads and time.monotonic() < deadline and not self.stopping.is_set():
            try:
                async with asyncio.timeout(min(pause, deadline - time.monotonic())):
                    await self.stopping.wait()
            except TimeoutError:
                pause = min(SLOWEST_LOOK, pause * 1.3)
            if await blocking.run(_all_ended, [each.pk for each in downloads]):
                return


def _all_ended(keys: Sequence[int]) -> bool:
    rows = Download.objects.filter(pk__in=keys)
    return all(status_of(row, files_of(row)) in ("completed", "failed") for row in rows)


def _told(download: Download, caller: Caller) -> UrlAnswer:
    download.refresh_from_db()
    return url_answer(download, caller)


def _results(download: Download, caller: Caller) -> list[UploadResult]:
    """Every file of a link that has ended; else one line that says that it goes on."""
    download.refresh_from_db()
    files = files_of(download)
    if status_of(download, files) not in ("completed", "failed"):
        return [failure(download.url, f"It takes longer, and goes on as job {download.job_id}.")]
    whole = url_result(download, files, caller)
    if whole["result"] is None:
        return [{**failure(download.url, whole["error"] or ""), "platform": download.platform}]
    return [whole["result"], *whole["additional_results"]]


def _unsupported() -> str:
    names = ", ".join(platform.title for platform in chosen(settings.SOCIAL_MEDIA_PLATFORMS))
    return f"Unsupported URL. Supported platforms: {names}"


def _album_of(said: Mapping[str, object]) -> str:
    album = said.get("album_name")
    if album is None:
        return ""
    if not isinstance(album, str):
        raise FieldError("album_name", "Input should be a valid string", "string_type")
    if len(album) > LONGEST_ALBUM or not storable(album):
        raise FieldError("album_name", f"At most {LONGEST_ALBUM} plain characters, please", "string_too_long")
    return album


def _album_id_of(said: Mapping[str, object]) -> uuid.UUID | None:
    album_id = said.get("album_id")
    if album_id is None or album_id == "":
        return None
    try:
        return uuid.UUID(str(album_id))
    except ValueError:
        raise FieldError("album_id", "Input should be an id of Immich's", "uuid_parsing") from None


async def _json_body(exchange: Exchange) -> Mapping[str, object]:
    """Raises FieldError, AnswerError, FormCutError, TimeoutError."""
    body, more = bytearray(), True
    async with asyncio.timeout(SILENCE):
        while more:
            if max(exchange.length or 0, len(body)) > MAX_BODY:
                raise plain(413, "The request is larger than 1 MB.")
            message = await exchange.receive()
            if message["type"] == "http.disconnect":
                raise FormCutError
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
    try:
        said = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise FieldError("", f"JSON decode error: {error}", "json_invalid") from None
    if not isinstance(said, dict):
        raise FieldError("", "Input should be an object", "dict_type")
    return said
