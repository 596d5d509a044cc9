"""The checks of what waits and failed, of one host or of all, and of who delivers it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from immichdrop.models import ImmichAccount, User
from invites.models import Invite
from uploads.doctor import queue
from uploads.doctor.checks import Check, Part, State
from uploads.doctor.queue import queue_of
from uploads.models import Upload, UploadQuerySet

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> User:
    return User.objects.create_user("host@example.org")


def make(status: str, minutes: float = 0, link: Invite | None = None, **fields: object) -> Upload:
    moment = timezone.now() - timedelta(minutes=minutes)
    account = fields.pop("account", None) or ImmichAccount.objects.environment()
    defaults = {"filename": "a.jpg", "size": 5, "offset": 5, "received_at": moment, "next_attempt_at": moment}
    return Upload.objects.create(account=account, invite=link, status=status, **{**defaults, **fields})


def lines(uploads: UploadQuerySet | None = None, *, reachable: bool = True, operator: bool = True) -> dict[str, Check]:
    uploads = Upload.objects.all() if uploads is None else uploads
    found = queue.checks(queue_of(uploads, ""), reachable=reachable, operator=operator)
    return {check.name: check for check in found}


def test_nothing_waits() -> None:
    make("delivered", delivered_at=timezone.now())
    assert {check.state for check in lines().values()} == {State.OK}
    assert queue_of(Upload.objects.all(), "").week == 1


def test_what_waits_for_a_while_and_what_waits_long() -> None:
    make("waiting", 5, next_attempt_at=timezone.now() + timedelta(hours=1))
    assert lines()["waiting"].seen == "1 file is safe here and not in Immich yet, since 5 min."
    assert lines()["waiting"].state == State.OK
    make("received", 200, next_attempt_at=timezone.now())
    assert lines()["waiting"].seen == "2 files are safe here and not in Immich yet, the first since 3 h."
    assert lines()["waiting"].state == State.ATTENTION


def test_what_failed() -> None:
    make("failed")
    make("failed")
    assert lines()["failed"].state == State.BAD
    assert lines()["failed"].seen.startswith("2 files didn’t make it")


def test_nobody_delivers() -> None:
    make("received", 5)
    check = lines()["deliveries"]
    assert (check.state, check.seen) == (State.BAD, "1 file is due, and nobody takes it since 5 min.")
    assert "manage.py worker" in check.advice
    assert "manage.py" not in lines(operator=False)["deliveries"].advice
    assert lines(reachable=False)["deliveries"].state == State.UNKNOWN


def test_a_worker_that_died() -> None:
    make("delivering", lease_until=timezone.now() - timedelta(minutes=2))
    assert lines()["deliveries"].state == State.BAD


def test_somebody_delivers() -> None:
    make("delivering", lease_until=timezone.now() + timedelta(seconds=30))
    check = lines()["deliveries"]
    assert (check.state, check.seen) == (State.OK, "1 file is on its way.")


@pytest.mark.parametrize(
    "fields", [{"minutes": 0.5}, {"minutes": 5, "status": "held"}], ids=["due just now", "held for the host"]
)
def test_what_is_not_late(fields: dict[str, object]) -> None:
    make(**{"status": "received", **fields})  # type: ignore[arg-type]
    assert lines()["deliveries"].state == State.OK


def test_what_waits_for_another_immich_or_for_its_account_is_not_late(settings: Settings) -> None:
    settings.IMMICH_BASE_URL = "http://immich"
    paused = ImmichAccount.objects.create(pause="quota", encrypted_key="x")
    elsewhere = ImmichAccount.objects.create(base_url="http://elsewhere", encrypted_key="y")
    make("received", 5, account=paused)
    make("received", 5, account=elsewhere)
    assert queue_of(Upload.objects.all(), "http://immich").late == 0
    assert queue_of(Upload.objects.all(), "http://elsewhere").late == 1
    make("received", 5)
    assert queue_of(Upload.objects.all(), "http://immich").late == 1


def test_a_host_has_only_their_own(host: User) -> None:
    own = Invite.objects.create(owner=host, name="Own")
    deleted = Invite.objects.create(owner=host, name="Deleted", deleted_at=timezone.now())
    others = Invite.objects.create(owner=User.objects.create_user("other@example.org"), name="Not to be told")
    for link, count in ((own, 2), (deleted, 3), (others, 4), (None, 5)):
        for _ in range(count):
            make("failed", link=link)
    assert queue_of(queue.of_host(host), "").failed == 5
    assert queue.troubled_links(host) == [queue.Troubled(own.token, "Own", 2)]


def test_links_with_failures_cost_two_queries(host: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(8):
        link = Invite.objects.create(owner=host, name=f"Link {number}")
        for _ in range(number):
            make("failed", link=link)
    with django_assert_num_queries(2):
        troubled = queue.troubled_links(host)
    assert [each.failed for each in troubled] == [7, 6, 5, 4, 3]


def test_a_pause_with_what_to_do(host: User) -> None:
    account = ImmichAccount(owner=host, pause="forbidden", pause_detail="Missing required permission: asset.upload")
    (check,) = queue.pause(account, Part.IMMICH, detailed=True)
    assert check.state == State.BAD
    assert "asset.upload" in check.seen
    (check,) = queue.pause(account, Part.IMMICH, detailed=False)
    assert "asset.upload" not in check.seen
    assert list(queue.pause(ImmichAccount(), Part.IMMICH, detailed=True)) == []
