"""Immich's API, as far as we use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote, urlsplit

from . import answers
from .answers import (
    About,
    Album,
    Answer,
    Asset,
    Existing,
    MediaTypes,
    Uploaded,
    User,
    Version,
)
from .credentials import ApiKey
from .dialects import Dialect
from .errors import Invalid, NotImmich
from .multipart import MultipartForm
from .transport import CONNECT_TIMEOUT, READ_TIMEOUT, Download, OnRequest, Transport

DEVICE_ID = "immich-drop"
# Immich's own limits are 65,534 checksums and 10 MB (recorded exchange 189).
CHECKSUMS_PER_REQUEST = 5_000


@dataclass(frozen=True, slots=True)
class AssetUpload:
    """A file to send.

    `filename`: the real name, as it shall stand in Immich; its extension decides the type.
    `size`: bytes. `open` gives the file from its start, and may be called again for a second try.
    `created_at`, `modified_at`: aware. Immich may take the earlier one as the date of a file
    without EXIF, so give the same in both unless the difference means something.
    `sha1`: hex, if known. `on_progress` gets the number of bytes sent so far; on a second try it
    starts over.
    """

    filename: str
    size: int
    open: Callable[[], BinaryIO]
    created_at: datetime
    modified_at: datetime
    sha1: str | None = None
    on_progress: Callable[[int], None] | None = None


class Immich:
    """One account at one server.

    Keeps one pool of connections: make one instance per account and thread, and keep it. Timeouts
    are in seconds; `read_timeout` is the longest silence while waiting for an answer. `on_request`
    is told of every request (`transport.OnRequest`).

    Every method raises ImmichError (see `errors`).
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        on_request: OnRequest | None = None,
    ) -> None:
        self._transport = Transport(
            base_url,
            ApiKey(api_key),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            on_request=on_request,
        )
        self._dialect: Dialect | None = None

    def __repr__(self) -> str:
        return f"<Immich at {urlsplit(self._transport.base_url).hostname}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections. The instance can still be used."""
        self._transport.close()

    # The server

    def ping(self) -> None:
        """Is there an Immich at this address? NotImmich if something else answers."""
        answer = Answer(self._transport.json("GET", "/server/ping", anonymous=True))
        if answer.optional_text("res") != "pong":
            raise NotImmich("The address answers, but not as Immich does")

    def version(self, *, refresh: bool = False) -> Version:
        """The server's version, read once unless `refresh` is set."""
        return self._speak(refresh=refresh).version

    def about(self) -> About:
        """Needs the permission `server.about`."""
        answer = Answer(self._transport.json("GET", "/server/about"))
        return About(version=answer.text("version"), licensed=answer.flag("licensed"))

    def media_types(self) -> MediaTypes:
        """What this server takes, by extension."""
        answer = Answer(self._transport.json("GET", "/server/media-types", anonymous=True))
        return MediaTypes(
            image=answer.texts("image"),
            video=answer.texts("video"),
            sidecar=answer.texts("sidecar"),
        )

    # The account

    def me(self) -> User:
        """Whose key this is. Needs the permission `user.read`."""
        return answers.user(Answer(self._transport.json("GET", "/users/me")))

    def permissions(self) -> frozenset[str]:
        """What the key may do, by Immich's names; `all` stands for everything."""
        return Answer(self._transport.json("GET", "/api-keys/me")).texts("permissions")

    # Assets

    def bulk_check(self, checksums: Mapping[str, str]) -> dict[str, Existing | None]:
        """Which of these the account has already: your id → SHA-1 in hex, answered by your ids.

        Assets of external libraries are not seen: their checksum is of the path (353).
        """
        known: dict[str, Existing | None] = {}
        pending = iter(checksums.items())
        # Asking about nothing is a 500 (184).
        while batch := list(islice(pending, CHECKSUMS_PER_REQUEST)):
            known |= self._check(batch)
        return known

    def upload(self, asset: AssetUpload) -> Uploaded:
        """Send a file. FileUnreadable if it can't be read, or is shorter than announced.

        Immich recognises a file it has by checksum, so sending one twice makes no second asset.
        """
        try:
            return self._upload(asset)
        except Invalid:
            # The server may have been updated since its version was read.
            self._speak(refresh=True)
            return self._upload(asset)

    def asset(self, asset_id: str) -> Asset:
        """Needs `asset.read`. NotFound also when it is another account's."""
        return answers.asset(Answer(self._transport.json("GET", f"/assets/{_segment(asset_id)}")))

    def thumbnail(self, asset_id: str, *, size: str = "thumbnail") -> Download:
        """A small picture; `size` is `thumbnail` or `preview`. Needs `asset.view`.

        Rejected with status 404 while, or because, Immich has made none (179).
        """
        path = f"/assets/{_segment(asset_id)}/thumbnail"
        return self._transport.download(path, params={"size": size})

    def original(self, asset_id: str) -> Download:
        """The file as it was sent. Needs `asset.download`."""
        return self._transport.download(f"/assets/{_segment(asset_id)}/original")

    # Albums

    def albums(self, name: str | None = None) -> list[Album]:
        """All albums, or those of exactly this name: names are not unique. Needs `album.read`."""
        dialect = self._speak()
        listing = self._transport.json("GET", "/albums", params=dialect.album_filter(name))
        albums = [dialect.album(answer) for answer in answers.objects(listing)]
        return [album for album in albums if name is None or album.name == name]

    def create_album(self, name: str) -> Album:
        """Make an album, even if there is one of that name. Needs `album.create`.

        After Unavailable the album may exist: look before trying again.
        """
        dialect = self._speak()
        answer = self._transport.json("POST", "/albums", body={"albumName": name}, repeatable=False)
        return dialect.album(Answer(answer))

    def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        """Put assets into an album: asset id → None (added) or Immich's word for why not.

        `duplicate`: it was there already. `no_permission`: unknown, trashed or locked (270, 279).
        NotFound when the album is gone. Needs `albumAsset.create`.
        """
        if not asset_ids:
            return {}
        unique = list(dict.fromkeys(asset_ids))
        path = f"/albums/{_segment(album_id)}/assets"
        results = answers.objects(self._transport.json("PUT", path, body={"ids": unique}))
        return {
            result.text("id"): None if result.flag("success") else result.optional_text("error") or "unknown"
            for result in results
        }

    def _speak(self, *, refresh: bool = False) -> Dialect:
        if self._dialect is None or refresh:
            answer = Answer(self._transport.json("GET", "/server/version", anonymous=True))
            version = Version(*(answer.number(part) for part in Version._fields))
            self._dialect = Dialect(version)
        return self._dialect

    def _check(self, batch: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Existing | None]]:
        assets = [{"id": key, "checksum": checksum} for key, checksum in batch]
        answer = self._transport.json("POST", "/assets/bulk-upload-check", body={"assets": assets})
        for result in Answer(answer).objects("results"):
            yield result.text("id"), _existing(result)

    def _upload(self, asset: AssetUpload) -> Uploaded:
        form = MultipartForm(
            {
                # Required up to v2, where they identify the file on its device; ignored since v3.
                "deviceAssetId": asset.sha1 or f"{asset.filename}-{asset.size}",
                "deviceId": DEVICE_ID,
                "fileCreatedAt": _iso(asset.created_at),
                "fileModifiedAt": _iso(asset.modified_at),
                "filename": asset.filename,
            },
            file_field="assetData",
            filename=_ascii_name(asset.filename),
            size=asset.size,
            open_file=asset.open,
            on_progress=asset.on_progress,
        )
        answer = Answer(self._transport.json("POST", "/assets", form=form))
        return Uploaded(id=answer.text("id"), duplicate=answer.text("status") == "duplicate")


def _existing(result: Answer) -> Existing | None:
    """`accept` means: send it. A refusal without an asset is about the type, not the checksum."""
    asset_id = result.optional_text("assetId")
    if result.text("action") == "accept" or asset_id is None:
        return None
    return Existing(asset_id=asset_id, is_trashed=result.flag("isTrashed"))


def _segment(identifier: str) -> str:
    """An id as one step of a path, whatever it holds."""
    return quote(identifier, safe="")


def _iso(moment: datetime) -> str:
    """ISO 8601 with offset; v3 refuses dates without one (084)."""
    if moment.tzinfo is None:
        raise ValueError("A date without time zone can't be sent to Immich")
    return moment.isoformat(timespec="milliseconds")


def _ascii_name(filename: str) -> str:
    """The name on the file part: plain, with the real extension. The real name goes beside it."""
    suffix = PurePosixPath(filename).suffix
    return f"file{suffix}" if suffix[1:].isalnum() and suffix.isascii() else "file"
