"""The form of a new link, and the small one in a row of the list."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from immichdrop.models import User
from invites import links
from invites.form_fields import TOO_LONG, day_field, switch_field, text_field
from invites.links import LONGEST_PASSWORD, LinkError, LinkFields
from invites.models import LONGEST_WELCOME, Invite
from invites.queries import ONE_TIME, UNLIMITED

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

ONCE, SEVERAL, NO_LIMIT = "once", "several", "no_limit"
MB, GB = 1_000_000, 1_000_000_000
UNITS = [(str(MB), "MB"), (str(GB), "GB")]
_MOST = 10**6  # files, or units of bytes: far above what anybody means, far below what a column holds
_A_NUMBER = _("A number from 1 on is wanted, or nothing for no limit.")
_A_SIZE = _("A number above 0 is wanted, or nothing for no limit.")


def _number(label: "Words", least: int = 1) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"})
    words = {"invalid": _A_NUMBER, "min_value": _A_NUMBER}
    return forms.IntegerField(
        label=label, min_value=least, max_value=_MOST, required=False, widget=widget, error_messages=words
    )


def _size(label: "Words") -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"class": "input", "inputmode": "decimal", "step": "any"})
    words = {"invalid": _A_SIZE, "min_value": _A_SIZE}
    least = Decimal("0.000001")
    return forms.DecimalField(
        label=label, min_value=least, max_value=_MOST, required=False, widget=widget, error_messages=words
    )


def _unit(label: "Words") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=UNITS, initial=str(GB), widget=forms.Select(attrs={"class": "select"})
    )


class LinkForm(forms.Form):
    """A new link as a host says it. What is left empty is as the model begins it."""

    name = text_field(_("Name"), 200, _("Guests see this as the title."))
    album_name = text_field(_("Album"), 200, _("Choose one, or write a new name. Empty: no album."), list="albums")
    album_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    expires_at = day_field(_("Open until"), _("The end of that day. Empty: no end."))
    opens_at = day_field(_("Opens on"))
    uses = forms.ChoiceField(
        label=_("How many times can it be used?"),
        choices=[(ONCE, _("Once")), (SEVERAL, _("Several times")), (NO_LIMIT, _("No limit"))],
        initial=NO_LIMIT,
        widget=forms.RadioSelect,
    )
    max_uses = _number(_("Files in all"), least=2)
    guest_name = forms.ChoiceField(
        label=_("Guest name"),
        choices=[("off", _("Don’t ask")), ("optional", _("Optional")), ("required", _("Required"))],
        initial="optional",
        widget=forms.RadioSelect,
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        required=False,
        error_messages={"max_length": TOO_LONG},
        strip=False,
        # Whoever mistyped a date shall not have to think of another password.
        widget=forms.PasswordInput(render_value=True, attrs={"class": "input", "autocomplete": "new-password"}),
    )
    slug = text_field(
        _("Custom address"), 64, _("a-z, 0-9 and hyphens. Easier to type, and easier to guess."), autocapitalize="off"
    )
    welcome_text = forms.CharField(
        label=_("Welcome text"),
        max_length=LONGEST_WELCOME,
        required=False,
        error_messages={"max_length": TOO_LONG},
        widget=forms.Textarea(attrs={"class": "textarea min-h-22", "rows": 3}),
    )
    max_files = _number(_("Files per guest"))
    max_file_size = _size(_("Largest file"))
    max_file_size_unit = _unit(_("Unit of the largest file"))
    max_bytes = _size(_("All files together"))
    max_bytes_unit = _unit(_("Unit of all files together"))
    kinds = forms.ChoiceField(
        label=_("Accept"),
        choices=[("both", _("Photos & videos")), ("photos", _("Photos only")), ("videos", _("Videos only"))],
        initial="both",
        widget=forms.Select(attrs={"class": "select"}),
    )
    describe = switch_field(_("Guests’ words as description"), _("Name and message go with each file into Immich."))
    tag = switch_field(_("Tag in Immich"), _("Drop / this link / the guest’s name."))
    allow_urls = switch_field(_("Guests may paste links"), _("The server fetches the photos and videos of such posts."))
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    DETAILS = "slug welcome_text max_files max_file_size max_bytes kinds describe tag opens_at".split()  # folded away

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        if not settings.SOCIAL_MEDIA_UPLOADS_ENABLED:
            del self.fields["allow_urls"]  # it would promise what this server doesn't do

    def create(self, owner: User) -> Invite | None:
        """The new link; None when something makes no sense, and then the form says what."""
        if not self.is_valid():
            return None
        try:
            return links.create_link(owner, self._fields())
        except LinkError as error:
            for field, words in error.problems.items():
                self.add_error(field if field in self.fields else None, words)
            return None

    @property
    def troubled_details(self) -> bool:
        """Whether something is wrong in the part that is folded away."""
        return any(name in self.errors for name in self.DETAILS)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("uses") != SEVERAL:
            self.errors.pop("max_uses", None)  # hidden, and without a say
        elif said.get("max_uses") is None:
            self.errors.pop("max_uses", None)
            self.add_error("max_uses", _("How many? A number from 2 on is wanted."))
        return said

    def _fields(self) -> LinkFields:
        said, zone = self.cleaned_data, zone_said(self.cleaned_data["time_zone"])
        uses = {ONCE: ONE_TIME, NO_LIMIT: UNLIMITED}
        return LinkFields(
            name=said["name"],
            welcome_text=said["welcome_text"],
            slug=said["slug"].lower() or None,
            album_id=said["album_id"] if said["album_name"] else None,
            album_name=said["album_name"],
            max_uses=uses.get(said["uses"]) or said["max_uses"],
            opens_at=links.opens_at_said(_iso(said["opens_at"]), zone),
            expires_at=links.expires_at_said(_iso(said["expires_at"]), zone),
            password=said["password"],
            guest_name=said["guest_name"],
            kinds=said["kinds"],
            max_files=said["max_files"],
            max_bytes=self._bytes("max_bytes"),
            max_file_size=self._bytes("max_file_size"),
            describe=said["describe"],
            tag=said["tag"],
            allow_urls=said.get("allow_urls", False),
        )

    def _bytes(self, name: str) -> int | None:
        size: Decimal | None = self.cleaned_data[name]
        return None if size is None else int(size * int(self.cleaned_data[f"{name}_unit"]))


def row_changes(said: QueryDict) -> LinkFields:
    """What was changed in a row: its name, and the last day if it is another than the one that was shown.

    An end at some hour of a day so stays what it is while the name is changed. Raises LinkError.
    """
    changes = LinkFields()
    if "name" in said:
        changes["name"] = said.get("name", "")
    day = said.get("expires", "").strip()
    if day != said.get("expires_was", ""):
        changes["expires_at"] = links.expires_at_said(day, zone_said(said.get("time_zone", "")))
    return changes


def zone_said(name: str) -> ZoneInfo:
    """The zone that a browser names; the server's where it names none that is known here."""
    try:
        return links.zone_named(name or settings.TIME_ZONE)
    except LinkError:
        return links.zone_named(settings.TIME_ZONE)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
