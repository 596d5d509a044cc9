"""The JSON of Immich's answers, in both versions' shapes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from . import media_types
from .records import (
    Account,
    AlbumMember,
    ApiKey,
    StackOf,
    StoredAlbum,
    StoredAsset,
    StoredLibrary,
    StoredTag,
    StoredUser,
)
from .versions import Api

Json = dict[str, object]


def instant(moment: datetime) -> str:
    """`2021-06-05T12:03:02.000Z`"""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def offset_instant(moment: datetime) -> str:
    """`2021-06-05T12:03:02.123+00:00`, without the fraction when it is zero."""
    return moment.astimezone(UTC).isoformat(timespec="auto")


def user(account: Account, *, used_bytes: int, quota: int | None) -> Json:
    """`/users/me` (recorded exchanges 019, 448)."""
    created = instant(account.created_at)
    return {
        "id": account.user_id,
        "email": account.email,
        "name": account.name,
        "profileImagePath": "",
        "avatarColor": "gray",
        "profileChangedAt": created,
        "storageLabel": "admin",
        "shouldChangePassword": True,
        "isAdmin": account.is_admin,
        "createdAt": created,
        "deletedAt": None,
        "updatedAt": created,
        "oauthId": "",
        "quotaSizeInBytes": quota,
        "quotaUsageInBytes": used_bytes,
        "status": "active",
        "license": None,
    }


def person(user: StoredUser) -> Json:
    """A user in the list of all (050)."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "profileImagePath": "",
        "avatarColor": "gray",
        "profileChangedAt": instant(user.created_at),
    }


def embedded_person(user: StoredUser) -> Json:
    """In an album or asset, moments are written in the other way (251)."""
    return person(user) | {"profileChangedAt": offset_instant(user.created_at)}


def owner(account: Account) -> Json:
    return embedded_person(account.as_user)


def api_key(key: ApiKey) -> Json:
    return {
        "id": key.id,
        "name": key.name,
        "createdAt": instant(key.created_at),
        "updatedAt": instant(key.created_at),
        "permissions": list(key.permissions),
    }


def listed_asset(asset: StoredAsset, account: Account, api: Api, *, exif: bool = False) -> Json:
    """An asset in a list (227); `exif`: with what its file says (238)."""
    answer: Json = {
        "id": asset.id,
        "createdAt": instant(asset.created_at),
        "ownerId": account.user_id,
        "libraryId": asset.library_id,
        "type": "VIDEO" if asset.is_video else "IMAGE",
        "originalPath": str(asset.path),
        "originalFileName": asset.name,
        "originalMimeType": media_types.mime_type(asset.name),
        "thumbhash": None,
        "fileCreatedAt": instant(asset.file_created_at),
        "fileModifiedAt": instant(asset.file_modified_at),
        "localDateTime": instant(asset.local_date_time),
        "updatedAt": instant(asset.updated_at),
        "isFavorite": asset.is_favorite,
        "isArchived": asset.visibility == "archive",
        "isTrashed": asset.is_trashed,
        "visibility": asset.visibility,
        "duration": duration(asset, api),
        "livePhotoVideoId": asset.live_photo_video_id,
        "people": [],
        "checksum": base64.b64encode(bytes.fromhex(asset.sha1)).decode(),
        "isOffline": asset.is_offline,
        "hasMetadata": True,
        "duplicateId": None,
        "resized": True,
        "width": asset.width,
        "height": asset.height,
        "isEdited": False,
    }
    if not api.strict:
        answer |= {"deviceAssetId": asset.device_asset_id, "deviceId": asset.device_id}
    return answer | {"exifInfo": _exif(asset)} if exif else answer


def changed_asset(asset: StoredAsset, account: Account, api: Api) -> Json:
    """What an update answers (190)."""
    answer = listed_asset(asset, account, api, exif=True)
    return answer if api.strict else answer | {"unassignedFaces": []}


def asset(
    asset: StoredAsset,
    account: Account,
    api: Api,
    tags: Sequence[StoredTag],
    stack: StackOf | None = None,
    *,
    visitor: bool = False,
) -> Json:
    """`/assets/{id}` (086, 163); to those who come with a shared link, without its owner (420)."""
    more: Json = {"tags": [tag(one) for one in tags], "stack": _stack(stack)}
    return changed_asset(asset, account, api) | more | ({} if visitor else {"owner": owner(account)})


def _stack(stack: StackOf | None) -> Json | None:
    """`AssetStackResponseDto` of the OpenAPI descriptions."""
    if stack is None:
        return None
    return {"id": stack.stack.id, "primaryAssetId": stack.stack.primary_asset_id, "assetCount": stack.seen}


def library(library: StoredLibrary, account: Account) -> Json:
    """An external library (325, 348); Immich never counts its assets here."""
    return {
        "id": library.id,
        "ownerId": library.owner_id or account.user_id,
        "name": library.name,
        "createdAt": instant(library.created_at),
        "updatedAt": instant(library.updated_at),
        "refreshedAt": None if library.refreshed_at is None else instant(library.refreshed_at),
        "assetCount": 0,
        "importPaths": list(library.import_paths),
        "exclusionPatterns": list(library.exclusion_patterns),
    }


def tag(tag: StoredTag) -> Json:
    """Not recorded: `TagResponseDto` of the OpenAPI descriptions."""
    answer: Json = {
        "id": tag.id,
        "name": tag.name,
        "value": tag.value,
        "createdAt": instant(tag.created_at),
        "updatedAt": instant(tag.updated_at),
    }
    return answer if tag.parent_id is None else answer | {"parentId": tag.parent_id}


def outcomes(asset_ids: Sequence[str], errors: Sequence[str | None], *, id_name: str = "id") -> list[Json]:
    """What became of each of these (269-281, 430, 431)."""
    return [
        {id_name: asset_id, "success": True} if error is None else {id_name: asset_id, "success": False, "error": error}
        for asset_id, error in zip(asset_ids, errors, strict=True)
    ]


def album(
    album: StoredAlbum,
    assets: Sequence[StoredAsset],
    account: Account,
    api: Api,
    *,
    cover: str | None,
    linked: bool,
    members: Sequence[AlbumMember] = (),
    just_created: bool = False,
    embed: bool = True,
) -> Json:
    """An album (251, 252, 282). `cover`: the asset that stands for it; `linked`: it has a shared link; `members`:
    those with whom it is shared (not recorded: `AlbumUserResponseDto` of the OpenAPI descriptions).

    v2 embeds the assets, except in lists (`embed` false).
    """
    seen = [asset for asset in assets if asset.visibility in ("timeline", "archive")]
    answer: Json = {
        "albumName": album.name,
        "description": album.description,
        "albumThumbnailAssetId": cover,
        "createdAt": instant(album.created_at),
        "updatedAt": instant(album.updated_at),
        "id": album.id,
        "albumUsers": [
            *([{"user": owner(account), "role": "owner"}] if api.strict else []),
            *({"user": embedded_person(member.user), "role": member.role} for member in members),
        ],
        "shared": linked or bool(members),
        "hasSharedLink": linked,
        "assetCount": len(seen),
        "isActivityEnabled": True,
        "order": "desc",
    }
    if seen:
        answer |= span(seen, just_created=just_created)
    if not api.strict:
        embedded = [embedded_asset(asset, account, api, exif=True) for asset in seen if embed]
        answer |= {"ownerId": account.user_id, "owner": owner(account), "assets": embedded}
    if answer["shared"] and not just_created and embed:
        answer["contributorCounts"] = [{"userId": account.user_id, "assetCount": len(assets)}]
    return answer


def embedded_asset(asset: StoredAsset, account: Account, api: Api, *, exif: bool = False) -> Json:
    """In an album of v2, a stack and a shared link, its moments are written in the other way (252, 292, 371)."""
    moments = {
        "createdAt": asset.created_at,
        "fileCreatedAt": asset.file_created_at,
        "fileModifiedAt": asset.file_modified_at,
        "localDateTime": asset.local_date_time,
        "updatedAt": asset.updated_at,
    }
    written: Json = {name: offset_instant(moment) for name, moment in moments.items()}
    return listed_asset(asset, account, api, exif=exif) | written


def span(assets: Sequence[StoredAsset], *, just_created: bool) -> Json:
    """From when to when: to the second in a creation's answer, to the day in all others."""
    days = sorted(asset.local_date_time for asset in assets)
    if just_created:
        return {"startDate": offset_instant(days[0]), "endDate": offset_instant(days[-1])}
    midnights = [day.replace(hour=0, minute=0, second=0, microsecond=0) for day in days]
    return {
        "startDate": instant(midnights[0]),
        "endDate": instant(midnights[-1]),
        "lastModifiedAssetTimestamp": instant(max(asset.updated_at for asset in assets)),
    }


def duration(asset: StoredAsset, api: Api) -> str | int | None:
    """Text up to v2, milliseconds since v3."""
    if api.strict:
        return None if asset.duration is None else int(asset.duration)
    return asset.duration or "0:00:00.00000"


def _exif(asset: StoredAsset) -> Json:
    taken = None if asset.taken_at is None else offset_instant(asset.taken_at)
    modified = None if asset.taken_at is None else offset_instant(asset.file_modified_at)
    return {
        "make": None,
        "model": None,
        "exifImageWidth": asset.width,
        "exifImageHeight": asset.height,
        "fileSizeInByte": asset.size,
        "orientation": None,
        "dateTimeOriginal": taken,
        "modifyDate": modified,
        "timeZone": asset.time_zone,
        "lensModel": None,
        "fNumber": None,
        "focalLength": None,
        "iso": None,
        "exposureTime": None,
        "latitude": asset.latitude,
        "longitude": asset.longitude,
        "city": None,
        "state": None,
        "country": None,
        "description": asset.description,
        "projectionType": None,
        "rating": asset.rating,
    }
