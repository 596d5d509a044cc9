"""The admin: lists and forms for staff, nothing for others, and never a key or a password."""

import uuid

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from immichdrop.models import FailedAttempts, ImmichAccount, User
from invites import tokens
from invites.api_tokens import Scope
from invites.models import ApiToken, Guest, Invite, Visit
from uploads.models import CustodyAlarm, KnownAlbum, KnownAsset, Upload

pytestmark = pytest.mark.django_db

KEY = "key-that-nobody-may-see"
LISTED = [User, ImmichAccount, Invite, ApiToken, Guest, Upload, KnownAsset, KnownAlbum, CustodyAlarm]


@pytest.fixture
def account() -> ImmichAccount:
    account = ImmichAccount(base_url="http://10.0.0.5:2283")
    account.set_api_key(KEY)
    account.save()
    return account


@pytest.fixture
def invite() -> Invite:
    return Invite.objects.create(name="Beach week", album_name="Summer")


@pytest.fixture
def upload(account: ImmichAccount, invite: Invite) -> Upload:
    guest = Guest.objects.create(secret_hash="0" * 64)
    Visit.objects.create(guest=guest, invite=invite, name="Maria")
    KnownAsset.objects.create(account=account, sha1="1" * 40, asset_id=uuid.uuid4())
    KnownAlbum.objects.create(account=account, name="Summer")
    CustodyAlarm.objects.create(reason="stray", detail="0123")
    tokens.create_token(None, "Scanner", [Scope.FILES])
    return Upload.objects.create(
        account=account, invite=invite, guest=guest, filename="<b>sea</b>.jpg", size=5, offset=5, status="failed"
    )


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", LISTED)
def test_staff_sees_every_list_and_every_row(admin_client: Client, upload: Upload, model: type) -> None:
    for query in ({}, {"q": "a"}):
        assert admin_client.get(address(model, "changelist"), query).status_code == 200
    row = model.objects.first()  # type: ignore[attr-defined]
    assert admin_client.get(address(model, "change", row.pk)).status_code == 200


def test_every_model_of_ours_is_listed_or_left_out_on_purpose() -> None:
    ours = {model for model in admin.site._registry if model._meta.app_label in ("immichdrop", "invites", "uploads")}
    assert ours == set(LISTED)
    assert FailedAttempts not in ours


@pytest.mark.parametrize("model", LISTED)
def test_others_see_none(client: Client, upload: Upload, model: type) -> None:
    page = address(model, "changelist")
    assert client.get(page).status_code == 302
    client.force_login(User.objects.create_user("host@example.org", is_staff=False))
    answer = client.get(page)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
    client.force_login(User.objects.create_user("staff@example.org", is_staff=True))
    assert client.get(page).status_code == 403  # staff without rights


# --- keys


def test_a_key_is_entered_and_never_shown(admin_client: Client) -> None:
    fields = {"base_url": "http://10.0.0.5:2283", "new_key": KEY, "owner": ""}
    assert admin_client.post(address(ImmichAccount, "add"), fields).status_code == 302
    account = ImmichAccount.objects.exclude(encrypted_key="").get()
    assert account.api_key == KEY
    for page in (address(ImmichAccount, "changelist"), address(ImmichAccount, "change", account.pk)):
        html = admin_client.get(page).content.decode()
        assert KEY not in html
        assert account.encrypted_key not in html


def test_an_empty_key_keeps_the_one_there_is(admin_client: Client, account: ImmichAccount) -> None:
    fields = {"base_url": "http://10.0.0.6:2283", "new_key": "", "owner": ""}
    assert admin_client.post(address(ImmichAccount, "change", account.pk), fields).status_code == 302
    account.refresh_from_db()
    assert (account.base_url, account.api_key) == ("http://10.0.0.6:2283", KEY)


def test_a_new_account_needs_a_key(admin_client: Client) -> None:
    answer = admin_client.post(address(ImmichAccount, "add"), {"base_url": "", "new_key": "", "owner": ""})
    assert answer.status_code == 200
    assert "A new account needs a key." in answer.content.decode()
    assert not ImmichAccount.objects.exists()


# --- hosts


def test_a_host_is_made_with_an_e_mail_address(admin_client: Client) -> None:
    password = "correct horse battery"
    fields = {"email": "new@example.org", "password1": password, "password2": password, "usable_password": "true"}
    assert admin_client.post(address(User, "add"), fields).status_code == 302
    assert User.objects.get(email="new@example.org").check_password(password)


# --- links


def invite_fields(**changed: str) -> dict[str, str]:
    fields = {"name": "Beach week", "kinds": "both", "guest_name": "optional", "max_uses": "-1", "welcome_text": ""}
    return {**fields, **changed}


def test_a_link_is_made(admin_client: Client) -> None:
    answer = admin_client.post(address(Invite, "add"), invite_fields(slug="beach", new_password="sesame"))
    assert answer.status_code == 302
    invite = Invite.objects.get()
    assert invite.path == "/invite/beach"
    assert invite.check_password("sesame")


def test_two_links_without_a_custom_address_are_fine(admin_client: Client, invite: Invite) -> None:
    assert admin_client.post(address(Invite, "add"), invite_fields(slug="")).status_code == 302
    assert Invite.objects.filter(slug=None).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"max_uses": "0"}, {"max_uses": "-2"}, {"slug": "Über uns"}, {"slug": "a/b"}, {"kinds": "music"}],
)
def test_a_link_that_makes_no_sense_is_refused(admin_client: Client, wrong: dict[str, str]) -> None:
    assert admin_client.post(address(Invite, "add"), invite_fields(**wrong)).status_code == 200
    assert not Invite.objects.exists()


def test_a_password_is_set_kept_and_removed(admin_client: Client, invite: Invite) -> None:
    page = address(Invite, "change", invite.pk)
    admin_client.post(page, invite_fields(new_password="sesame"))
    invite.refresh_from_db()
    assert invite.check_password("sesame")
    kept, set_at = invite.password, invite.password_set_at
    html = admin_client.get(page).content.decode()
    assert kept not in html
    assert "sesame" not in html
    admin_client.post(page, invite_fields(name="Beach fortnight"))
    invite.refresh_from_db()
    assert (invite.name, invite.password, invite.password_set_at) == ("Beach fortnight", kept, set_at)
    admin_client.post(page, invite_fields(no_password="on"))
    invite.refresh_from_db()
    assert invite.password == ""


def test_a_link_taken_down_keeps_its_uploads(admin_client: Client, upload: Upload, invite: Invite) -> None:
    page = address(Invite, "delete", invite.pk)
    assert "protected" not in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"post": "yes"}).status_code == 302
    invite.refresh_from_db()
    assert invite.deleted_at is not None
    upload.refresh_from_db()
    assert upload.invite == invite
    assert Visit.objects.filter(invite=invite).exists()
    assert "0 invites" in admin_client.get(address(Invite, "changelist")).content.decode()


def test_several_are_taken_down_at_once(admin_client: Client, upload: Upload, invite: Invite) -> None:
    other = Invite.objects.create(name="Forest week", slug="forest")
    fields = {"action": "delete_selected", "_selected_action": [invite.pk, other.pk], "post": "yes"}
    assert admin_client.post(address(Invite, "changelist"), fields).status_code == 302
    assert not Invite.objects.existing().exists()
    assert Invite.objects.count() == 2
    assert not Invite.objects.filter(slug="forest").exists()  # free again for another link


@pytest.mark.parametrize(("action", "disabled"), [("disable", True), ("enable", False)])
def test_links_are_switched_off_and_on(admin_client: Client, invite: Invite, action: str, disabled: bool) -> None:
    Invite.objects.update(disabled=not disabled)
    admin_client.post(address(Invite, "changelist"), {"action": action, "_selected_action": [invite.pk]})
    invite.refresh_from_db()
    assert invite.disabled is disabled


# --- uploads


def test_a_file_name_is_text_and_no_markup(admin_client: Client, upload: Upload) -> None:
    html = admin_client.get(address(Upload, "changelist")).content.decode()
    assert "<b>sea</b>" not in html
    assert "&lt;b&gt;sea&lt;/b&gt;.jpg" in html


def test_an_upload_can_be_tried_again_but_not_deleted_or_rewritten(admin_client: Client, upload: Upload) -> None:
    assert admin_client.post(address(Upload, "delete", upload.pk), {"post": "yes"}).status_code == 403
    assert admin_client.post(address(Upload, "change", upload.pk), {"filename": "x.jpg"}).status_code == 403
    assert admin_client.get(address(Upload, "add")).status_code == 403
    admin_client.post(address(Upload, "changelist"), {"action": "try_again", "_selected_action": [upload.pk]})
    upload.refresh_from_db()
    assert upload.status == Upload.Status.WAITING
    assert upload.next_attempt_at <= timezone.now()
