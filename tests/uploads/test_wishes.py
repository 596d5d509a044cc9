"""What a guest took back, and the key may not take out of Immich, is shown to the host until it is out."""

import re
import uuid

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.test import Client

from immichdrop.models import User
from invites import guests
from invites.models import Guest, Invite, Visit
from tests.uploads.conftest import Receive
from uploads.models import Upload

pytestmark = pytest.mark.django_db
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def maria(link: Invite, settings: LazySettings) -> Guest:
    settings.IMMICH_EXTERNAL_URL = "https://photos.example.org"
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name="Aunt Maria")
    return guest


@pytest.fixture
def wish(received: Receive, maria: Guest) -> Upload:
    return received(
        "discarded",
        guest=maria,
        filename="me.jpg",
        asset_id=uuid.uuid4(),
        withdrawal="refused",
        message="Its guest took it back. Please move it to the trash in Immich: the API key may not.",
    )


def shown(client: Client, link: Invite) -> str:
    return client.get(f"/menu/links/{link.token}").content.decode()


def test_it_needs_a_look(at_home: Client, link: Invite, wish: Upload, received: Receive) -> None:
    for withdrawal in ("wished", "trashed", "shared", ""):
        received("discarded", withdrawal=withdrawal, asset_id=uuid.uuid4(), filename="elsewhere.jpg")
    page = shown(at_home, link)
    assert "Needs a look" in page
    assert "Aunt Maria would like this removed" in page
    assert f'href="https://photos.example.org/photos/{wish.asset_id}"' in page
    assert f"/files/{wish.pk}/thumbnail" in page
    assert "elsewhere.jpg" not in page
    assert "Retry all" not in page, "for nothing else is stuck"
    assert "No guest" not in page


def test_its_page_tells_the_same(at_home: Client, link: Invite, wish: Upload) -> None:
    page = at_home.get(f"/menu/links/{link.token}/files/{wish.pk}").content.decode()
    assert "To be removed" in page
    assert "Done, I removed it" in page
    assert f'href="https://photos.example.org/photos/{wish.asset_id}"' in page
    assert at_home.get(f"/menu/links/{link.token}/files/{wish.pk}/thumbnail").status_code == 200


def test_done_it_is_gone(at_home: Client, host: User, link: Invite, wish: Upload) -> None:
    answer = at_home.post(f"/menu/links/{link.token}/removed?page=2", {"file": str(wish.pk)}, follow=True)
    assert "1 wish fulfilled" in answer.content.decode()
    assert "Needs a look" not in shown(at_home, link)
    wish.refresh_from_db()
    assert (wish.status, wish.withdrawal, wish.message) == ("discarded", "trashed", "")
    assert at_home.get(f"/menu/links/{link.token}/files/{wish.pk}").status_code == 404
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (host, str(wish.pk))


def test_with_the_permission_given_it_is_tried_again(at_home: Client, link: Invite, wish: Upload) -> None:
    at_home.post(f"/menu/links/{link.token}/retry", {"file": str(wish.pk)})
    wish.refresh_from_db()
    assert (wish.status, wish.withdrawal) == ("discarded", "wished")
    assert wish.withdraw_at
    assert "Needs a look" not in shown(at_home, link)


def test_only_wishes_of_this_link_are_fulfilled(at_home: Client, link: Invite, wish: Upload, received: Receive) -> None:
    failed = received("failed")
    Upload.objects.filter(pk=wish.pk).update(invite=Invite.objects.create(name="Another"))
    for upload in (wish, failed):
        at_home.post(f"/menu/links/{link.token}/removed", {"file": [str(upload.pk), "x"]})
    assert list(Upload.objects.order_by("status").values_list("status", "withdrawal")) == [
        ("discarded", "refused"),
        ("failed", ""),
    ]
    assert not LogEntry.objects.exists()


def test_names_are_text(at_home: Client, link: Invite, wish: Upload) -> None:
    Visit.objects.update(name=NASTY)
    Upload.objects.update(filename=f"{NASTY}.jpg")
    page = shown(at_home, link)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; would like this removed" in page
    Visit.objects.update(name="")
    assert "Its guest would like this removed" in shown(at_home, link)


def test_in_the_admin(client: Client, wish: Upload, received: Receive) -> None:
    client.force_login(User.objects.create_superuser("admin@example.org", "secret"))
    other = received("failed", filename="failed.jpg")
    listed = client.get("/admin/uploads/upload/", {"withdrawal__exact": "refused"}).content.decode()
    assert re.findall(r">(\w+\.jpg)</a>", listed) == ["me.jpg"]
    answer = client.post(
        "/admin/uploads/upload/", {"action": "removed", "_selected_action": [wish.pk, other.pk]}, follow=True
    )
    assert "1 file no longer to be removed." in answer.content.decode()
    assert set(Upload.objects.values_list("status", "withdrawal")) == {("discarded", "trashed"), ("failed", "")}
    assert LogEntry.objects.get().object_id == str(wish.pk)
