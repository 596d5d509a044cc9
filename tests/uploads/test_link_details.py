"""A link's details: what came through it, for its host alone, and tried again from there."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import ImmichAccount, User
from immichdrop.texts import size_words
from invites import guests
from invites.models import Guest, Invite, Visit
from tests.uploads.conftest import Receive
from uploads import link_figures, link_guests
from uploads.file_looks import LOOKS
from uploads.models import KnownAlbum, Upload

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
Status = Upload.Status


def shown(client: Client, link: Invite, query: str = "") -> str:
    answer = client.get(f"/menu/links/{link.token}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def totals(page: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", each) for each in re.findall(r"<dd [^>]*>(.*?)</dd>", page)]


def guest_of(link: Invite, name: str = "", message: str = "") -> Guest:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name=name, message=message)
    return guest


# --- in figures


def test_nothing_has_come_yet(at_home: Client, link: Invite) -> None:
    page = shown(at_home, link)
    assert totals(page) == ["0", "0", "0 B", "0"]
    assert "Nothing has come yet" in page
    assert not [words for words in ("Retry", "Needs a look", "Per day", "CSV", "Open in Immich") if words in page]


def test_a_post_can_be_fetched_where_it_goes_into_the_own_immich(
    at_home: Client, host: User, settings: LazySettings
) -> None:
    """Staff who look at another host's link would get it into their own."""
    settings.ALLOW_SERVER_KEY = False
    User.objects.filter(pk=host.pk).update(is_staff=True, is_superuser=True)
    own = Invite.objects.create(owner=host, album_name="Clips")
    others = Invite.objects.create(owner=User.objects.create_user("other@example.org"), album_name="Clips")
    for on, there in ((False, [False, False]), (True, [True, False])):
        settings.SOCIAL_MEDIA_UPLOADS_ENABLED = on
        assert ['data-album="Clips"' in shown(at_home, link) for link in (own, others)] == there


def test_totals_are_of_what_came_whole(at_home: Client, link: Invite, received: Receive) -> None:
    guest, other = guests.create()[0], guests.create()[0]
    received(guest=guest)
    received("duplicate", guest=guest)
    received("waiting", guest=other)
    received("discarded", guest=other)
    received("receiving", received_at=None, offset=7)
    received(invite=Invite.objects.create(name="Another"))
    assert totals(shown(at_home, link)) == ["3", "2", "12.6 MB", "2"]


def test_days_are_those_of_the_server(at_home: Client, link: Invite, received: Receive) -> None:
    # In Berlin, the tests' zone, it is the 15th already.
    received(received_at=datetime(2025, 6, 14, 22, 30, tzinfo=UTC))
    received(received_at=datetime(2025, 6, 14, 21, 30, tzinfo=UTC))
    received(received_at=datetime(2025, 6, 15, 12, 0, tzinfo=UTC))
    received("receiving", received_at=None, offset=7)
    received("discarded", received_at=datetime(2025, 6, 20, 12, 0, tzinfo=UTC))
    page = shown(at_home, link)
    assert "Files per day: 14 June 1, 15 June 2</title>" in page
    assert page.count('<rect class="bar"') == 2
    assert "14 Jun</text>" in page
    assert "style=" not in page


@pytest.mark.parametrize("count", [1, 2, 7, 8, 14])
def test_bars_stay_inside_the_chart_and_apart(count: int) -> None:
    per_day = [(date(2025, 6, 1) + timedelta(days=number), 1 + number * 997) for number in range(count)]
    bars = link_figures.bars(per_day)
    assert [bar.files for bar in bars] == [files for _, files in per_day]
    assert bars[0].x >= 0
    assert bars[-1].x + bars[-1].width <= link_figures.WIDTH
    assert all(left.x + left.width < right.x for left, right in itertools.pairwise(bars))
    assert all(bar.above > 10 and bar.y + bar.height == pytest.approx(link_figures.BASE) for bar in bars)
    assert bars[-1].labelled  # the latest day is named


def test_the_latest_days_are_shown_of_many(at_home: Client, link: Invite, received: Receive) -> None:
    for number in range(20):
        received(received_at=datetime(2025, 6, 1 + number, 12, tzinfo=UTC))
    page = shown(at_home, link)
    assert page.count('<rect class="bar"') == link_figures.DAYS
    assert "Files per day: 7 June 1," in page
    assert "The last 14 days on which something came" in page


# --- guests


@pytest.mark.parametrize("status", sorted(LOOKS))
def test_each_state_has_its_word(at_home: Client, link: Invite, received: Receive, status: str) -> None:
    received(status)
    words = LOOKS[Status(status)].words
    assert f'aria-label="photo.jpg, 4.2 MB, {words}"' in shown(at_home, link)


def test_every_state_but_the_discarded_is_told() -> None:
    assert set(LOOKS) == set(Status) - {Status.DISCARDED}


def test_guests_come_with_their_words_and_all_that_they_sent(at_home: Client, link: Invite, received: Receive) -> None:
    now = timezone.now()
    maria = guest_of(link, "Aunt Maria", "What a night!")
    nameless = guest_of(link)
    received(guest=maria, received_at=now - timedelta(hours=3), user_agent=IPHONE)
    received(guest=maria, received_at=now - timedelta(hours=1), user_agent="curl/8.5")
    received(guest=nameless, received_at=now - timedelta(hours=2))
    received(guest=None, received_at=now - timedelta(hours=4))
    page = shown(at_home, link)
    names = [name.strip() for name in re.findall(r"<h3 [^>]*>([^<]*)", page)]
    assert names == ["Aunt Maria", "Someone without a name", "Someone without a name"]
    assert re.findall(r"(\d+) files?</strong><span class=\"text-muted\">([^<]*)", page) == [
        ("2", "8.4 MB"),
        ("1", "4.2 MB"),
        ("1", "4.2 MB"),
    ]
    assert "“What a night!”" in page
    assert "· iPhone</p>" in page
    assert re.findall(r'avatar-dot [^>]*>([^<]*)</span>\s*<div class="min-w-0', page) == ["AM", "?", "?"]


def test_what_a_guest_is_called_at_another_link_is_not_told(at_home: Client, link: Invite, received: Receive) -> None:
    guest = guest_of(Invite.objects.create(name="Another"), "Maria")
    received(guest=guest)
    page = shown(at_home, link)
    assert "Someone without a name" in page
    assert "Maria" not in page


def test_names_and_messages_are_text_everywhere(at_home: Client, host: User, link: Invite, received: Receive) -> None:
    guest = guest_of(link, NASTY, NASTY)
    upload = received("failed", guest=guest, filename=f"{NASTY}.jpg", message=NASTY, user_agent=NASTY)
    file = at_home.get(f"/menu/links/{link.token}/files/{upload.pk}").content.decode()
    question = at_home.post(f"/menu/links/{link.token}/give-up").content.decode()
    host.is_staff = host.is_superuser = True
    host.save()
    addresses = ("uploads/upload/", f"uploads/upload/{upload.pk}/change/", f"invites/guest/{guest.pk}/change/")
    answers = [at_home.get(f"/admin/{address}") for address in addresses]
    assert [each.status_code for each in answers] == [200, 200, 200]
    for page in (shown(at_home, link), file, question, *(each.content.decode() for each in answers)):
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=" in page


def many(link: Invite, count: int, guests_of: list[Guest], **fields: object) -> None:
    now, account = timezone.now(), ImmichAccount.objects.environment()
    Upload.objects.bulk_create(
        Upload(
            invite=link,
            account=account,
            guest=guests_of[number * len(guests_of) // count],
            filename=f"{number:03}.jpg",
            **{
                "size": 1,
                "offset": 1,
                "status": "delivered",
                "received_at": now + timedelta(seconds=number),
                **fields,
            },
        )
        for number in range(count)
    )


def test_five_hundred_files_come_page_by_page(
    at_home: Client, link: Invite, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many(link, 500, [guest_of(link, f"Guest {number}") for number in range(3)])
    seen: list[str] = []
    for number in range(1, 6):
        with django_assert_max_num_queries(16):
            page = shown(at_home, link, f"?page={number}")
        seen += re.findall(r'aria-label="(\d{3})\.jpg,', page)
        assert f"Page {number} of 5" in page
        # Who goes on from the page before is named once more.
        assert page.count("(continued)") == (1 if number > 1 else 0)
    assert link_guests.PAGE == 120
    assert seen == [f"{number:03}" for number in reversed(range(500))]
    assert "Page 5 of 5" in shown(at_home, link, "?page=99")
    assert "Page 1 of 5" in shown(at_home, link, "?page=x")


def test_five_hundred_failed_files_of_as_many_guests(
    at_home: Client, link: Invite, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many(link, 500, [guest_of(link, f"Guest {number}") for number in range(500)], status="failed", message="No.")
    with django_assert_max_num_queries(18):
        page = shown(at_home, link)
    assert "Retry all 500" in page
    assert "Give up the 500 that failed…" in page
    assert "50 of 500, those that failed first." in page
    assert page.count('data-tip="Retry"') == 50


# --- needs a look


def test_what_needs_a_look_says_why(at_home: Client, link: Invite, received: Receive) -> None:
    received("waiting", message="Immich can't be reached.", next_attempt_at=timezone.now() + timedelta(seconds=100))
    received("waiting", next_attempt_at=timezone.now() - timedelta(seconds=1))
    received("failed", message="Immich refused the file: it is damaged")
    received("delivered", message="The album is not there.", album_name="Summer")
    page = shown(at_home, link)
    assert re.findall(r'<span class="line-clamp-3 wrap-anywhere">([^<]*)</span>', page) == [
        "Immich refused the file: it is damaged",
        "The next try is due.",
        "Immich can&#x27;t be reached. Next try in 2 min.",
        "The album is not there.",
    ]
    assert "Retry all 4" in page
    assert "Give up the one that failed…" in page


def test_a_paused_account_has_no_next_try(at_home: Client, link: Invite, received: Receive) -> None:
    ImmichAccount.objects.environment()
    ImmichAccount.objects.update(pause="quota")
    received("waiting", message="Deliveries are paused.", next_attempt_at=timezone.now() + timedelta(minutes=9))
    assert '<span class="line-clamp-3 wrap-anywhere">Deliveries are paused.</span>' in shown(at_home, link)


def test_one_is_tried_again_or_some_or_all(at_home: Client, link: Invite, received: Receive) -> None:
    first, second, third = (received("failed", message="Immich said no") for _ in range(3))
    other = received("failed", invite=Invite.objects.create(name="Another"))

    def states() -> list[str]:
        return [Upload.objects.get(pk=each.pk).status for each in (first, second, third, other)]

    at_home.post(f"/menu/links/{link.token}/retry", {"file": str(first.pk)})
    assert states() == ["waiting", "failed", "failed", "failed"]
    answer = at_home.post(f"/menu/links/{link.token}/retry?page=2", {"file": [str(second.pk), str(first.pk)]})
    assert answer["Location"] == f"/menu/links/{link.token}?page=2"
    assert states() == ["waiting", "waiting", "failed", "failed"]
    answer = at_home.post(f"/menu/links/{link.token}/retry", follow=True)
    assert "3 files are tried again" in answer.content.decode()
    assert states() == ["waiting", "waiting", "waiting", "failed"]
    # By another link's file nothing is reached.
    at_home.post(f"/menu/links/{link.token}/retry", {"file": str(other.pk)})
    at_home.post(f"/menu/links/{link.token}/retry?page=//evil.example", {"file": "x"})
    assert states()[-1] == "failed"


# --- to Immich


def test_the_album_is_opened_where_the_host_reaches_it(
    at_home: Client, link: Invite, received: Receive, settings: LazySettings
) -> None:
    def address() -> list[str]:
        return re.findall(r'href="([^"]*)" target="_blank" rel="noopener noreferrer"', shown(at_home, link))

    album = "8f0c2b5e-0000-4000-8000-000000000001"
    settings.IMMICH_BASE_URL = "http://immich-server:2283"
    settings.IMMICH_EXTERNAL_URL = ""
    Invite.objects.update(album_name="Summer")
    assert address() == []  # nobody made the album yet
    KnownAlbum.objects.create(account=ImmichAccount.objects.environment(), name="Summer", album_id=album)
    assert address() == [f"http://immich-server:2283/albums/{album}"]
    settings.IMMICH_EXTERNAL_URL = "https://photos.example.org"
    assert address() == [f"https://photos.example.org/albums/{album}"]
    Invite.objects.update(album_id="8f0c2b5e-0000-4000-8000-000000000002")
    assert address() == ["https://photos.example.org/albums/8f0c2b5e-0000-4000-8000-000000000002"]
    # Another Immich of the host's own is not the server's.
    ImmichAccount.objects.create(owner=User.objects.get(), base_url="https://mine.example.org", encrypted_key="x")
    assert address() == ["https://mine.example.org/albums/8f0c2b5e-0000-4000-8000-000000000002"]


# --- strangers


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_see_and_do_nothing(client: Client, link: Invite, received: Receive, method: str) -> None:
    stuck = received("failed")
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
