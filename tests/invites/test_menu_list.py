"""The hosts' page lists their links: found, sorted, filtered, page by page, and nobody else's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import User
from invites.models import Invite
from tests.invites.conftest import MakeInvite

DAY = timedelta(days=1)
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org", name="Lena Brandt")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


def names(client: Client, query: str = "") -> list[str]:
    """The links on the page, in their order."""
    page = client.get(f"/menu{query}").content.decode()
    return re.findall(r'<tr role="row" id="link-[^>]* data-title="([^"]*)"', page)


def test_the_list_needs_a_login_and_leads_back(client: Client, db: None) -> None:
    answer = client.get("/menu?q=beach")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/menu%3Fq%3Dbeach")


def test_a_part_of_the_page_without_a_login_is_refused(client: Client, db: None) -> None:
    answer = client.get("/menu?q=beach", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_no_links_yet(at_home: Client) -> None:
    page = at_home.get("/menu").content.decode()
    assert "No links yet" in page
    assert "Make one for your next party, trip or family dinner." in page
    assert "<table" not in page


def test_newest_first_and_only_ones_own(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    make_invite(name="Older", owner=host)
    make_invite(name="Newer", owner=host)
    make_invite(name="Deleted", owner=host, deleted_at=timezone.now())
    make_invite(name="A stranger’s", owner=User.objects.create_user("stranger@example.org"))
    make_invite(name="Nobody’s")
    assert names(at_home) == ["Newer", "Older"]
    assert names(at_home, "?whose=all") == ["Newer", "Older"]


def test_staff_see_everybodys_when_they_ask(client: Client, host: User, make_invite: MakeInvite) -> None:
    client.force_login(User.objects.create_superuser("staff@example.org"))
    make_invite(name="The host’s", owner=host)
    assert names(client) == []
    assert names(client, "?whose=all") == ["The host’s"]
    assert "Lena Brandt" in client.get("/menu?whose=all").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=beach", ["Beach week"]),
        ("?q=denmark", ["Beach week"]),
        ("?q=tokentoken", ["Party"]),
        ("?q=nothing", []),
        ("?sort=name", ["Beach week", "Dinner", "Party"]),
        ("?sort=-name", ["Party", "Dinner", "Beach week"]),
        ("?sort=-used", ["Dinner", "Party", "Beach week"]),
        ("?sort=expires", ["Party", "Beach week", "Dinner"]),
        ("?sort=made-up&show=made-up&page=x", ["Party", "Dinner", "Beach week"]),
        ("?show=active", ["Dinner", "Beach week"]),
        ("?show=ended", ["Party"]),
        ("?show=ended&q=beach", []),
        ("?q=%00", ["Party", "Dinner", "Beach week"]),
    ],
)
def test_found_sorted_and_filtered(
    at_home: Client, host: User, make_invite: MakeInvite, query: str, found: list[str]
) -> None:
    now = timezone.now()
    make_invite(name="Beach week", album_name="Summer in Denmark", owner=host, expires_at=now + DAY)
    make_invite(name="Dinner", owner=host, used=7)
    make_invite(name="Party", owner=host, used=2, token="aaaatokentoken", expires_at=now - DAY)
    assert names(at_home, query) == found


def test_nothing_found_is_not_nothing_there(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    make_invite(owner=host)
    page = at_home.get("/menu?q=nothing").content.decode()
    assert "No link here fits" in page
    assert "No links yet" not in page


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "Active"),
        ({"opens_at": datetime(2099, 1, 1, tzinfo=UTC)}, "Not open yet"),
        ({"max_uses": 5, "used": 4}, "Ends soon"),
        ({"max_uses": 5, "used": 5}, "Used up"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "Expired"),
        ({"disabled": True}, "Disabled"),
    ],
)
def test_each_state_is_told(
    at_home: Client, host: User, make_invite: MakeInvite, fields: dict[str, object], word: str
) -> None:
    make_invite(owner=host, **fields)
    page = at_home.get("/menu").content.decode()
    assert re.findall(r'<span class="chip [^>]*>.*?</svg>([^<]*)</span></td>', page) == [word]


def test_the_last_day_is_that_of_the_servers_zone(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    # The end of 14 July in Berlin, which the tests' server is in.
    make_invite(owner=host, expires_at=datetime(2026, 7, 14, 22, tzinfo=UTC))
    assert 'name="expires" value="2026-07-14"' in at_home.get("/menu").content.decode()


def test_addresses_are_those_people_reach_it_at(
    at_home: Client, host: User, make_invite: MakeInvite, settings: LazySettings
) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    make_invite(owner=host, slug="beach")
    assert 'data-url="https://drop.example.org/invite/beach"' in at_home.get("/menu").content.decode()


def test_a_name_is_text_whatever_it_says(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host, name=NASTY, album_name=NASTY)
    for path in ("/menu", f"/menu?made={link.token}", f"/menu/links/{link.token}/qr", f"/menu?q={NASTY}"):
        page = at_home.get(path).content.decode()
        assert NASTY not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_thousand_links_come_page_by_page(at_home: Client, host: User, db: None) -> None:
    Invite.objects.bulk_create(Invite(owner=host, name=f"Link {number:04}") for number in range(1000))
    seen = [name for page in range(1, 21) for name in names(at_home, f"?sort=name&page={page}")]
    assert seen == [f"Link {number:04}" for number in range(1000)]
    assert "Show more" in at_home.get("/menu?page=19").content.decode()
    assert "Show more" not in at_home.get("/menu?page=20").content.decode()
    assert names(at_home, "?page=99999") == []


@pytest.mark.parametrize("query", ["", "?q=link+0&sort=-used&show=active", "?whose=all", "?create"])
def test_a_thousand_links_cost_eight_queries_at_most(
    client: Client, db: None, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    staff = User.objects.create_superuser("staff@example.org")
    others = [staff, *(User.objects.create_user(f"host{number}@example.org") for number in range(9))]
    Invite.objects.bulk_create(Invite(owner=others[number % 10], name=f"Link {number}") for number in range(1000))
    client.force_login(staff)
    with django_assert_max_num_queries(8):
        assert len(names(client, query)) == 50
