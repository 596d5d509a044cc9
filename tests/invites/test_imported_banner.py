"""The banner on the hosts' page after the first start took over immich-drop's data."""

import html
import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import StateImport, User
from invites.models import Invite
from tests.uploads.old_state import OldState, asset, sha1, token
from uploads.importing import import_at_start, import_state

pytestmark = pytest.mark.django_db
LENA, BEN = "lena@example.org", "ben@example.org"


@pytest.fixture
def old(tmp_path: Path) -> OldState:
    """Two links of Lena's with three files, one of Ben's, and what they made known."""
    state = OldState(tmp_path / "state.db")
    state.add_invite(1, name="Beach week", owner_email=LENA)
    state.add_invite(2, name="Dinner", owner_email=LENA)
    state.add_invite(3, name="Ben’s", owner_email=BEN)
    state.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(1, 6)))
    for number in range(1, 4):
        state.add_event(number)
    state.add_event(4, token=token(3))
    return state


def logged_in(host: User) -> Client:
    client = Client()
    client.force_login(host)
    return client


def told(client: Client) -> str:
    """The banner's text; "" where there is none."""
    found = re.search(r'<section id="imported".*?</section>', client.get("/menu").content.decode(), re.DOTALL)
    return html.unescape(" ".join(re.sub("<[^>]*>", " ", found[0]).split())) if found else ""


def test_staff_hear_of_all_that_came_over(admin_client: Client, old: OldState) -> None:
    assert told(admin_client) == ""
    import_at_start(old.path)
    assert told(admin_client) == (
        "Moved over from immich-drop 3 links came over, with their addresses and passwords."
        " 4 files that it received are listed under “Details”. 5 checksums are known: such files are not sent twice."
        " Everything could be read."
    )


def test_what_was_not_read_is_told_to_staff(admin_client: Client, old: OldState) -> None:
    old.add_invite(4, name="Over", expires_at="soon <b>")
    old.run("DROP TABLE uploads")
    import_at_start(old.path)
    said = told(admin_client)
    assert "4 links" in said
    assert "0 checksums" in said
    assert "What could not be read" in said
    assert "invites: row 4: expires_at: 'soon <b>' is not a time; the link is disabled" in said
    assert "uploads: it can't be read" in said
    assert "Everything could be read" not in said
    assert "<b>" not in admin_client.get("/menu").content.decode()


def test_a_host_hears_of_their_own_alone(old: OldState) -> None:
    old.add_invite(4, name="Ben’s", owner_email=BEN, expires_at="soon")
    import_at_start(old.path)
    lena = User.objects.get(email=LENA)
    Invite.objects.create(name="Made afterwards", owner=lena)
    said = told(logged_in(lena))
    assert "2 links came over" in said
    assert "3 files that it received" in said
    assert "checksum" not in said
    assert "soon" not in said
    assert "1 file that it received " in told(logged_in(User.objects.get(email=BEN)))


def test_who_had_no_link_is_not_told(old: OldState) -> None:
    import_at_start(old.path)
    assert told(logged_in(User.objects.create_user("new@example.org"))) == ""


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_it_is_put_away_for_one_host_and_for_good(old: OldState, headers: dict[str, str]) -> None:
    import_at_start(old.path)
    lena, ben = (logged_in(User.objects.get(email=email)) for email in (LENA, BEN))
    answer = lena.post("/menu/imported", headers=headers)
    assert (answer.status_code, answer.content) == ((200, b"") if headers else (302, b""))
    assert told(lena) == ""
    assert told(logged_in(User.objects.get(email=LENA))) == ""  # nor after another login
    assert told(ben) != ""
    assert lena.post("/menu/imported").status_code == 302  # once more does no harm


def test_to_put_it_away_takes_a_login_and_a_token_of_the_page(old: OldState) -> None:
    import_at_start(old.path)
    assert Client().post("/menu/imported")["Location"] == "/login?next=/menu"
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.get(email=LENA))
    assert careful.post("/menu/imported").status_code == 403
    assert careful.get("/menu/imported").status_code == 405
    assert told(careful) != ""


def test_a_file_with_nothing_in_it_is_no_news(admin_client: Client, tmp_path: Path) -> None:
    import_at_start(OldState(tmp_path / "state.db").path)
    assert not StateImport.objects.exists()


def test_an_import_by_hand_has_told_already(admin_client: Client, old: OldState) -> None:
    import_state(old.path)
    assert told(admin_client) == ""


@pytest.mark.parametrize("staff", [True, False])
def test_with_it_the_page_still_costs_eight_queries_at_most(
    old: OldState, staff: bool, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    import_at_start(old.path)
    lena = User.objects.get(email=LENA)
    User.objects.filter(pk=lena.pk).update(is_staff=staff)
    client = logged_in(lena)
    with django_assert_max_num_queries(8):
        assert "Moved over" in client.get("/menu").content.decode()
