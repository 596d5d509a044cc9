"""The files of a link as CSV: of one's own links alone, streamed, and harmless in a spreadsheet."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from invites import guests
from invites.models import Invite, Visit
from tests.uploads.conftest import Receive
from uploads import link_export
from uploads.link_export import COLUMNS, harmless
from uploads.models import Upload

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def session(web: str, host: User) -> requests.Session:
    client = Client()
    client.force_login(host)
    session = requests.Session()
    session.cookies["drop_session"] = client.cookies["drop_session"].value
    return session


def export(session: requests.Session, web: str, link: Invite) -> requests.Response:
    answer = session.get(f"{web}/menu/links/{link.token}/files.csv", timeout=30)
    assert answer.status_code == 200
    return answer


def table(answer: requests.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_every_file_with_who_sent_it(web: str, session: requests.Session, link: Invite, received: Receive) -> None:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name="Müller, Jörg", message='Said "hi"\nand left')
    Visit.objects.create(guest=guest, invite=Invite.objects.create(name="Another"), name="Maria")
    at = datetime(2025, 6, 14, 22, 30, 5, 700, tzinfo=UTC)
    received(
        "failed",
        guest=guest,
        filename="Grüße.jpg",
        message="Too large.",
        created_at=at,
        received_at=at,
        user_agent="Mozilla/5.0 (iPhone)",
        sha1="a" * 40,
    )
    received("discarded")
    received(invite=Invite.objects.create(name="Elsewhere"))
    answer = export(session, web, link)
    assert answer.content.startswith(b"\xef\xbb\xbffile,bytes,state,")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Beach week.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert table(answer) == [
        {
            "file": "Grüße.jpg",
            "bytes": "4200000",
            "state": "failed",
            "problem": "Too large.",
            "guest": "Müller, Jörg",
            "message": 'Said "hi"\nand left',
            "device": "iPhone",
            "begun": "2025-06-15T00:30:05+02:00",
            "received": "2025-06-15T00:30:05+02:00",
            "in_immich": "",
            "in_album": "",
            "sha1": "a" * 40,
            "asset_id": "",
        }
    ]


def test_an_empty_link_has_its_headings(web: str, session: requests.Session, link: Invite) -> None:
    answer = export(session, web, link)
    assert answer.content.decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0@"])
def test_no_cell_is_a_formula(start: str) -> None:
    cell = f'{start}HYPERLINK("https://evil.example")'
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "photo.jpg", "'=1", "a=1", "2025-06-15", "“hi”", " left"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_what_guests_wrote_is_harmless(web: str, session: requests.Session, link: Invite, received: Receive) -> None:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name="@SUM(1)", message="-2+3\ncmd")
    received(guest=guest, filename="=cmd|' /C calc'!A0.jpg", message="+1")
    received(filename=f"{NASTY}.jpg")
    Invite.objects.update(name='=x"\r\n../evil')
    answer = export(session, web, link)
    first, second = table(answer)
    assert [first[column] for column in ("file", "problem", "guest", "message")] == [
        "'=cmd|' /C calc'!A0.jpg",
        "'+1",
        "'@SUM(1)",
        "'-2+3\ncmd",
    ]
    assert second["file"] == f"{NASTY}.jpg"  # text in a file of text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="evil.csv"'


def test_batches_join_without_a_gap(web: str, session: requests.Session, link: Invite) -> None:
    now, account = timezone.now(), ImmichAccount.objects.environment()
    count = 2 * link_export.BATCH + 500
    Upload.objects.bulk_create(
        Upload(
            invite=link,
            account=account,
            filename=f"{number}.jpg",
            size=1,
            created_at=now + timedelta(seconds=number // 7),  # several of a moment
        )
        for number in range(count)
    )
    names = [row["file"] for row in table(export(session, web, link))]
    assert len(names) == count
    assert set(names) == {f"{number}.jpg" for number in range(count)}


def test_strangers_get_nothing(client: Client, link: Invite, received: Receive) -> None:
    received(filename="secret.jpg")
    path = f"/menu/links/{link.token}/files.csv"
    assert client.get(path)["Location"].startswith("/login")
    client.force_login(User.objects.create_user("stranger@example.org"))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 405
