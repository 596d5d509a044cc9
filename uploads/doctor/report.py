"""All checks together: what a host sees on the page, and what whoever runs the server sees there and by the command.

First the database is read, then everybody else is asked at once, and then the answers are put into words: so that a
dead Immich costs `checks.WITHIN` seconds at most, and no thread but the caller's touches the database.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from immichdrop import login_ways, oauth
from immichdrop.models import ImmichAccount, User
from invites.models import Invite
from uploads import missing_albums, spool
from uploads.doctor import address, immich, key, queue, server
from uploads.doctor.address import Told
from uploads.doctor.checks import Check, Part, Question, State, ask_all, more
from uploads.doctor.immich import Seen
from uploads.doctor.queue import Queue, Troubled
from uploads.models import Upload
from uploads.spool import Room


@dataclass(slots=True)
class Report:
    """`redirect`: the address to register for single sign-on, where Immich has it. `owner`: whose library it is.

    `own_failed`, `troubled`: of the host's own links, also where `queue` is everybody's.
    """

    seen: Seen
    queue: Queue | None = None
    room: Room | None = None
    redirect: str = ""
    owner: str = ""
    own_failed: int = 0
    troubled: Sequence[Troubled] = ()
    checks: list[Check] = field(default_factory=list)

    def of(self, part: Part) -> list[Check]:
        return [check for check in self.checks if check.part == part]

    @property
    def bad(self) -> list[Check]:
        return [check for check in self.checks if check.state == State.BAD]


@dataclass(slots=True)
class _Immich:
    """An Immich that is looked at for one account; `whole`: everybody's links, which are told by number."""

    part: Part
    key_part: Part
    account: ImmichAccount
    seen: Seen
    of_server: bool
    whole: bool
    shows_key: bool
    operator: bool

    @classmethod
    def of(cls, account: ImmichAccount, host: User | None, *, staff: bool, beside: bool = False) -> "_Immich":
        """`beside`: it is the environment's, shown to staff who have a library of their own."""
        of_server = not account.encrypted_key
        whole = host is None or beside
        links = Invite.objects.of_account(account) if host is None or beside else Invite.objects.of_host(host)
        return cls(
            part=Part.SERVER_IMMICH if beside else Part.IMMICH,
            key_part=Part.SERVER_IMMICH if beside else Part.KEY,
            account=account,
            seen=Seen.of(account, missing_albums.wishes(links.listed())),
            of_server=of_server,
            whole=whole,
            # What the server's key may do is for those who run it.
            shows_key=staff or not of_server,
            operator=staff,
        )

    def checks(self) -> list[Check]:
        seen = self.seen
        found = list(immich.checks(seen, self.part, operator=self.operator))
        found += queue.pause(self.account, self.part, detailed=self.shows_key)
        if self.shows_key:
            found += key.checks(seen, self.key_part, of_server=self.of_server)
        if not seen.answers:
            return found
        missing = missing_albums.compare(seen.wished, seen.shelf) if seen.shelf else []
        return [*found, key.albums(seen, self.part, missing, named=not self.whole)]


class _Round:
    """Everybody who is asked, all at once."""

    def __init__(self, looked_at: Sequence[_Immich], *, staff: bool, url: str = "") -> None:
        self.looked_at = looked_at
        self.others = immich.other_addresses(settings.IMMICH_BASE_URL) if staff else {}
        self.redis = Question(server.ask_layer) if staff and settings.REDIS_URL else None
        self.ways = Question(login_ways.of_immich) if settings.IMMICH_BASE_URL else None
        self.health = Question(partial(address.ask_health, url)) if url else None
        self.socket = Question(partial(address.ask_socket, url)) if url else None

    def ask(self) -> None:
        seen = [*(each.seen for each in self.looked_at), *self.others.values()]
        asked: list[Question[object] | None] = [Question(partial(immich.look, each)) for each in seen]
        asked += [self.redis, self.ways, self.health, self.socket]
        ask_all([each for each in asked if each])
        # Who is late goes on noting: not while it is put into words.
        for each in self.looked_at:
            each.seen = copy.copy(each.seen)
        self.others = {name: copy.copy(each) for name, each in self.others.items()}

    @property
    def own(self) -> Seen:
        """The Immich that the page is about."""
        return self.looked_at[0].seen

    @property
    def last(self) -> Seen:
        """The environment's, where it is looked at beside a host's own: what the queue is held against."""
        return self.looked_at[-1].seen

    @property
    def has_sign_on(self) -> bool:
        return bool(self.ways and self.ways.answer and self.ways.answer.oauth)


def for_host(host: User, request: HttpRequest) -> Report:
    """The page's: the host's own things, and for staff also the installation's."""
    told, staff = Told.by(request), host.is_staff
    account = ImmichAccount.objects.of_owner(host)
    looked_at = [_Immich.of(account, host, staff=staff)]
    if staff and account.encrypted_key:
        looked_at.append(_Immich.of(ImmichAccount.objects.environment(), host, staff=True, beside=True))
    asked = _Round(looked_at, staff=staff)
    asked.ask()
    uploads = Upload.objects.all() if staff else queue.of_host(host)
    report = Report(asked.own, queue.queue_of(uploads, asked.last.address), troubled=queue.troubled_links(host))
    report.own_failed = queue.failed_of(host).count()
    if report.seen.owner and looked_at[0].shows_key:
        report.owner = report.seen.owner.name or report.seen.owner.email
    _say(report, asked, operator=staff)
    if staff:
        report.checks.append(server.database())
        _say_of_installation(report, asked)
        report.checks += address.proxy_checks(request, told)
    report.checks += address.browser_clock(told)
    if asked.has_sign_on:
        report.redirect = oauth.redirect_uri(request)
    return report


def for_operator(url: str) -> Report:
    """The command's: the whole installation, as it is reached at `url` ("" is nowhere)."""
    database = server.database()
    if database.state == State.BAD:
        return Report(Seen(settings.IMMICH_BASE_URL), checks=[database])
    asked = _Round([_Immich.of(ImmichAccount.objects.environment(), None, staff=True)], staff=True, url=url)
    asked.ask()
    report = Report(asked.own, queue.queue_of(Upload.objects.all(), asked.last.address))
    _say(report, asked, operator=True)
    report.checks.append(database)
    _say_of_installation(report, asked)
    if asked.health:
        report.checks.append(address.health(url, asked.health))
    report.checks.append(address.socket(url, asked.socket))
    if asked.has_sign_on:
        report.redirect = f"{settings.PUBLIC_BASE_URL or url}{resolve_url('oauth-callback')}"
        report.checks.append(address.sign_on(report.redirect))
    return report


def _say(report: Report, asked: _Round, *, operator: bool) -> None:
    for each in asked.looked_at:
        report.checks += each.checks()
    if report.queue:
        report.checks += queue.checks(report.queue, reachable=asked.last.answers, operator=operator)


def _say_of_installation(report: Report, asked: _Round) -> None:
    place = spool.default()
    report.room = server.room_of(place)
    report.checks += [queue.paused_accounts(), queue.alarms()]
    report.checks += [server.disk(report.room), server.spool_check(place, report.queue), *server.folders()]
    report.checks += [server.processes(), server.redis(asked.redis)]
    for look in more:
        report.checks += look()
    report.checks += [immich.other_address(name, seen) for name, seen in asked.others.items()]
