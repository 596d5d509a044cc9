"""A fetched file into the spool, by the same rules and with the same promise as every upload."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from django.db import Error as DatabaseFailure

from ingest.downloads.fetching import Watch, open_left
from ingest.downloads.models import Download
from ingest.downloads.platforms import LONGEST_URL, PLATFORMS
from invites.credentials import Destination
from uploads import admission, arrivals, intake, names
from uploads.admission import Arrived, Offer
from uploads.intake import Creation
from uploads.media_types import HEAD_BYTES
from uploads.models import LONGEST_DESCRIPTION, Upload
from uploads.receiving import disk_full_told
from uploads.spool import READ_BYTES, Spool

_NO_PART_OF_A_NAME = re.compile(r'[\\/:*?"<>|\s]+')


def filename_of(platform: str, about: Mapping[str, object], suffix: str, number: int) -> str:
    """`{platform}_{uploader[:20]}_{title[:30]}_{id}{ext}` (contract); `number` tells the files of one post apart."""
    said = [_text(about, "uploader")[:20], _text(about, "title")[:30], _text(about, "id")[:60]]
    words = [_NO_PART_OF_A_NAME.sub("_", word).strip("._") for word in said]
    whole = "_".join([platform, *(word for word in words if word)])
    return names.clean(f"{whole}{f'_{number}' if number > 1 else ''}{suffix.lower()}")


def date_of(about: Mapping[str, object]) -> datetime | None:
    """When it was posted: seconds since 1970, or a text of UTC."""
    stamp, text = about.get("timestamp"), about.get("date")
    try:
        if isinstance(stamp, int | float) and stamp > 0:
            return datetime.fromtimestamp(stamp, UTC)
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def description_of(platform: str, about: Mapping[str, object]) -> str:
    """What Immich is told of it: the title, who posted it where, and the address."""
    title, uploader = _text(about, "title"), _text(about, "uploader")
    where = PLATFORMS[platform].title if platform in PLATFORMS else platform
    address = str(about.get("webpage_url") or "")
    address = address if address.isprintable() and len(address) <= LONGEST_URL else ""
    lines = [title, f"{uploader} ({where})" if uploader else where, address if address.startswith("https://") else ""]
    return "\n".join(line for line in lines if line)[:LONGEST_DESCRIPTION]


def _text(about: Mapping[str, object], name: str) -> str:
    """A word of the platform's, which is a stranger's."""
    said = about.get(name)
    return names.clean(re.sub(r"[\\/]", "\u2215", str(said))) if isinstance(said, str | int) else ""


class NotWantedError(Exception):
    """The download was stopped while its file was taken in. Nothing of this file stays."""


def take_in(
    download: Download, path: Path, about: Mapping[str, object], filename: str, spool: Spool, watch: Watch
) -> Upload:
    """The received upload; one that an earlier try made of the same bytes is that one.

    `watch` is asked all the time, since copying takes longer than a lease. Raises RefusedError, DiskFullError, and
    NotWantedError.
    """
    upload_id = uuid.uuid4()
    with disk_full_told():
        file = spool.create(upload_id)
    try:
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        with open_left(path) as source, disk_full_told():
            while block := source.read(READ_BYTES):
                file.write_at(size, block)
                digest.update(block)
                size += len(block)
                if not watch(download.taken, download.awaited):
                    raise NotWantedError
            file.sync()
            spool.sync_folder()
        admission.check_content(file.head(HEAD_BYTES), download.invite)
        offer = Offer(
            filename=filename,
            size=size,
            last_modified=date_of(about),
            key=f"post:{download.job_id}:{digest.hexdigest()}",
            client_address=download.client_address or "",
            user_agent=download.user_agent,
            description=description_of(download.platform, about),
        )
        arrived = Arrived(size, digest.hexdigest())
        where = Destination(download.account, download.album_id, download.album_name)
        creation = Creation(upload_id, offer, download.guest, download.invite, arrived, where)
        upload = intake.create_or_find(creation, spool)
    except DatabaseFailure:
        raise  # the commit may have gone through, and only its answer been lost
    except BaseException:
        spool.remove(upload_id)
        raise
    finally:
        file.close()
    if upload.pk == upload_id:
        arrivals.received(upload)
    else:
        spool.remove(upload_id)
    return upload
