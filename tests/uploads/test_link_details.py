"""A link's details: what came through it, for its host alone, and tried again from there."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import ImmichAccount, User
from immichdrop.texts import size_words
from invites import guests
from invites.models import Invite, Visit
from uploads.link_details import LOOKS
from uploads.models import Upload

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"
Status = Upload.Status


@pytest.fixture
def host() -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def link(host: User) -> Invite:
    return Invite.objects.create(name="Beach week", owner=host)


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


def upload(link: Invite, status: str = "delivered", **fields: object) -> Upload:
    whole = {"size": 4_200_000, "offset": 4_200_000, "received_at": timezone.now(), "filename": "photo.jpg"}
    account = ImmichAccount.objects.environment()
    return Upload.objects.create(invite=link, account=account, status=status, **{**whole, **fields})


def shown(client: Client, link: Invite, query: str = "") -> str:
    answer = client.get(f"/menu/links/{link.token}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def totals(page: str) -> list[str]:
    return re.findall(r"<dd [^>]*>([^<]*)</dd>", page)


def test_nothing_has_come_yet(at_home: Client, link: Invite) -> None:
    page = shown(at_home, link)
    assert totals(page) == ["0", "0", "0 B", "0"]
    assert "Nothing has come yet" in page
    assert "Retry" not in page


def test_totals_are_of_what_came_whole(at_home: Client, link: Invite) -> None:
    guest, other = guests.create()[0], guests.create()[0]
    upload(link, guest=guest)
    upload(link, "duplicate", guest=guest)
    upload(link, "waiting", guest=other)
    upload(link, "discarded", guest=other)
    upload(link, "receiving", received_at=None, offset=7)
    upload(Invite.objects.create(name="Another"))
    assert totals(shown(at_home, link)) == ["3", "2", "12.6 MB", "2"]


@pytest.mark.parametrize("status", sorted(LOOKS))
def test_each_state_has_its_word(at_home: Client, link: Invite, status: str) -> None:
    upload(link, status)
    assert re.search(rf"</svg>\s*{LOOKS[Status(status)].words}</span>", shown(at_home, link))


def test_every_state_but_the_discarded_is_told() -> None:
    assert set(LOOKS) == set(Status) - {Status.DISCARDED}


def test_names_and_messages_are_text(at_home: Client, link: Invite) -> None:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name=NASTY)
    upload(link, "failed", guest=guest, filename=f"{NASTY}.jpg", message=NASTY)
    page = shown(at_home, link)
    assert NASTY not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 3


def test_what_a_guest_is_called_at_another_link_is_not_told(at_home: Client, link: Invite) -> None:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=Invite.objects.create(name="Another"), name="Maria")
    upload(link, guest=guest)
    page = shown(at_home, link)
    assert "Someone without a name" in page
    assert "Maria" not in page


def test_files_come_a_hundred_at_a_time(
    at_home: Client, link: Invite, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now, account = timezone.now(), ImmichAccount.objects.environment()
    Upload.objects.bulk_create(
        Upload(
            invite=link,
            account=account,
            filename=f"{number:03}.jpg",
            size=1,
            offset=1,
            status="delivered",
            received_at=now,
            created_at=now + timedelta(seconds=number),
        )
        for number in range(250)
    )
    with django_assert_max_num_queries(9):
        pages = [re.findall(r"(\d{3})\.jpg</p>", shown(at_home, link, "?page=1"))]
    pages += [re.findall(r"(\d{3})\.jpg</p>", shown(at_home, link, f"?page={number}")) for number in (2, 3)]
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [name for page in pages for name in page] == [f"{number:03}" for number in reversed(range(250))]
    assert "Page 3 of 3" in shown(at_home, link, "?page=99")
    assert "Page 1 of 3" in shown(at_home, link, "?page=x")


def test_one_is_tried_again_or_all(at_home: Client, link: Invite) -> None:
    first, second = (upload(link, "failed", message="Immich said no") for _ in range(2))
    other = upload(Invite.objects.create(name="Another"), "failed")
    page = shown(at_home, link)
    assert "Retry all 2" in page
    at_home.post(f"/menu/links/{link.token}/retry", {"file": str(first.pk)})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("waiting", "failed")
    answer = at_home.post(f"/menu/links/{link.token}/retry", follow=True)
    assert "2 files are tried again" in answer.content.decode()
    assert not Upload.objects.filter(invite=link, status="failed").exists()
    # By another link's file nothing is reached.
    at_home.post(f"/menu/links/{link.token}/retry", {"file": str(other.pk)})
    at_home.post(f"/menu/links/{link.token}/retry", {"file": "x"})
    other.refresh_from_db()
    assert other.status == "failed"


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_see_and_do_nothing(client: Client, link: Invite, method: str) -> None:
    stuck = upload(link, "failed")
    path = f"/menu/links/{link.token}" + ("/retry" if method == "post" else "")
    assert getattr(client, method)(path).status_code == 302
    client.force_login(User.objects.create_user("stranger@example.org"))
    answer = getattr(client, method)(path)
    assert answer.status_code == 404
    assert "Beach week" not in answer.content.decode()
    stuck.refresh_from_db()
    assert stuck.status == "failed"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (4_200_000, "4.2 MB"),
        (612_000_000, "612 MB"),
        (2 * 10**9, "2 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_sizes_are_told_in_decimal_units(size: int, words: str) -> None:
    assert size_words(size) == words
