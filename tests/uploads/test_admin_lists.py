"""The admin's lists: export, search and filters, staff who may only look, and what they cost."""

import base64
import csv
import hashlib
import html
import io
import re
import uuid
from collections.abc import AsyncIterable
from datetime import timedelta

import pytest
import requests
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from invites.models import Guest, Invite, Visit
from uploads.models import CustodyAlarm, KnownAlbum, KnownAsset, Upload

KEY = "key-that-nobody-may-see"
LISTED = [User, ImmichAccount, Invite, Guest, Upload, KnownAsset, KnownAlbum, CustodyAlarm]
HISTORY = [Guest, Upload, KnownAsset]
MADE = [KnownAlbum, CustodyAlarm]
FORMULA = '=HYPERLINK("https://evil.example.net")'


def address(model: type, page: str = "changelist", *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)  # type: ignore[attr-defined]


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def make(numbers: range) -> None:
    """So many hosts, each with an account, a link, a guest, an upload, and what is known of their library."""
    for number in numbers:
        host = User.objects.create_user(f"host{number}@example.org", name=f"Host {number}")
        account = ImmichAccount(owner=host, base_url="http://10.0.0.5:2283")
        account.set_api_key(f"{KEY}-{number}")
        account.save()
        invite = Invite.objects.create(name=f"Party {number}", owner=host)
        guest = Guest.objects.create(secret_hash=sha1(str(number)))
        Visit.objects.create(guest=guest, invite=invite, name=FORMULA if number == 0 else f"Maria {number}")
        fields = {"account": account, "invite": invite, "guest": guest, "size": 5, "offset": 5, "status": "failed"}
        upload = Upload.objects.create(filename=f"IMG_{number}.jpg", sha1=sha1(f"file {number}"), **fields)
        KnownAsset.objects.create(account=account, sha1=sha1(f"file {number}"), asset_id=uuid.uuid4())
        KnownAlbum.objects.create(account=account, name=f"Album {number}")
        CustodyAlarm.objects.create(upload=upload, reason="short", detail="5 of 9 bytes are left")


def staff(*permissions: str) -> Client:
    """A member of staff who may do no more than this; without any: may view everything, and nothing else."""
    user = User.objects.create_user(f"{uuid.uuid4()}@example.org", is_staff=True)
    rights = Permission.objects.filter(codename__in=permissions)
    user.user_permissions.set(rights if permissions else Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


async def _all(parts: AsyncIterable[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def exported(client: Client, model: type, *chosen: object, **fields: str) -> list[dict[str, str]]:
    """The rows of the list's export, as dicts."""
    ticked = {"action": "export", "_selected_action": [str(each) for each in chosen], **fields}
    answer = client.post(address(model), ticked)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = async_to_sync(_all)(answer).decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def found(client: Client, model: type, **query: str) -> list[str]:
    """What stands in the first column."""
    page = client.get(address(model), query).content.decode()
    return [
        html.unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in re.findall(r'<th class="field-.*?</th>', page)
    ]


# --- export


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTED)
def test_every_list_is_exported_without_a_secret(admin_client: Client, model: type) -> None:
    make(range(3))
    chosen = list(model.objects.values_list("pk", flat=True))  # type: ignore[attr-defined]
    rows = exported(admin_client, model, *chosen)
    assert len(rows) == len(chosen)
    said = str(rows)
    secrets = [KEY, *ImmichAccount.objects.exclude(encrypted_key="").values_list("encrypted_key", flat=True)]
    secrets += list(Guest.objects.values_list("secret_hash", flat=True))
    secrets += list(Invite.objects.values_list("token", flat=True))
    secrets += [user.password for user in User.objects.all()]
    assert [secret for secret in secrets if secret in said] == []
    assert f"'{FORMULA}" in said or FORMULA not in said


@pytest.mark.django_db
def test_only_what_was_chosen_or_all_that_match(admin_client: Client) -> None:
    make(range(7))
    one = Upload.objects.get(filename="IMG_3.jpg")
    (row,) = exported(admin_client, Upload, one.pk)
    assert (row["File"], row["Link"], row["Guest"], row["SHA-1"]) == ("IMG_3.jpg", "Party 3", "Maria 3", one.sha1)
    rows = exported(admin_client, Upload, one.pk, select_across="1", index="0")
    assert {row["File"] for row in rows} == {f"IMG_{number}.jpg" for number in range(7)}
    assert next(row["Guest"] for row in rows if row["File"] == "IMG_0.jpg") == f"'{FORMULA}"


def test_it_is_streamed_by_the_running_product(web: str, settings: object) -> None:
    account = ImmichAccount.objects.environment()
    KnownAsset.objects.bulk_create(
        KnownAsset(account=account, sha1=sha1(str(number)), asset_id=uuid.uuid4()) for number in range(2500)
    )
    client = staff()
    page = client.get(address(KnownAsset))
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert csrf
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    fields = {"action": "export", "_selected_action": "1", "select_across": "1", "index": "0"}
    fields["csrfmiddlewaretoken"] = csrf[1]
    answer = requests.post(f"{web}{address(KnownAsset)}", data=fields, cookies=cookies, timeout=20)
    assert answer.status_code == 200
    assert "Content-Length" not in answer.headers
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert (lines[0], len(lines)) == ("SHA-1,Immich asset id,Account,Last seen", 2501)


# --- staff who may only look


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTED)
def test_who_may_view_sees_exports_and_changes_nothing(model: type) -> None:
    make(range(2))
    viewer = staff()
    row = model.objects.order_by("pk").first()  # type: ignore[attr-defined]
    page = viewer.get(address(model)).content.decode()
    assert re.findall(r'<option value="(\w+)"', page.split('name="action"')[1].split("</select>")[0]) == ["export"]
    assert len(exported(viewer, model, row.pk)) == 1
    shown = viewer.get(address(model, "change", row.pk))
    assert shown.status_code == 200
    secrets = (KEY, "algorithm", *ImmichAccount.objects.values_list("encrypted_key", flat=True))
    assert not [secret for secret in secrets if secret in shown.content.decode()]
    for action in ("enable", "disable", "try_again", "restore", "give_up", "delete_selected"):
        viewer.post(address(model), {"action": action, "_selected_action": [str(row.pk)], "post": "yes"})
    assert viewer.post(address(model, "change", row.pk), {"name": "Mine"}).status_code == 403
    assert viewer.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert viewer.get(address(model, "add")).status_code == 403
    assert not Invite.objects.filter(disabled=True).exists()
    assert set(Upload.objects.values_list("status", flat=True)) == {"failed"}
    assert model.objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTED)
def test_without_the_right_to_view_nothing_is_exported(model: type) -> None:
    make(range(1))
    other = "view_invite" if model is not Invite else "view_upload"
    row = model.objects.order_by("pk").first()  # type: ignore[attr-defined]
    answer = staff(other).post(address(model), {"action": "export", "_selected_action": [str(row.pk)]})
    assert answer.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("model", HISTORY)
def test_history_is_rewritten_by_nobody(admin_client: Client, model: type) -> None:
    make(range(1))
    row = model.objects.get()  # type: ignore[attr-defined]
    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("model", MADE)
def test_what_is_made_by_itself_is_deleted_and_not_rewritten(admin_client: Client, model: type) -> None:
    make(range(1))
    row = model.objects.get()  # type: ignore[attr-defined]
    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 302
    assert not model.objects.exists()  # type: ignore[attr-defined]
    assert Upload.objects.exists()


@pytest.mark.django_db
def test_who_may_change_hosts_makes_nobody_a_superuser() -> None:
    boss = User.objects.create_superuser("boss@example.org", "correct horse battery")
    client = staff("view_user", "change_user")
    me = User.objects.get(pk=client.session["_auth_user_id"])
    fields = {"email": me.email, "name": "Me", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert client.post(address(User, "change", me.pk), fields).status_code == 302
    me.refresh_from_db()
    assert (me.name, me.is_superuser) == ("Me", False)
    assert client.post(address(User, "change", boss.pk), fields).status_code == 403
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert client.post(reverse("admin:auth_user_password_change", args=[boss.pk]), new).status_code == 403
    boss.refresh_from_db()
    assert boss.check_password("correct horse battery")


@pytest.mark.django_db
def test_a_key_goes_to_no_other_address_without_being_entered_again() -> None:
    make(range(1))
    account = ImmichAccount.objects.get()
    page = address(ImmichAccount, "change", account.pk)
    client = staff("view_immichaccount", "change_immichaccount", "view_user")
    fields = {"base_url": "http://10.9.9.9", "new_key": "", "owner": str(account.owner_id)}
    answer = client.post(page, fields)
    assert answer.status_code == 200
    assert "Another address needs its key: enter it again." in answer.content.decode()
    account.refresh_from_db()
    assert account.base_url == "http://10.0.0.5:2283"
    assert client.post(page, {**fields, "base_url": account.base_url}).status_code == 302
    assert client.post(page, {**fields, "new_key": "another"}).status_code == 302
    account.refresh_from_db()
    assert (account.base_url, account.api_key) == ("http://10.9.9.9", "another")


# --- deleting an account


@pytest.mark.django_db
def test_an_account_goes_with_what_is_known_of_it_in_numbers(admin_client: Client) -> None:
    make(range(2))
    Upload.objects.all().delete()
    account = ImmichAccount.objects.order_by("pk").last()
    assert account
    KnownAsset.objects.bulk_create(
        KnownAsset(account=account, sha1=sha1(str(number)), asset_id=uuid.uuid4()) for number in range(300)
    )
    page = admin_client.get(address(ImmichAccount, "delete", account.pk)).content.decode()
    assert "known assets: 301" in page.lower()
    assert sha1("7") not in page
    assert admin_client.post(address(ImmichAccount, "delete", account.pk), {"post": "yes"}).status_code == 302
    assert KnownAsset.objects.count() == 1


@pytest.mark.django_db
def test_an_account_or_host_with_history_stays(admin_client: Client) -> None:
    make(range(1))
    host, account = User.objects.get(email="host0@example.org"), ImmichAccount.objects.get()
    for row in (host, account):
        page = address(type(row), "delete", row.pk)
        assert "1 uploads that went to Host 0’s Immich" in admin_client.get(page).content.decode()
        admin_client.post(page, {"post": "yes"})
        assert type(row).objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_host_who_did_something_in_the_admin_stays_in_its_history(admin_client: Client) -> None:
    host = User.objects.create_superuser("was@example.org", "x")
    LogEntry.objects.create(user=host, object_repr="a link", action_flag=1)
    admin_client.post(address(User, "delete", host.pk), {"post": "yes"})
    assert User.objects.filter(pk=host.pk).exists()
    LogEntry.objects.all().delete()
    admin_client.post(address(User, "delete", host.pk), {"post": "yes"})
    assert not User.objects.filter(pk=host.pk).exists()


# --- search and filters


@pytest.mark.django_db
@pytest.mark.parametrize("model", [KnownAsset, Upload])
def test_a_sum_is_found_as_hex_and_as_base64(admin_client: Client, model: type) -> None:
    make(range(3))
    wanted = sha1("file 1")
    first = wanted if model is KnownAsset else "IMG_1.jpg"
    written = (wanted, wanted.upper(), f" {wanted} ", base64.b64encode(bytes.fromhex(wanted)).decode())
    assert [found(admin_client, model, q=text) for text in written] == [[first]] * 4
    assert found(admin_client, model, q=sha1("unknown")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["IMG_1.jpg", "abc", "%", "a" * 5000, "\x00"])
def test_what_is_no_sum_is_said_to_be_none(admin_client: Client, text: str) -> None:
    make(range(2))
    page = admin_client.get(address(KnownAsset), {"q": text})
    assert page.status_code == 200
    assert text == "\x00" or "No SHA-1: " in page.content.decode()


@pytest.mark.django_db
def test_uploads_are_found_by_word_and_id(admin_client: Client) -> None:
    make(range(12))
    upload = Upload.objects.get(filename="IMG_1.jpg")
    Upload.objects.filter(pk=upload.pk).update(asset_id=uuid.uuid4())
    upload.refresh_from_db()
    for text in (str(upload.pk), upload.pk.hex, str(upload.asset_id), "IMG_1.jpg"):
        assert found(admin_client, Upload, q=text) == ["IMG_1.jpg"]
    assert len(found(admin_client, Upload, q="party 1")) == 3
    assert len(found(admin_client, Upload, status__in="failed,waiting")) == 12
    assert found(admin_client, Upload, status__exact="waiting") == []
    account = ImmichAccount.objects.get(owner__name="Host 4")
    assert found(admin_client, Upload, account=str(account.pk)) == ["IMG_4.jpg"]


@pytest.mark.django_db
def test_links_and_guests_are_filtered(admin_client: Client) -> None:
    now, day = timezone.now(), timedelta(days=1)
    Invite.objects.create(name="Open", album_missing_at=now)
    Invite.objects.create(name="Later", opens_at=now + day)
    Invite.objects.create(name="Over", expires_at=now - day)
    Invite.objects.create(name="Off", disabled=True)
    for state, names in (
        ("active", ["Open"]),
        ("not_open", ["Later"]),
        ("disabled", ["Off"]),
        ("album_missing", ["Open"]),
        ("x", None),
    ):
        assert found(admin_client, Invite, state=state) == (names or ["Off", "Over", "Later", "Open"])
    assert found(admin_client, Invite, state="ended") == ["Off", "Over"]
    make(range(2))
    host = User.objects.get(email="host1@example.org")
    assert found(admin_client, Invite, owner__id__exact=str(host.pk)) == ["Party 1"]
    Visit.objects.filter(name="Maria 1").update(name="")
    assert len(found(admin_client, Guest, named="yes")) == len(found(admin_client, Guest, named="no")) == 1


# --- what it costs


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTED)
def test_more_rows_cost_no_more_queries(admin_client: Client, model: type) -> None:
    def queries() -> list[int]:
        row = model.objects.order_by("pk").first()  # type: ignore[attr-defined]
        numbers = []
        for page in (address(model), f"{address(model)}?q=a", address(model, "change", row.pk)):
            with CaptureQueriesContext(connection) as asked:
                assert admin_client.get(page).status_code == 200
            numbers.append(len(asked))
        return numbers

    make(range(2))
    queries()  # fills Django's cache of content types
    few = queries()
    make(range(2, 30))
    assert queries() == few
    assert max(few) <= 14


@pytest.mark.django_db
def test_a_guest_of_many_links_costs_no_more(admin_client: Client) -> None:
    make(range(20))
    guest = Guest.objects.order_by("pk").first()
    assert guest
    admin_client.get(address(Guest, "change", guest.pk))  # fills Django's cache of content types
    with CaptureQueriesContext(connection) as before:
        admin_client.get(address(Guest, "change", guest.pk))
    Visit.objects.bulk_create(
        Visit(guest=guest, invite=invite, name="Maria") for invite in Invite.objects.exclude(visits__guest=guest)
    )
    with CaptureQueriesContext(connection) as after:
        admin_client.get(address(Guest, "change", guest.pk))
    assert len(after) == len(before)


@pytest.mark.django_db
def test_the_dedupe_table_is_never_counted_to_its_end(admin_client: Client) -> None:
    account = ImmichAccount.objects.environment()
    KnownAsset.objects.bulk_create(
        KnownAsset(account=account, sha1=sha1(str(number)), asset_id=uuid.uuid4()) for number in range(10_010)
    )
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(address(KnownAsset))
    table = [query["sql"] for query in asked if "uploads_knownasset" in query["sql"]]
    assert table
    assert [sql for sql in table if "LIMIT" not in sql] == []
    assert "The last 10000 are shown of more." in page.content.decode()
    assert "0 results" not in page.content.decode()
    assert len(found(admin_client, KnownAsset, p="100")) == 100
    assert admin_client.get(address(KnownAsset), {"p": "101"}).status_code == 302  # there is no such page
    KnownAsset.objects.filter(pk__in=KnownAsset.objects.values("pk")[:20]).delete()
    assert "9990 known assets" in admin_client.get(address(KnownAsset)).content.decode()
