"""The guests of a link with their files, newest first, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, Q, Sum, Window
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from immichdrop import local_forms
from invites import receipts
from invites.models import Guest, Invite, Visit
from uploads.devices import device
from uploads.file_looks import File, files_of
from uploads.models import Upload, UploadQuerySet

PAGE = 120  # files: rows of four and of six come out even
MOST_DEVICES = 3  # named
TONES = ("avatar-sea", "", "avatar-same")


@dataclass
class GuestFiles:
    """A guest and those of the files that stand on this page; the sums are of all at this link.

    `receipt` is the code that the guest's page tells. `name` and `message` are empty where nothing was said; `pk` is
    None for all who came without a secret. `latest` is when the last file came, `continued` whether the page before
    began with them.
    """

    pk: int | None
    files: list[File]
    continued: bool
    receipt: str = ""
    name: str = ""
    message: str = ""
    latest: datetime | None = None
    count: int = 0
    bytes: int = 0
    devices: list[str | Promise] = field(default_factory=list)

    @property
    def size(self) -> str:
        return local_forms.size(self.bytes)

    @property
    def initials(self) -> str:
        return initials_of(self.name)

    @property
    def tone(self) -> str:
        return TONES[(self.pk or 0) % len(TONES)] if self.name else "avatar-wait"


def initials_of(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def of_guests(files: UploadQuerySet, link: Invite, words: str) -> UploadQuerySet:
    """Those of a link's files whose guests have these words in their name, or this code on their receipt."""
    if not words:
        return files
    named = Visit.objects.filter(invite=link, name__icontains=words).values("guest")
    return files.filter(Q(guest__in=named) | Q(guest__in=_with_receipt(receipts.read(words), link)))


def _with_receipt(code: str, link: Invite) -> list[int]:
    if not code:
        return []
    senders = Guest.objects.filter(uploads__invite=link).distinct().values_list("pk", "secret_hash")
    return [pk for pk, secret_hash in senders if receipts.code_of(secret_hash, link.pk) == code]


def page_of(files: UploadQuerySet, wanted: str | None, length: int = PAGE) -> Page[Upload]:
    """A page of a link's files: whoever sent the newest one first, with all that they sent."""
    came = Coalesce("received_at", "created_at")
    sorted_files = (
        files.annotate(came=came, latest=Window(Max(came), partition_by=F("guest")))
        .order_by("-latest", "guest", "-came", "-pk")
        .select_related("account", "guest")
    )
    return Paginator(sorted_files, length).get_page(wanted)


def guests_on(page: Page[Upload], link: Invite) -> list[GuestFiles]:
    """The guests on a page, in its order. Four questions, however many there are."""
    first = max(0, page.start_index() - 1)
    uploads = list(page.paginator.object_list[max(0, first - 1) : page.end_index()])
    before = uploads.pop(0) if first else None  # the last one of the page before
    files = files_of(uploads)
    guests = [
        GuestFiles(guest.pk if guest else None, [files[upload.pk] for upload in theirs], False, _receipt(guest, link))
        for guest, theirs in groupby(uploads, lambda upload: upload.guest)
    ]
    if before and guests:
        guests[0].continued = before.guest_id == guests[0].pk
    _add_sums(guests, link)
    _add_words(guests, link)
    return guests


def _receipt(guest: Guest | None, link: Invite) -> str:
    return receipts.code(guest, link) if guest and guest.has_secret else ""


def names_of(uploads: Iterable[Upload], link: Invite) -> dict[int | None, str]:
    """What the guests who sent these said that they are called, by guest."""
    visits = Visit.objects.filter(invite=link, guest__in=[upload.guest_id for upload in uploads])
    return dict(visits.values_list("guest", "name"))


def _of(guests: Iterable[GuestFiles]) -> Q:
    nobody = Q(guest=None) if any(guest.pk is None for guest in guests) else Q()
    return Q(guest__in=[guest.pk for guest in guests if guest.pk is not None]) | nobody


def _add_sums(guests: list[GuestFiles], link: Invite) -> None:
    by_pk = {guest.pk: guest for guest in guests}
    sums = (
        Upload.objects.filter(_of(guests), invite=link)
        .counted()
        .order_by()
        .values("guest", "user_agent")
        .annotate(count=Count("pk"), bytes=Sum("size"), latest=Max(Coalesce("received_at", "created_at")))
        .order_by("-latest")
    )
    for each in sums:
        guest = by_pk[each["guest"]]
        guest.count += each["count"]
        guest.bytes += int(each["bytes"])
        guest.latest = guest.latest or each["latest"]
        words = device(each["user_agent"])
        if words and words not in guest.devices and len(guest.devices) < MOST_DEVICES:
            guest.devices.append(words)


def _add_words(guests: list[GuestFiles], link: Invite) -> None:
    pks = [guest.pk for guest in guests if guest.pk is not None]
    said = {visit.guest_id: visit for visit in Visit.objects.filter(guest__in=pks, invite=link)}
    for guest in guests:
        if guest.pk is not None and (visit := said.get(guest.pk)):
            guest.name, guest.message = visit.name, visit.message
