"""Immich accounts: the environment's, and a host's own."""

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction

from immichdrop.models import ImmichAccount, User
from invites.models import Invite

pytestmark = pytest.mark.django_db

KEY = "sandbox-key-1234567890"


@pytest.fixture
def host() -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def own(host: User) -> ImmichAccount:
    account = ImmichAccount(owner=host, base_url="http://10.0.0.5:2283")
    account.set_api_key(KEY)
    account.save()
    return account


def test_the_environments_account_is_one_row_that_follows_the_settings(settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = "http://immich:2283", "first"
    account = ImmichAccount.objects.environment()
    assert (account.address, account.api_key) == ("http://immich:2283", "first")
    settings.IMMICH_API_KEY = "second"
    assert ImmichAccount.objects.environment() == account
    assert ImmichAccount.objects.environment().api_key == "second"
    with pytest.raises(IntegrityError), transaction.atomic():
        ImmichAccount.objects.create()


def test_an_own_key_is_kept_encrypted(own: ImmichAccount) -> None:
    kept = ImmichAccount.objects.values_list("encrypted_key", flat=True).get(pk=own.pk)
    assert KEY not in kept
    assert ImmichAccount.objects.get(pk=own.pk).api_key == KEY


def test_a_host_without_an_address_of_their_own_uses_the_environments(
    own: ImmichAccount, settings: LazySettings
) -> None:
    settings.IMMICH_BASE_URL = "http://immich:2283"
    own.base_url = ""
    assert own.address == "http://immich:2283"


def test_links_deliver_into_their_owners_account(host: User, own: ImmichAccount) -> None:
    other = User.objects.create_user("other@example.org")
    assert Invite(owner=host).account() == own
    assert Invite(owner=other).account() == ImmichAccount.objects.environment()
    assert Invite(owner=None).account() == ImmichAccount.objects.environment()


def test_a_host_has_one_account(host: User, own: ImmichAccount) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ImmichAccount.objects.create(owner=host, encrypted_key="x")
    assert ImmichAccount.objects.without_key(host) == own


def test_an_account_without_owner_is_not_the_environments(own: ImmichAccount) -> None:
    own.owner = None
    own.save()
    assert ImmichAccount.objects.of_owner(None) == ImmichAccount.objects.environment() != own


def test_its_text_says_whose_it_is_and_never_the_key(own: ImmichAccount) -> None:
    assert str(own) == "host@example.org’s Immich"
    assert KEY not in repr(own)
    assert str(ImmichAccount.objects.environment()) == "Immich of the environment"
