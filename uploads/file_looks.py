"""How a file is shown to its host: the word for its state, what it is about, what can be done with it."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from immichdrop import local_forms
from invites.models import Invite
from uploads import host_hand, media_types, names
from uploads.models import Upload

Status = Upload.Status
NAME_END = 9  # characters of a name that stay to be seen when it is shortened


class Look(NamedTuple):
    """How a state is told: the word, classes of its chip, its icon."""

    words: str | Promise
    chip: str
    icon: str


LOOKS = {
    Status.RECEIVING: Look(_("Uploading"), "chip-sea", "upload"),
    Status.RECEIVED: Look(_("Received"), "chip-safe", "shield-check"),
    Status.DELIVERING: Look(_("On its way"), "chip-safe", "shield-check"),
    Status.WAITING: Look(_("Waiting"), "", "clock"),
    Status.HELD: Look(_("Waiting for you"), "", "clock"),
    Status.DELIVERED: Look(_("In Immich"), "chip-album", "album"),
    Status.DUPLICATE: Look(_("Already there"), "chip-same", "duplicate"),
    Status.FAILED: Look(_("Failed"), "chip-bad", "warning"),
}
_WISHED_AWAY = Look(_("To be removed"), "chip-sun", "trash")
_IN_ALBUM = Look(_("In the album"), "chip-album", "album")


@dataclass(frozen=True)
class File:
    """An upload in the host's eyes; `retriable`: it waits, failed, is not in its album, or can't be taken out."""

    upload: Upload
    retriable: bool

    @property
    def name_start(self) -> str:
        return self.upload.filename[:-NAME_END]

    @property
    def name_end(self) -> str:
        return self.upload.filename[-NAME_END:]

    @property
    def size(self) -> str:
        return local_forms.size(self.upload.size)

    @property
    def at(self) -> datetime:
        """When it came whole, or was begun."""
        return self.upload.received_at or self.upload.created_at

    @property
    def look(self) -> Look:
        if self.upload.wished_away:
            return _WISHED_AWAY
        in_album = self.upload.status == Status.DELIVERED and self.upload.in_album_at
        return _IN_ALBUM if in_album else LOOKS[Status(self.upload.status)]

    @property
    def why(self) -> str:
        """What is to be said about its state; empty where the state says all."""
        words = [self.upload.message] if self.upload.message else []
        if self.upload.status == Status.WAITING and not self.upload.account.pause:
            words.append(_next_try(self.upload.next_attempt_at))
        return " ".join(words)

    @property
    def icon(self) -> str:
        """What stands for it where there is no picture."""
        return "video" if self._kind == Invite.Kinds.VIDEOS else "image" if self._kind else "file"

    @property
    def mime_type(self) -> str:
        return media_types.mime_type_of(names.extension_of(self.upload.filename))

    @property
    def modified(self) -> datetime:
        """The file's own date, or when it came."""
        return self.upload.last_modified or self.at

    @property
    def may_have_picture(self) -> bool:
        """Whether there is a use in asking for one: Immich may have it, or it can be made of the bytes kept here."""
        return self.upload.asset_id is not None or (self.has_bytes and self._kind == Invite.Kinds.PHOTOS)

    @property
    def has_bytes(self) -> bool:
        return host_hand.has_bytes(self.upload)

    @property
    def in_immich(self) -> bool:
        confirmed = self.upload.status in Upload.CONFIRMED or self.upload.wished_away
        return confirmed and self.upload.asset_id is not None

    @property
    def address_in_immich(self) -> str:
        """As the host opens it; empty where it is not there, or nobody knows where."""
        web_address = self.upload.account.web_address
        return f"{web_address}/photos/{self.upload.asset_id}" if self.in_immich and web_address else ""

    @property
    def may_give_up(self) -> bool:
        return not host_hand.why_kept(self.upload)

    @property
    def _kind(self) -> str | None:
        return media_types.kind_of(names.extension_of(self.upload.filename))


def files_of(uploads: Collection[Upload]) -> dict[UUID, File]:
    """In their order, with one question for all. Each needs its account."""
    ids = [upload.pk for upload in uploads]
    stuck = set(Upload.objects.filter(pk__in=ids).to_try_again().values_list("pk", flat=True))
    return {upload.pk: File(upload, upload.pk in stuck) for upload in uploads}


def _next_try(at: datetime) -> str:
    minutes = math.ceil((at - timezone.now()).total_seconds() / 60)
    if minutes <= 0:
        return gettext("The next try is due.")
    return gettext("Next try in %d min.") % minutes if minutes > 1 else gettext("Next try within a minute.")
