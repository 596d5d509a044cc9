"""Files are given up on a link's page: after a second question, of that link alone, and nothing that is in Immich."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from immichdrop.models import User
from invites.models import Invite
from tests.uploads.conftest import Receive
from uploads import spool
from uploads.models import Upload

pytestmark = pytest.mark.django_db


def state(upload: Upload) -> tuple[str, bool]:
    """Its status, and whether its bytes are here."""
    return Upload.objects.get(pk=upload.pk).status, spool.default().path(upload.pk).exists()


def ask(client: Client, link: Invite, *uploads: Upload, query: str = "") -> str:
    answer = client.post(f"/menu/links/{link.token}/give-up{query}", {"file": [str(each.pk) for each in uploads]})
    assert answer.status_code == 200
    return answer.content.decode()


def agreed(question: str) -> str:
    (sure,) = re.findall(r'name="sure" value="([^"]*)"', question)
    return sure


def test_one_file_is_given_up_after_a_second_question(
    at_home: Client, host: User, link: Invite, received: Receive
) -> None:
    upload, other = received("failed", b"12345"), received("failed", b"67890")
    question = ask(at_home, link, upload, query="?page=2")
    assert "Delete the bytes kept here?" in question
    assert "This file is not in Immich." in question
    assert state(upload) == ("failed", True)
    answer = at_home.post(f"/menu/links/{link.token}/give-up?page=2", {"sure": agreed(question)})
    assert answer["Location"] == f"/menu/links/{link.token}?page=2"
    assert state(upload) == ("discarded", False)
    assert state(other) == ("failed", True)
    assert Upload.objects.get(pk=upload.pk).discarded_by == "host"
    assert LogEntry.objects.get().user == host
    assert "1 file given up" in at_home.get(answer["Location"]).content.decode()


def test_all_that_failed_are_given_up_and_what_waits_is_not(at_home: Client, link: Invite, received: Receive) -> None:
    failed = [received("failed", b"12345", filename=f"{number}.jpg") for number in range(7)]
    waiting = received("waiting", b"12345")
    elsewhere = received("failed", b"12345", invite=Invite.objects.create(name="Another"))
    question = ask(at_home, link)
    assert "These 7 files (35 B) are not in Immich." in question
    assert question.count("<li>") == 5
    assert "and more" in question
    late = received("failed", b"12345")  # after the question
    at_home.post(f"/menu/links/{link.token}/give-up", {"sure": agreed(question)})
    assert {state(each) for each in failed} == {("discarded", False)}
    assert [state(each) for each in (waiting, elsewhere, late)] == [
        ("waiting", True),
        ("failed", True),
        ("failed", True),
    ]


@pytest.mark.parametrize("status", ["delivered", "duplicate", "delivering", "receiving"])
def test_what_is_in_immich_or_on_its_way_is_kept(at_home: Client, link: Invite, received: Receive, status: str) -> None:
    upload = received(status, b"12345")
    path = f"/menu/links/{link.token}/give-up"
    answer = at_home.post(path, {"file": str(upload.pk)}, follow=True)
    assert "Nothing of this can be given up now" in answer.content.decode()
    answer = at_home.post(path, {"sure": upload.pk.hex}, follow=True)
    assert "0 files given up, 1 kept: it changed meanwhile" in answer.content.decode()
    assert state(upload) == (status, True)


def test_a_file_that_waits_only_for_its_album_is_kept(at_home: Client, link: Invite, received: Receive) -> None:
    upload = received("waiting", b"12345", delivered_at=timezone.now())
    lost = received("waiting", b"12345", sent_at=timezone.now())
    question = ask(at_home, link, upload, lost)
    assert agreed(question) == lost.pk.hex
    assert "1 more is kept" in question
    assert "1 of them went out to Immich" in question


def test_without_the_question_answered_nothing_goes(at_home: Client, link: Invite, received: Receive) -> None:
    upload = received("failed", b"12345")
    for fields in ({}, {"file": str(upload.pk)}, {"sure": ""}, {"sure": "x,y"}, {"sure": "1"}):
        at_home.post(f"/menu/links/{link.token}/give-up", fields)
    assert at_home.get(f"/menu/links/{link.token}/give-up").status_code == 405
    assert state(upload) == ("failed", True)


def test_the_dialog_is_asked_and_left_by_htmx(at_home: Client, link: Invite, received: Receive) -> None:
    upload = received("failed", b"12345")
    path = f"/menu/links/{link.token}/give-up"
    part = at_home.post(path, {"file": str(upload.pk)}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert agreed(part) == upload.pk.hex
    Upload.objects.update(status="delivering")
    answer = at_home.post(path, headers={"HX-Request": "true"})
    assert (answer.content, answer["HX-Redirect"]) == (b"", f"/menu/links/{link.token}")


def test_strangers_and_other_links_reach_nothing(client: Client, link: Invite, received: Receive) -> None:
    upload = received("failed", b"12345")
    path = f"/menu/links/{link.token}/give-up"
    assert client.post(path, {"sure": upload.pk.hex})["Location"].startswith("/login")
    stranger = User.objects.create_user("stranger@example.org")
    client.force_login(stranger)
    for fields in ({"sure": upload.pk.hex}, {"file": str(upload.pk)}):
        assert client.post(path, fields).status_code == 404
    own = Invite.objects.create(name="Own", owner=stranger)
    for fields in ({"sure": upload.pk.hex}, {"file": str(upload.pk)}):
        page = client.post(f"/menu/links/{own.token}/give-up", fields, follow=True).content.decode()
        assert "photo.jpg" not in page
    assert state(upload) == ("failed", True)


def test_a_yes_from_another_site_is_refused(host: User, link: Invite, received: Receive) -> None:
    upload = received("failed", b"12345")
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(host)
    assert visitor.post(f"/menu/links/{link.token}/give-up", {"sure": upload.pk.hex}).status_code == 403
    assert state(upload) == ("failed", True)
