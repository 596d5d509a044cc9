"""The form of a shared link's settings: what a host types, and nothing that was there lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from immichdrop.immich import Forbidden, LinkSettings, SlugTaken, Unavailable
from invites.shared_link_form import NewSharedLinkForm, SharedLinkForm
from invites.shared_links import NoLibraryError

SAID = {"description": "Our week", "ends": "never", "show_metadata": "on", "allow_download": "on"}
THERE = LinkSettings(
    description="Two\nlines",
    password=" sesame ",
    slug="Über uns",  # made in Immich, which takes anything
    expires_at=datetime(2020, 7, 14, 18, 0, 30, tzinfo=UTC),
    allow_upload=True,
)


def form_of(before: LinkSettings | None = None, of_album: bool = True, **said: str) -> SharedLinkForm:
    query = QueryDict(mutable=True)
    query.update(said)
    return SharedLinkForm(query, of_album=of_album, before=before)


def settings_of(form: SharedLinkForm) -> LinkSettings:
    settings = form.send(lambda settings: settings)
    assert settings, form.errors
    return settings


def as_shown(before: LinkSettings) -> dict[str, str]:
    """What a browser sends of a form that nobody touched."""
    form = SharedLinkForm(of_album=True, before=before)
    shown = {name: form[name].value() for name in form.fields}
    return {name: "on" if said is True else str(said) for name, said in shown.items() if said not in (None, False)}


def test_a_new_link() -> None:
    said = {**SAID, "password": " p ", "slug": "Beach_week-2", "allow_upload": "on"}
    assert settings_of(form_of(**said)) == LinkSettings(
        description="Our week", password=" p ", slug="Beach_week-2", allow_upload=True
    )


def test_what_was_not_touched_stays_to_the_second() -> None:
    assert settings_of(form_of(THERE, **as_shown(THERE))) == THERE
    changed = as_shown(THERE) | {"description": "Another"}
    assert settings_of(form_of(THERE, **changed)) == replace(THERE, description="Another")


@pytest.mark.parametrize(("ends", "days"), [("week", 7), ("month", 30), ("quarter", 91)])
def test_presets_count_from_now(ends: str, days: int) -> None:
    expires_at = settings_of(form_of(**{**SAID, "ends": ends, "expires_at": "2020-01-01T00:00"})).expires_at
    assert expires_at
    assert abs(expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_a_moment_is_in_the_hosts_zone() -> None:
    said = {**SAID, "ends": "date", "expires_at": "2999-07-14T18:00"}
    assert settings_of(form_of(**said, time_zone="Asia/Tokyo")).expires_at == datetime(2999, 7, 14, 9, tzinfo=UTC)
    assert settings_of(form_of(**said, time_zone="Nowhere")).expires_at, "the server's"


def test_an_end_can_be_taken_away() -> None:
    assert settings_of(form_of(THERE, **{**as_shown(THERE), "ends": "never"})).expires_at is None


def test_without_details_there_is_no_download() -> None:
    settings = settings_of(form_of(description="", ends="never", allow_download="on"))
    assert (settings.show_metadata, settings.allow_download) == (False, False)


def test_single_photos_take_no_uploads() -> None:
    form = form_of(of_album=False, **SAID, allow_upload="on")
    assert "allow_upload" not in form.fields
    assert not settings_of(form).allow_upload
    made_elsewhere = form_of(replace(THERE, expires_at=None), of_album=False, **SAID, slug="Über uns")
    assert settings_of(made_elsewhere).allow_upload, "what is not shown is not changed"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"slug": "our wedding"}, "slug"),
        ({"slug": "s" * 101}, "slug"),
        ({"description": "d" * 1001}, "description"),
        ({"password": "p" * 201}, "password"),
        ({"ends": "date"}, "expires_at"),
        ({"ends": "date", "expires_at": "soon"}, "expires_at"),
        ({"ends": "date", "expires_at": "2020-07-14T18:00"}, "expires_at"),
        ({"ends": "date", "expires_at": "0001-01-01T00:00", "time_zone": "Asia/Tokyo"}, "expires_at"),
        ({"ends": "date", "expires_at": "9999-12-31T23:59", "time_zone": "America/New_York"}, "expires_at"),
        ({"ends": "sometime"}, "ends"),
    ],
)
def test_what_makes_no_sense_stands_at_its_field(said: dict[str, str], field: str) -> None:
    form = form_of(**{**SAID, **said})
    assert form.send(lambda settings: settings) is None
    assert list(form.errors) == [field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    query = QueryDict("ends=date&slug=a b&show_metadata=on")
    assert set(NewSharedLinkForm(query).errors) == {"album", "expires_at", "slug"}


@pytest.mark.parametrize(
    ("error", "field", "words"),
    [
        (SlugTaken("taken"), "slug", "taken"),
        (Forbidden("Missing required permission: sharedLink.create"), "__all__", "sharedLink.create"),
        (Unavailable("away"), "__all__", "reached"),
        (NoLibraryError(), "__all__", "Connect"),
    ],
)
def test_what_immich_refuses_is_said_in_the_form(error: Exception, field: str, words: str) -> None:
    def send(settings: LinkSettings) -> LinkSettings:
        raise error

    form = form_of(**SAID)
    assert form.send(send) is None
    assert words in form.errors[field][0]
