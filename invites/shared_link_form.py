"""The form of a shared link's settings, for a new one and for one that is there."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from immichdrop.immich import Album, LinkSettings, SlugTaken
from invites import moment_fields, shared_links
from invites.form_fields import switch_field
from invites.shared_link_problems import STANDS_IN_THE_WAY, words_of
from invites.shared_links import LONGEST_DESCRIPTION, LONGEST_PASSWORD, LONGEST_SLUG, SharedLinkError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

T = TypeVar("T")

NEVER, ON_A_DATE = "never", "date"
PRESETS = {"week": timedelta(days=7), "month": timedelta(days=30), "quarter": timedelta(days=91)}
_ENDS = [
    (NEVER, _("Never")),
    ("week", _("In 1 week")),
    ("month", _("In 1 month")),
    ("quarter", _("In 3 months")),
    (ON_A_DATE, _("On a date…")),
]
_AT_MOST = _("At most %(limit_value)d characters, please.")
_OVER = _("That moment is over.")
_SLUG_WORDS = _("At most %(limit_value)d characters, please: a-z, A-Z, 0-9, hyphens and underscores.")


def _text(label: "Words", widget: forms.Widget, help_text: "Words" = "", *, strip: bool = True) -> forms.CharField:
    """How long it may be is said by `shared_links.check`, which lets what Immich has already pass."""
    return forms.CharField(label=label, help_text=help_text, required=False, strip=strip, widget=widget)


def shown(base: str) -> str:
    """What stands before a custom address, where somebody types one."""
    return base.removeprefix("https://")


class SharedLinkForm(forms.Form):
    """`LinkSettings` as a host says them. Moments are in the zone that the browser names, else the server's."""

    description = _text(
        _("Description"),
        forms.Textarea(attrs={"class": "textarea min-h-0", "rows": 2}),
        _("People read it above the photos."),
    )
    slug = _text(
        _("Custom address"),
        forms.TextInput(
            attrs={
                "class": "min-h-11 min-w-0 flex-1 bg-transparent font-mono text-base outline-offset-4",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                # Browsers read it with the flag v, to which a hyphen is no character before it is escaped.
                "pattern": r"[A-Za-z0-9_\-]*",
                "dir": "ltr",
            }
        ),
        _("a-z, A-Z, 0-9, hyphens and underscores; capitals count. Easier to type, and easier to guess."),
    )
    ends = forms.ChoiceField(
        label=_("Expires"), choices=_ENDS, initial=NEVER, widget=forms.Select(attrs={"class": "select"})
    )
    expires_at = _text(_("Day and time"), forms.TextInput(attrs={"type": "datetime-local", "class": "input"}))
    expires_was = forms.CharField(required=False, widget=forms.HiddenInput)
    password = _text(
        _("Password"),
        forms.PasswordInput(render_value=True, attrs={"class": "input pe-12", "autocomplete": "new-password"}),
        strip=False,
    )
    show_metadata = switch_field(_("See details"), _("Date, place, camera"))
    allow_download = switch_field(_("Download"), _("Full quality"))
    allow_upload = switch_field(_("Upload"), _("Add to the album"))
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def __init__(self, data: QueryDict | None = None, *, of_album: bool, before: LinkSettings | None = None) -> None:
        """`of_album`: whether the link is an album's, to which visitors may add. `before`: what it has already."""
        super().__init__(data, initial=_said_by(before or LinkSettings()))
        self._before = before
        if not of_album:
            del self.fields["allow_upload"]  # Immich has no place for it
        if before and before.expires_at:
            self.fields["expires_at"].widget.attrs["data-moment"] = before.expires_at.isoformat()

    def send(self, send: Callable[[LinkSettings], T]) -> T | None:
        """What `send` makes of the settings. None when they make no sense, or when Immich does not take them.

        Then the form says why. `send` may raise whatever is in STANDS_IN_THE_WAY.
        """
        if not self.is_valid():
            return None
        settings: LinkSettings = self.cleaned_data["settings"]
        try:
            return send(settings)
        except SlugTaken as error:
            self.add_error("slug", words_of(error))
        except STANDS_IN_THE_WAY as error:
            self.add_error(None, words_of(error))
        return None

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        before, expires_at = self._before or LinkSettings(), self._end()
        said["settings"] = LinkSettings(
            description=said.get("description", "").replace("\r\n", "\n"),
            password=said.get("password") or None,
            slug=said.get("slug") or None,
            expires_at=expires_at,
            allow_upload=said.get("allow_upload", before.allow_upload),
            allow_download=said["allow_download"] and said["show_metadata"],
            show_metadata=said["show_metadata"],
        )
        try:
            shared_links.check(said["settings"], self._before)
        except SharedLinkError as error:
            for field in error.problems:
                self.add_error(field, _WORDS[field])
        return said

    def _end(self) -> datetime | None:
        said = self.cleaned_data
        ends = said.get("ends", NEVER)
        if ends in PRESETS:
            return timezone.now().replace(microsecond=0) + PRESETS[ends]
        if ends != ON_A_DATE:
            return None
        try:
            return moment_fields.moment_of(said, "expires", self._before.expires_at if self._before else None)
        except forms.ValidationError as error:
            self.add_error("expires_at", error)
        return None


class NewSharedLinkForm(SharedLinkForm):
    """The form of a link that is to be made: of an album that is chosen in it, or else of these `assets`."""

    album = forms.ChoiceField(
        label=_("Album"),
        widget=forms.Select(attrs={"class": "select"}),
        error_messages={"required": _("Choose an album.")},
    )

    def __init__(self, data: QueryDict | None = None, *, assets: Sequence[str] = (), album: str = "") -> None:
        """`assets` are Immich's ids; `album` is that of the album to begin with."""
        super().__init__(data, of_album=not assets)
        self.assets = assets
        if assets:
            del self.fields["album"]
        else:
            self.initial["album"] = album
            self._accept(data.get("album", "") if data else album)

    @property
    def album_id(self) -> str | None:
        """After a successful `is_valid`: the chosen album, None with `assets`."""
        return self.cleaned_data.get("album")

    def offer(self, albums: Sequence[Album]) -> None:
        """The albums to choose from. Without any the one that was chosen stays."""
        if albums and not self.assets:
            ordered = sorted(albums, key=lambda album: album.name.casefold())
            named = [(album.id, f"{album.name} ({album.asset_count})") for album in ordered]
            self._choices([("", _("Choose one")), *named])

    def _accept(self, album: str) -> None:
        """Whether there is such an album is for Immich to say; it may be away while the form is shown."""
        self._choices([("", _("Choose one")), *([(album, _("The one you chose"))] if _is_id(album) else [])])

    def _choices(self, choices: list[tuple[str, "Words"]]) -> None:
        field = self.fields["album"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


_WORDS: dict[str, forms.ValidationError] = {
    "description": forms.ValidationError(_AT_MOST, params={"limit_value": LONGEST_DESCRIPTION}),
    "password": forms.ValidationError(_AT_MOST, params={"limit_value": LONGEST_PASSWORD}),
    "slug": forms.ValidationError(_SLUG_WORDS, params={"limit_value": LONGEST_SLUG}),
    "expires_at": forms.ValidationError(_OVER),
}


def _said_by(settings: LinkSettings) -> dict[str, object]:
    """What the form says before anybody changes it."""
    ends = settings.expires_at
    moment = moment_fields.shown(ends) if ends else ""
    return {
        "description": settings.description,
        "slug": settings.slug or "",
        "ends": ON_A_DATE if ends else NEVER,
        "expires_at": moment,
        "expires_was": moment,
        "password": settings.password or "",
        "show_metadata": settings.show_metadata,
        "allow_download": settings.allow_download,
        "allow_upload": settings.allow_upload,
    }
