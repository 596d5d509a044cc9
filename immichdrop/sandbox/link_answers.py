"""The JSON of Immich's answers about shared links."""

from __future__ import annotations

from collections.abc import Sequence

from . import media_types
from .answers import Json, duration, instant, offset_instant, owner, span
from .records import Account, StoredAlbum, StoredAsset, StoredLink
from .versions import Api


def linked_album(
    album: StoredAlbum, assets: Sequence[StoredAsset], account: Account, api: Api, *, cover: str | None
) -> Json:
    """An album within its shared link: counted with what is hidden (388), in a list with nothing (385)."""
    answer: Json = {
        "albumName": album.name,
        "description": album.description,
        "albumThumbnailAssetId": cover,
        "createdAt": offset_instant(album.created_at),
        "updatedAt": offset_instant(album.updated_at),
        "id": album.id,
        "albumUsers": [],
        "shared": True,
        "hasSharedLink": True,
        "assetCount": len(assets),
        "isActivityEnabled": True,
        "order": "desc",
    }
    if assets:
        answer |= span(assets, just_created=True)
    if not api.strict:
        answer |= {"ownerId": account.user_id, "owner": owner(account), "assets": []}
    return answer


def shared_link(link: StoredLink, account: Account, assets: Sequence[Json], album: Json | None = None) -> Json:
    """A shared link (368, 388), with its assets as they are shown."""
    answer: Json = {
        "id": link.id,
        "description": link.description,
        "password": link.password,
        "userId": account.user_id,
        "key": link.key,
        "type": "INDIVIDUAL" if link.album_id is None else "ALBUM",
        "createdAt": instant(link.created_at),
        "expiresAt": None if link.expires_at is None else instant(link.expires_at),
        "assets": list(assets),
        "allowUpload": link.allow_upload,
        "allowDownload": link.allow_download,
        "showMetadata": link.show_metadata,
        "slug": link.slug,
    }
    return answer if album is None else answer | {"album": album}


def bare_asset(asset: StoredAsset, api: Api) -> Json:
    """What a link without metadata tells of an asset (429)."""
    return {
        "id": asset.id,
        "type": "VIDEO" if asset.is_video else "IMAGE",
        "originalMimeType": media_types.mime_type(asset.name),
        "thumbhash": None,
        "localDateTime": offset_instant(asset.local_date_time),
        "duration": duration(asset, api),
        "livePhotoVideoId": asset.live_photo_video_id,
        "hasMetadata": False,
        "width": asset.width,
        "height": asset.height,
    }
