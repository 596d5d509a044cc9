"""Assets: sent, looked at, changed, deleted and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO

from . import answers
from .account import Account, segment
from .answers import Answer, Asset, Existing, Uploaded
from .errors import Invalid, Rejected
from .multipart import MultipartForm
from .transport import Download

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
    starts over. `sidecar`: the content of an XMP file; Immich drops it when it has the asset already (127).
    `live_video_id`: the asset that is the moving half of this live photo; it becomes hidden (129-131).
    """

    filename: str
    size: int
    open: Callable[[], BinaryIO]
    created_at: datetime
    modified_at: datetime
    sha1: str | None = None
    on_progress: Callable[[int], None] | None = None
    sidecar: bytes | None = None
    live_video_id: str | None = None


class Assets(Account):
    """What a client does with assets."""

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

        Immich recognises a file it has by checksum, so sending one twice makes no second asset. Some versions, and
        proxies with a memory, say so by a 409: then the asset is looked up by `sha1`.
        """
        try:
            return self._upload(asset)
        except Invalid:
            # The server may have been updated since its version was read.
            self._speak(refresh=True)
            return self._upload(asset)
        except Rejected as error:
            existing = self._conflicting(asset, error)
            if existing is None:
                raise
        return Uploaded(id=existing.asset_id, duplicate=True)

    def asset(self, asset_id: str) -> Asset:
        """Needs `asset.read`. NotFound also when it is another account's."""
        return answers.asset(Answer(self._transport.json("GET", f"/assets/{segment(asset_id)}")))

    def thumbnail(self, asset_id: str, *, size: str = "thumbnail") -> Download:
        """A small picture; `size` is `thumbnail` or `preview`. Needs `asset.view`.

        Rejected with status 404 while, or because, Immich has made none (179).
        """
        path = f"/assets/{segment(asset_id)}/thumbnail"
        return self._transport.download(path, params={"size": size})

    def original(self, asset_id: str) -> Download:
        """The file as it was sent. Needs `asset.download`."""
        return self._transport.download(f"/assets/{segment(asset_id)}/original")

    def link_live_video(self, asset_id: str, video_id: str) -> None:
        """Make a live photo of a still and a video that are both there (199). Needs `asset.update`.

        One by one: the change of several at once ignores this field. NotFound when either is gone.
        """
        self._transport.json("PUT", f"/assets/{segment(asset_id)}", body={"livePhotoVideoId": video_id})

    def unlink_live_video(self, asset_id: str) -> None:
        """Take them apart: the video is seen again (201). Needs `asset.update`.

        Before another video is linked: the one it takes the place of would stay hidden.
        """
        self._transport.json("PUT", f"/assets/{segment(asset_id)}", body={"livePhotoVideoId": None})

    def update_asset(
        self,
        asset_id: str,
        *,
        description: str | None = None,
        is_favorite: bool | None = None,
        rating: int | None = None,
    ) -> Asset:
        """Change what is given, and leave the rest. `rating`: -1 (rejected) or 1 to 5. Needs `asset.update`.

        NotFound when it is gone, and when it is another account's (195). PUT suits every version:
        v2 knows no PATCH (198).
        """
        body = _changes(description, is_favorite, rating)
        return answers.asset(Answer(self._transport.json("PUT", f"/assets/{segment(asset_id)}", body=body)))

    def update_assets(
        self,
        asset_ids: Sequence[str],
        *,
        description: str | None = None,
        is_favorite: bool | None = None,
        rating: int | None = None,
    ) -> None:
        """The same change to all of them in one request. Needs `asset.update`.

        All or none: NotFound when a single one is gone (206).
        """
        if asset_ids:
            body = {"ids": list(asset_ids), **_changes(description, is_favorite, rating)}
            self._transport.json("PUT", "/assets", body=body)

    def delete_assets(self, asset_ids: Sequence[str], *, force: bool = False) -> None:
        """Into the trash, or for good with `force`. Needs `asset.delete`.

        All or none: NotFound when a single one is gone (224). What is deleted by force lives on until
        a job of Immich's has run: until then the same bytes are a `duplicate` (461), in the trash (221).
        """
        if asset_ids:
            self._transport.json("DELETE", "/assets", body={"ids": list(asset_ids), "force": force})

    def restore(self, asset_ids: Sequence[str]) -> None:
        """Take out of the trash; the others stay as they are. Needs `asset.delete`.

        All or none: NotFound when a single one is gone. What was deleted by force can't be restored,
        and Immich does not say so: look with `bulk_check`.
        """
        if asset_ids:
            self._transport.json("POST", "/trash/restore/assets", body={"ids": list(asset_ids)})

    def _check(self, batch: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Existing | None]]:
        assets = [{"id": key, "checksum": checksum} for key, checksum in batch]
        answer = self._transport.json("POST", "/assets/bulk-upload-check", body={"assets": assets})
        for result in Answer(answer).objects("results"):
            yield result.text("id"), _existing(result)

    def _conflicting(self, asset: AssetUpload, error: Rejected) -> Existing | None:
        if error.status != HTTPStatus.CONFLICT or asset.sha1 is None:
            return None
        return self.bulk_check({asset.sha1: asset.sha1})[asset.sha1]

    def _upload(self, asset: AssetUpload) -> Uploaded:
        fields = {
            # Required up to v2, where they identify the file on its device; ignored since v3.
            "deviceAssetId": asset.sha1 or f"{asset.filename}-{asset.size}",
            "deviceId": DEVICE_ID,
            "fileCreatedAt": _iso(asset.created_at),
            "fileModifiedAt": _iso(asset.modified_at),
        }
        if asset.live_video_id is not None:
            fields["livePhotoVideoId"] = asset.live_video_id
        name = {"filename": asset.filename}
        form = MultipartForm(
            fields if asset.sidecar is not None else fields | name,
            file_field="assetData",
            filename=_ascii_name(asset.filename),
            size=asset.size,
            open_file=asset.open,
            on_progress=asset.on_progress,
            sidecar=asset.sidecar,
            last=name if asset.sidecar is not None else None,
        )
        answer = Answer(self._transport.json("POST", "/assets", form=form))
        return Uploaded(id=answer.text("id"), duplicate=answer.text("status") == "duplicate")


def _changes(description: str | None, is_favorite: bool | None, rating: int | None) -> dict[str, object]:
    given = {"description": description, "isFavorite": is_favorite, "rating": rating}
    return {name: value for name, value in given.items() if value is not None}


def _existing(result: Answer) -> Existing | None:
    """`accept` means: send it. A refusal without an asset is about the type, not the checksum."""
    asset_id = result.optional_text("assetId")
    if result.text("action") == "accept" or asset_id is None:
        return None
    return Existing(asset_id=asset_id, is_trashed=result.flag("isTrashed"))


def _iso(moment: datetime) -> str:
    """ISO 8601 with offset; v3 refuses dates without one (084)."""
    if moment.tzinfo is None:
        raise ValueError("A date without time zone can't be sent to Immich")
    return moment.isoformat(timespec="milliseconds")


def _ascii_name(filename: str) -> str:
    """The name on the file part: plain, with the real extension. The real name goes beside it."""
    suffix = PurePosixPath(filename).suffix
    return f"file{suffix}" if suffix[1:].isalnum() and suffix.isascii() else "file"
