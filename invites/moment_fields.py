"""A day and a time in a form: what the browser's field says, in the zone that the browser names, else the server's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings as server
from django.utils.translation import gettext_lazy as _

from invites.link_form import zone_said
from invites.links import within_calendar
from invites.shared_links import tellable

_MINUTE = "%Y-%m-%dT%H:%M"
_A_MOMENT = _("A day and a time are wanted, as 2026-07-14T18:00.")


def shown(moment: datetime) -> str:
    """A moment as the field has it, in the server's zone until a script knows better."""
    return within_calendar(moment).astimezone(zone_said(server.TIME_ZONE)).strftime(_MINUTE)


def moment_of(said: Mapping[str, Any], name: str, before: datetime | None) -> datetime:
    """What the field `{name}_at` of a form with `time_zone` says; `{name}_was` is what it was sent with.

    Untouched it is `before`, to the second, which the field does not show. Raises ValidationError.
    """
    text = said.get(f"{name}_at", "").strip()
    if before and text and text == said.get(f"{name}_was"):
        return before
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=zone_said(said.get("time_zone", "")))
    except ValueError:
        raise forms.ValidationError(_A_MOMENT) from None
    if not tellable(moment):
        raise forms.ValidationError(_A_MOMENT)
    return moment.astimezone(UTC)
