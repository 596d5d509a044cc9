"""The state of custody on the admin's start page, for whoever may view uploads."""

from typing import TypedDict

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from immichdrop.models import User
from uploads import overview, spool
from uploads.models import Upload
from uploads.overview import PausedAccount, age_words, size_words

register = template.Library()
Status = Upload.Status
MOST_ACCOUNTS = 10  # that are named


class Line(TypedDict):
    """`bad`: somebody has to do something."""

    title: str
    value: str
    detail: str
    address: str
    bad: bool


class Shown(TypedDict, total=False):
    lines: list[Line]
    paused: list[PausedAccount]
    more_paused: int


@register.inclusion_tag("admin/custody.html", takes_context=True)
def custody(context: Context) -> Shown:
    """Six queries over what indexes find, and a look at the spool's folder."""
    user = context["user"]
    if not isinstance(user, User) or not user.has_perm("uploads.view_upload"):
        return {}
    paused = overview.paused_accounts() if user.has_perm("immichdrop.view_immichaccount") else []
    return Shown(
        lines=[*_uploads(), *_alarms(), *_spool()],
        paused=paused[:MOST_ACCOUNTS],
        more_paused=max(0, len(paused) - MOST_ACCOUNTS),
    )


def _uploads() -> list[Line]:
    waiting, counts = overview.waiting(), overview.counts()
    age = _("the oldest for %s") % age_words(timezone.now() - waiting.oldest) if waiting.oldest else ""
    files = f"{_files(waiting.count)}, {size_words(waiting.bytes)}" if waiting.count else _files(0)
    failed = counts[Status.FAILED]
    return [
        _line(_("Waiting for Immich"), files, age, status__in=",".join(overview.QUEUED)),
        _line(_("Failed"), _files(failed), bad=failed > 0, status__exact=Status.FAILED),
        _line(_("Receiving"), _files(counts[Status.RECEIVING]), status__exact=Status.RECEIVING),
        _line(_("Delivered"), _files(counts[Status.DELIVERED]), status__exact=Status.DELIVERED),
        _line(_("Duplicates"), _files(counts[Status.DUPLICATE]), status__exact=Status.DUPLICATE),
    ]


def _alarms() -> list[Line]:
    count = sum(overview.alarms().values())
    address = reverse("admin:uploads_custodyalarm_changelist")
    words = ngettext("%d alarm", "%d alarms", count) % count
    return [Line(title=_("Damaged bytes"), value=words, detail="", address=address, bad=True)] if count else []


def _spool() -> list[Line]:
    """A disk that can't be read is said to be so: a 0 would lie."""
    place = spool.default()
    try:
        used, free = place.used(), place.free()
    except OSError as error:
        words = _("can't be read: %s") % (error.strerror or type(error).__name__)
        return [Line(title=_("Spool"), value=words, detail="", address="", bad=True)]
    room = size_words(free) if free > 0 else _("none: new uploads are refused")
    return [
        Line(title=_("Spool"), value=size_words(used.bytes), detail=_files(used.files), address="", bad=False),
        Line(title=_("Room on the disk"), value=room, detail="", address="", bad=free <= 0),
    ]


def _line(title: str, value: str, detail: str = "", *, bad: bool = False, **chosen: str) -> Line:
    query = "&".join(f"{name}={each}" for name, each in chosen.items())
    address = f"{reverse('admin:uploads_upload_changelist')}?{query}"
    return Line(title=title, value=value, detail=detail, address=address, bad=bad)


def _files(count: int) -> str:
    return ngettext("%d file", "%d files", count) % count
