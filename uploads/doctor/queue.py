"""What waits and what failed, of one host or of all, and whether anybody delivers it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from immichdrop.models import ImmichAccount, User
from invites.models import ApiToken, Invite
from uploads import overview
from uploads.doctor.checks import Check, Part, State
from uploads.models import CustodyAlarm, Upload, UploadQuerySet
from uploads.overview import age_words

Status = Upload.Status

LONG = timedelta(hours=1)  # after which it is no passing trouble that a file waits
IDLE = timedelta(seconds=60)  # that a due file waits for a worker
WEEK = timedelta(days=7)
LINKS = 5  # with failed files, that are named


@dataclass(frozen=True, slots=True)
class Queue:
    """Numbers of files: `sending` are those among the waiting that a worker has in hand, `late` those that none took.

    `oldest`: since when the first of the waiting is here; `late_since`: when the first of the late was due.
    """

    waiting: int
    sending: int
    failed: int
    week: int
    late: int
    oldest: datetime | None
    late_since: datetime | None


@dataclass(frozen=True, slots=True)
class Troubled:
    """A link with failed files."""

    token: str
    title: str
    failed: int


def of_host(host: User) -> UploadQuerySet:
    """What came through a host's own links, those that were deleted since among them, and by the host's own tokens."""
    own = Upload.objects.filter(invite__owner=host)
    senders = list(ApiToken.objects.filter(owner=host).values_list("guest", flat=True))
    if not senders:
        return own
    # By columns of the row alone, so that indexes find both.
    return Upload.objects.filter(Q(invite__in=list(host.invites.values_list("pk", flat=True))) | Q(guest__in=senders))


def queue_of(uploads: UploadQuerySet, address: str, now: datetime | None = None) -> Queue:
    """Two queries: what is on its way or failed, which indexes find, and what was delivered lately.

    Late is only what goes to the Immich at `address`: what is due at another one may wait for that.
    """
    now = now or timezone.now()
    active = (*overview.QUEUED, Status.FAILED)
    waiting = Q(status__in=overview.QUEUED)
    sending = Q(status=Status.DELIVERING, lease_until__gte=now)
    here = Q(account__base_url__in=["", address] if address == settings.IMMICH_BASE_URL else [address])
    due = Q(status__in=(Status.RECEIVED, Status.WAITING), next_attempt_at__lt=now - IDLE)
    late = Q(account__pause="") & here & (due | Q(status=Status.DELIVERING, lease_until__lt=now - IDLE))
    numbers = uploads.filter(status__in=active).aggregate(
        waiting=Count("pk", filter=waiting),
        sending=Count("pk", filter=sending),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        oldest=Min("received_at", filter=waiting),
        late=Count("pk", filter=late),
        late_since=Min("next_attempt_at", filter=late),
    )
    week = uploads.filter(status__in=Upload.CONFIRMED, delivered_at__gte=now - WEEK).count()
    return Queue(**numbers, week=week)


def failed_of(host: User) -> UploadQuerySet:
    """What failed of that."""
    return of_host(host).filter(status=Status.FAILED)


def troubled_links(host: User) -> list[Troubled]:
    """The host's links with failed files, most of them first."""
    failed = Upload.objects.filter(invite__owner=host, invite__deleted_at=None, status=Status.FAILED).order_by()
    counts = failed.values_list("invite").annotate(number=Count("pk")).order_by("-number", "invite")[:LINKS]
    links = Invite.objects.in_bulk([pk for pk, _number in counts])
    return [Troubled(links[pk].token, links[pk].title, number) for pk, number in counts]


# --- what that means


def checks(queue: Queue, *, reachable: bool, operator: bool, now: datetime | None = None) -> Iterator[Check]:
    """`reachable`: whether Immich answers, without which files wait for nobody's fault here.

    `operator`: for those who can run a worker.
    """
    now = now or timezone.now()
    yield _waiting(queue, now)
    yield _failed(queue)
    yield _worker(queue, now, reachable=reachable, operator=operator)


def _waiting(queue: Queue, now: datetime) -> Check:
    title = _("Waiting")
    if not queue.waiting or queue.oldest is None:
        return Check("waiting", Part.QUEUE, title, State.OK, _("No file waits."))
    words = ngettext(
        "%(number)d file is safe here and not in Immich yet, since %(age)s.",
        "%(number)d files are safe here and not in Immich yet, the first since %(age)s.",
        queue.waiting,
    ) % {"number": queue.waiting, "age": age_words(now - queue.oldest)}
    if now - queue.oldest < LONG:
        return Check("waiting", Part.QUEUE, title, State.OK, words)
    advice = _("Look at what else is wrong here. In a link’s details every file says why it waits.")
    return Check("waiting", Part.QUEUE, title, State.ATTENTION, words, advice)


def _failed(queue: Queue) -> Check:
    title = _("Failed")
    if not queue.failed:
        return Check("failed", Part.QUEUE, title, State.OK, _("No file failed."))
    words = ngettext(
        "%d file didn’t make it into Immich. It is safe here.",
        "%d files didn’t make it into Immich. They are safe here.",
        queue.failed,
    )
    advice = _("In the link’s details every file says why. Mend that, then Retry.")
    return Check("failed", Part.QUEUE, title, State.BAD, words % queue.failed, advice)


def _worker(queue: Queue, now: datetime, *, reachable: bool, operator: bool) -> Check:
    title = _("Deliveries")
    if queue.late and queue.late_since:
        words = ngettext(
            "%(number)d file is due, and nobody takes it since %(age)s.",
            "%(number)d files are due, and nobody takes them since %(age)s.",
            queue.late,
        ) % {"number": queue.late, "age": age_words(now - queue.late_since)}
        if not reachable:
            return Check("deliveries", Part.QUEUE, title, State.UNKNOWN, _("They wait until Immich answers."))
        run = _("Run manage.py serve without --no-worker, or manage.py worker beside it; if it runs, read its log.")
        advice = run if operator else _("Please tell whoever runs this server. They are safe here meanwhile.")
        return Check("deliveries", Part.QUEUE, title, State.BAD, words, advice)
    if queue.sending:
        words = ngettext("%d file is on its way.", "%d files are on their way.", queue.sending) % queue.sending
        return Check("deliveries", Part.QUEUE, title, State.OK, words)
    return Check("deliveries", Part.QUEUE, title, State.OK, _("Nothing that is due waits for a worker."))


def pause(account: ImmichAccount, part: Part, *, detailed: bool) -> Iterator[Check]:
    """Whether Immich refuses the account; `detailed`: in whose words nothing is another's secret."""
    if not account.pause:
        return
    reason = ImmichAccount.Pause(account.pause)
    words = f"{reason.label} ({account.pause_detail})." if detailed and account.pause_detail else f"{reason.label}."
    yield Check("pause", part, _("Deliveries are paused"), State.BAD, words, overview.ADVICE[reason])


def paused_accounts() -> Check:
    """All accounts that Immich refuses, by their number in the database."""
    title = _("Paused accounts")
    paused = overview.paused_accounts()
    if not paused:
        return Check("paused", Part.QUEUE, title, State.OK, _("Immich refuses no account."))
    listed = "; ".join(
        _("#%(number)d: %(why)s, %(waiting)d waiting")
        % {"number": each.account.pk, "why": each.account.get_pause_display(), "waiting": each.waiting}
        for each in paused
    )
    advice = _("manage.py queue says of each what to do. They are asked again by themselves.")
    return Check("paused", Part.QUEUE, title, State.BAD, f"{listed}.", advice)


def alarms() -> Check:
    """Whether bytes are gone that should be here, or the other way round."""
    title = _("Alarms")
    found = {reason: count for reason, count in overview.alarms().items() if count}
    if not found:
        return Check("alarms", Part.QUEUE, title, State.OK, _("Every byte that should be here is here."))
    listed = ", ".join(f"{count} × {CustodyAlarm.Reason(reason).label}" for reason, count in found.items())
    lost = found.keys() - {CustodyAlarm.Reason.STRAY}
    advice = _("Look at the disk, then at the alarms in manage.py queue or the admin. Stray files lie in lost+found.")
    return Check("alarms", Part.QUEUE, title, State.BAD if lost else State.ATTENTION, f"{listed}.", advice)
