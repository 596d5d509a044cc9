"""Cookies of platforms: uploaded by staff, kept encrypted, and never shown again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from ingest.downloads.models import Download, PlatformCookies

pytestmark = pytest.mark.django_db
ADD = reverse("admin:downloads_platformcookies_add")
OTHER = b".bank.example\tTRUE\t/\tTRUE\t0\tb\tmoney\n"
GOOD = b".reddit.com\tTRUE\t/\tTRUE\t4102444800\treddit_session\tverysecret\n" + OTHER


def upload(client: Client, content: bytes, page: str = ADD) -> str:
    file = SimpleUploadedFile("cookies.txt", content)
    return client.post(page, {"platform": "reddit", "file": file}, follow=True).content.decode()


def test_they_are_kept_and_not_shown(admin_client: Client) -> None:
    shown = upload(admin_client, GOOD)
    row = PlatformCookies.objects.get()
    assert (row.names, "verysecret" in row.text, "money" in row.text) == (1, True, False)
    assert "verysecret" not in row.encrypted
    change = reverse("admin:downloads_platformcookies_change", args=[row.pk])
    history = reverse("admin:downloads_platformcookies_history", args=[row.pk])
    for page in (shown, *(admin_client.get(each).content.decode() for each in (change, history))):
        assert "verysecret" not in page
        assert row.encrypted not in page


def test_an_end_that_no_calendar_has(admin_client: Client) -> None:
    """Milliseconds, as some add-ons write them."""
    assert "3000" in upload(admin_client, GOOD.replace(b"4102444800", b"4102444800000000"))
    assert PlatformCookies.objects.get().hint == ""


def test_new_ones_replace_them_and_end_the_hint(admin_client: Client) -> None:
    upload(admin_client, GOOD)
    row = PlatformCookies.objects.get()
    row.refused_at = row.uploaded_at
    row.save()
    upload(
        admin_client,
        GOOD.replace(b"verysecret", b"another"),
        reverse("admin:downloads_platformcookies_change", args=[row.pk]),
    )
    row = PlatformCookies.objects.get()
    assert ("another" in row.text, row.hint) == (True, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"[{}]", "Line 1"),
        (b"\xff\xfe", "UTF-8"),
        (OTHER, "None of the cookies"),
        (b".reddit.com\tTRUE\t/\tTRUE\tsoon\tb\tmoney\n", "fifth field"),
        (b"#" * 300_000, "200000 bytes"),
    ],
)
def test_what_is_no_cookie_file(admin_client: Client, content: bytes, words: str) -> None:
    assert words in upload(admin_client, content)
    assert not PlatformCookies.objects.exists()


def test_only_staff_with_the_right(client: Client, admin_client: Client, settings: Settings) -> None:
    assert client.post(ADD).status_code == 302
    assert admin_client.get(reverse("admin:downloads_download_changelist")).status_code == 200
    assert not Download.objects.exists()
