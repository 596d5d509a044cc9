"""What hosts do to links in their list: edited, switched, begun anew, copied, deleted, shown as a QR code."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from invites import qr
from invites.models import Invite, ShareBack
from tests.invites.conftest import MakeInvite

AT = datetime(2099, 7, 14, 16, 30, tzinfo=UTC)  # half past six in the evening in Berlin
HTMX = {"HX-Request": "true"}


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


@pytest.fixture
def link(make_invite: MakeInvite, host: User) -> Invite:
    return make_invite(owner=host, name="Beach week", expires_at=AT, used=3, max_uses=5)


def act(client: Client, link: Invite, action: str, headers: dict[str, str] | None = None, **said: str) -> HttpResponse:
    return client.post(f"/menu/links/{link.token}/{action}", said, headers=headers)


def bulk(client: Client, action: str, *links: Invite, **said: str) -> HttpResponse:
    return client.post("/menu/bulk", {"action": action, "token": [link.token for link in links], **said})


# --- editing


def test_a_name_is_changed_and_the_hour_of_its_end_stays(at_home: Client, link: Invite) -> None:
    answer = act(at_home, link, "save", name=" Beach fortnight ", expires="2099-07-14", expires_was="2099-07-14")
    link.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    assert (link.name, link.expires_at) == ("Beach fortnight", AT)


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2099-07-20", "", datetime(2099, 7, 20, 22, tzinfo=UTC)),
        ("2099-07-20", "Asia/Tokyo", datetime(2099, 7, 20, 15, tzinfo=UTC)),
        ("", "Asia/Tokyo", None),
    ],
)
def test_a_day_ends_where_the_host_is(at_home: Client, link: Invite, day: str, zone: str, end: datetime | None) -> None:
    act(at_home, link, "save", name="Beach week", expires=day, expires_was="2099-07-14", time_zone=zone)
    link.refresh_from_db()
    assert link.expires_at == end


def test_htmx_gets_the_row_as_it_is_now(at_home: Client, link: Invite) -> None:
    answer = act(at_home, link, "save", HTMX, name="<b>Dinner</b>")
    page = answer.content.decode()
    assert page.strip().startswith("<tr")
    assert 'value="&lt;b&gt;Dinner&lt;/b&gt;"' in page
    assert json.loads(answer["HX-Trigger"]) == {"toast": "Saved"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "x" * 201}, "At most 200 characters"),
        ({"name": "\0"}, "can&#x27;t be kept"),
        ({"name": "Dinner", "expires": "someday"}, "A date such as"),
        ({"name": "Dinner", "expires": "9999-12-31"}, "A date such as"),
    ],
)
def test_what_makes_no_sense_is_told_in_the_row_and_stays_there(
    at_home: Client, link: Invite, said: dict[str, str], words: str
) -> None:
    answer = act(at_home, link, "save", HTMX, **{"expires_was": "2099-07-14", "expires": "2099-07-14", **said})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'value="{said.get("expires", "2099-07-14")}"' in page
    assert f'value="{said["name"]}"' in page
    link.refresh_from_db()
    assert (link.name, link.expires_at) == ("Beach week", AT)


def test_without_script_it_is_told_above_the_list(at_home: Client, link: Invite) -> None:
    answer = act(at_home, link, "save", name="x" * 201)
    assert "At most 200 characters" in at_home.get(answer["Location"]).content.decode()
    assert "At most 200 characters" not in at_home.get("/menu").content.decode()


# --- one link


def test_a_link_is_disabled_and_enabled(at_home: Client, link: Invite) -> None:
    page = act(at_home, link, "disable", HTMX).content.decode()
    assert "Disabled" in page
    assert f"/menu/links/{link.token}/enable" in page
    assert f"/menu/links/{link.token}/disable" not in page
    act(at_home, link, "enable")
    link.refresh_from_db()
    assert not link.disabled


def test_usage_begins_anew(at_home: Client, link: Invite) -> None:
    act(at_home, link, "reset")
    link.refresh_from_db()
    assert link.used == 0


def test_a_copy_comes_first(at_home: Client, link: Invite) -> None:
    answer = act(at_home, link, "duplicate")
    copy = Invite.objects.exclude(pk=link.pk).get()
    assert answer["Location"] == f"/menu?made={copy.token}"
    assert (copy.name, copy.used, copy.owner) == ("Beach week", 0, link.owner)


@pytest.mark.parametrize("action", ["delete", "make-up", "x" * 300])
def test_nothing_else_can_be_asked_for(at_home: Client, link: Invite, action: str) -> None:
    assert act(at_home, link, action).status_code == 404
    assert Invite.objects.existing().count() == 1


# --- several


def test_several_are_switched_and_the_list_is_as_it_was(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    links = [make_invite(owner=host) for _ in range(3)]
    answer = at_home.post(
        "/menu/bulk?q=beach&sort=name&made=x", {"action": "disable", "token": [links[0].token, links[1].token]}
    )
    assert answer["Location"] == "/menu?q=beach&sort=name"
    assert "2 links disabled" in at_home.get(answer["Location"]).content.decode()
    assert [row.disabled for row in Invite.objects.order_by("pk")] == [True, True, False]
    bulk(at_home, "enable", *links)
    assert not Invite.objects.filter(disabled=True).exists()


def test_what_was_done_is_said_to_htmx_at_the_end_of_its_way(at_home: Client, link: Invite) -> None:
    answer = bulk(at_home, "disable", link)
    followed = at_home.get(answer["Location"], headers=HTMX)
    assert json.loads(followed["HX-Trigger"]) == {"toast": "1 link disabled"}


def test_deleting_asks_first(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    links = [make_invite(owner=host, name=f"Link {number}") for number in range(7)]
    page = bulk(at_home, "delete", *links).content.decode()
    assert "Delete 7 links?" in page
    assert "Photos already in your albums stay there." in page
    assert Invite.objects.existing().count() == 7
    bulk(at_home, "delete", *links[:6], sure="1")
    assert Invite.objects.existing().get() == links[6]


def test_deleting_says_what_stays_open(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    links = [make_invite(owner=host, name=f"Link {number}") for number in range(5)]
    account, over = ImmichAccount.objects.environment(), timezone.now() - timedelta(hours=1)
    for link, more in zip(links, ({}, {}, {"expires_at": over}, {"trouble": "gone"}), strict=False):
        ShareBack.objects.create(
            invite=link, account=account, link_id=uuid.uuid4(), type="ALBUM", address="https://x.test/s/a", **more
        )
    page = bulk(at_home, "delete", *links).content.decode()
    assert "2 of them are shared back: those shared links stay open." in page
    assert 'href="/menu/shared-links"' in page
    assert "1 of them is shared back" in bulk(at_home, "delete", *links[1:]).content.decode()
    assert "It is shared back: its shared link stays open." in bulk(at_home, "delete", links[0]).content.decode()
    assert "shared back:" not in bulk(at_home, "delete", *links[2:]).content.decode()


@pytest.mark.parametrize(
    "said", [{}, {"action": "explode"}, {"action": "disable"}, {"action": "disable", "token": "x"}]
)
def test_several_of_nothing(at_home: Client, link: Invite, said: dict[str, str]) -> None:
    assert at_home.post("/menu/bulk", said).status_code == (302 if said.get("action") == "disable" else 404)
    link.refresh_from_db()
    assert not link.disabled


# --- QR


def test_the_code_is_shown_and_saved(at_home: Client, link: Invite) -> None:
    whole, part = (at_home.get(f"/menu/links/{link.token}/qr", headers=headers) for headers in ({}, HTMX))
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert all(f"QR code for http://testserver/invite/{link.token}" in each.content.decode() for each in (whole, part))
    png, svg = (at_home.get(f"/menu/links/{link.token}/qr.{kind}") for kind in ("png", "svg"))
    assert png["Content-Type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    assert svg["Content-Type"] == "image/svg+xml"
    assert svg.content.startswith(b"<svg")
    assert svg["Content-Disposition"].startswith("attachment")
    assert at_home.get(f"/menu/links/{link.token}/qr.gif").status_code == 404
    large = at_home.get(f"/menu/links/{link.token}/qr.png?size=2000")
    assert large.content == qr.png_of_size(f"http://testserver/invite/{link.token}", 2000)
    refused = at_home.get(f"/menu/links/{link.token}/qr.png?size=huge")
    assert refused.status_code == 400
    assert refused.content.startswith(b"size: a number of pixels")


# --- strangers

WALK = [
    *(("POST", f"/menu/links/{{token}}/{action}") for action in ("save", "enable", "disable", "reset", "duplicate")),
    ("GET", "/menu/links/{token}/qr"),
    ("GET", "/menu/links/{token}/qr.png"),
    ("GET", "/menu/links/{token}/qr.svg"),
    ("POST", "/menu/bulk"),
]
SAID = [
    {"name": "Mine now", "expires": "", "action": "disable"},
    {"action": "delete"},
    {"action": "delete", "sure": "1"},
    {"action": "enable"},
]


def rows() -> list[dict[str, object]]:
    return list(Invite.objects.order_by("pk").values())


@pytest.mark.parametrize("said", SAID, ids=str)
@pytest.mark.parametrize(("method", "path"), WALK)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_another_hosts_link_is_not_there(
    client: Client, link: Invite, method: str, path: str, said: dict[str, str], headers: dict[str, str]
) -> None:
    client.force_login(User.objects.create_user("stranger@example.org"))
    before = rows()
    path = path.replace("{token}", link.token)
    answer = (
        client.generic(method, path)
        if method == "GET"
        else client.post(path, {**said, "token": link.token}, headers=headers)
    )
    assert answer.status_code == (404 if "/links/" in path else 200 if said == {"action": "delete"} else 302)
    assert "Beach" not in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(("method", "path"), WALK)
def test_without_a_login(client: Client, link: Invite, method: str, path: str) -> None:
    before = rows()
    path = path.replace("{token}", link.token)
    answer = client.generic(method, path)
    wanted = path if method == "GET" else "/menu"
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={wanted}")
    assert rows() == before


@pytest.mark.parametrize(("method", "path"), [step for step in WALK if step[0] == "POST"])
def test_without_the_forms_token(link: Invite, host: User, method: str, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(host)
    before = rows()
    answer = client.post(path.replace("{token}", link.token), {"action": "disable", "token": link.token})
    assert answer.status_code == 403
    assert rows() == before


def test_staff_change_everybodys(client: Client, link: Invite) -> None:
    client.force_login(User.objects.create_superuser("staff@example.org"))
    act(client, link, "save", name="Mended")
    bulk(client, "disable", link)
    link.refresh_from_db()
    assert (link.name, link.disabled) == ("Mended", True)
