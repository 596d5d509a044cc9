"""The form of a new API token."""

from django import forms
from django.utils.translation import gettext_lazy as _

from immichdrop.models import User
from invites.api_tokens import LONGEST_ALBUM, LONGEST_NAME, Scope
from invites.form_fields import day_field, switch_field, text_field
from invites.link_form import zone_said
from invites.links import LinkError, expires_at_said
from invites.models import ApiToken
from invites.tokens import TokenError, create_token


class TokenForm(forms.Form):
    """A new token as a host says it."""

    name = text_field(_("What is it for?"), LONGEST_NAME, placeholder="iPhone")
    may_files = switch_field(_("Send photos and videos"))
    may_links = switch_field(_("Have web addresses downloaded"))
    may_invites = switch_field(_("Make and change links"))
    album_name = text_field(_("Album"), LONGEST_ALBUM, _("Where nothing else is asked for."), list="albums")
    expires_at = day_field(_("Valid until"), _("The end of that day. Empty: no end."))
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def create(self, owner: User) -> tuple[ApiToken, str] | None:
        """The new token with its secret; None when something makes no sense, and then the form says what."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        day = said["expires_at"]
        try:
            return create_token(
                owner,
                said["name"],
                [scope for scope in Scope if said[f"may_{scope.value}"]],
                album_name=said["album_name"],
                expires_at=expires_at_said(day.isoformat() if day else "", zone_said(said["time_zone"])),
            )
        except (TokenError, LinkError) as error:
            for field, words in error.problems.items():
                self.add_error({"scopes": "may_files"}.get(field, field), words)
            return None
