"""Queries put together once say what Django's own say, of every column, on the database at hand."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.forms import model_to_dict

from immichdrop.models import ImmichAccount, User
from immichdrop.prepared import Insertion, Rows
from invites.models import Guest, Invite
from uploads.models import Upload

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 14, 12, 0, 0, 123456, tzinfo=UTC)


def everything_of(upload: Upload) -> dict[str, object]:
    return {field.attname: getattr(upload, field.attname) for field in Upload._meta.concrete_fields}


def an_upload() -> Upload:
    host = User.objects.create_user("lena@example.org")
    invite = Invite.objects.create(name="Beach week", owner=host, opens_at=NOON, max_bytes=5_000_000_000)
    return Upload(
        invite=invite,
        guest=Guest.objects.create(secret_hash="0" * 64),
        account=ImmichAccount.objects.environment(),
        key="a key",
        filename="Île d’Yeu 🏖.jpg",
        size=6_000_000_000,
        offset=100,
        ranges=[[0, 50], [70, 120]],
        chunk_length=0,
        last_modified=NOON,
        next_attempt_at=NOON,
        album_id=uuid.uuid4(),
        client_address="2001:db8::1",
    )


def test_an_inserted_row_is_what_django_would_have_saved() -> None:
    by_hand, by_django = an_upload(), Upload()
    for name, value in everything_of(by_hand).items():
        setattr(by_django, name, value)
    by_django.pk, by_django.key = uuid.uuid4(), "another key"
    Insertion(Upload).insert(by_hand)
    by_django.save(force_insert=True)
    inserted, saved = (everything_of(Upload.objects.get(pk=each.pk)) for each in (by_hand, by_django))
    same = {"id", "key"}
    assert {name: inserted[name] for name in inserted if name not in same} == {
        name: saved[name] for name in saved if name not in same
    }
    assert not by_hand._state.adding


def test_an_inserted_row_can_be_changed_like_any_other() -> None:
    upload = Insertion(Upload).insert(an_upload())
    upload.filename = "beach.jpg"
    upload.save()
    assert Upload.objects.get().filename == "beach.jpg"


def test_inserting_a_row_twice_is_refused() -> None:
    upload = Insertion(Upload).insert(an_upload())
    with pytest.raises(IntegrityError), transaction.atomic():
        Insertion(Upload).insert(upload)


def test_a_row_is_read_as_django_reads_it() -> None:
    Insertion(Upload).insert(an_upload())
    read = Rows(Upload, "filename = %s").first("Île d’Yeu 🏖.jpg")
    assert read is not None
    assert everything_of(read) == everything_of(Upload.objects.get())
    assert read.invite is not None
    link = Rows(Invite, "id = %s", for_update=True)
    with transaction.atomic():
        held = link.first(read.invite.pk)
    assert held is not None
    assert model_to_dict(held) == model_to_dict(Invite.objects.get())
    assert held.opens_at == NOON


def test_where_no_row_is_there_is_none() -> None:
    assert Rows(Invite, "id = %s").first(5) is None
