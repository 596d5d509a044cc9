"""When guests find a link's shared link at their page, as a host says it."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invites import moment_fields
from invites.models import ShareBack

NEVER, NOW, ON_A_DATE = "never", "now", "date"


class RevealForm(forms.Form):
    """Moments are in the zone that the browser names, else the server's."""

    reveal = forms.ChoiceField(
        label=_("Show it on the guests’ page"),
        choices=[(NEVER, _("Don’t")), (NOW, _("Now")), (ON_A_DATE, _("From a date on"))],
        initial=NEVER,
        widget=forms.RadioSelect,
    )
    reveal_at = forms.CharField(
        label=_("Day and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "input"}),
    )
    reveal_was = forms.CharField(required=False, widget=forms.HiddenInput)
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def __init__(self, data: QueryDict | None = None, before: ShareBack | None = None) -> None:
        super().__init__(data, auto_id="guests_%s", initial=_said_by(before))
        self._before = before.reveal_at if before else None
        if self._before and self.initial["reveal"] == ON_A_DATE:
            self.fields["reveal_at"].widget.attrs["data-moment"] = self._before.isoformat()

    @property
    def moment(self) -> datetime | None:
        """From when on; None is never. Of a form that is valid."""
        moment: datetime | None = self.cleaned_data["moment"]
        return moment

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        match said.get("reveal"):
            case "now":
                shown = self._before is not None and self._before <= timezone.now()
                said["moment"] = self._before if shown else timezone.now()
            case "date":
                said["moment"] = self._moment()
            case _:
                said["moment"] = None
        return said

    def _moment(self) -> datetime | None:
        try:
            return moment_fields.moment_of(self.cleaned_data, "reveal", self._before)
        except forms.ValidationError as error:
            self.add_error("reveal_at", error)
        return None


def _said_by(before: ShareBack | None) -> dict[str, str]:
    at = before.reveal_at if before else None
    if at is None:
        return {"reveal": NEVER}
    if at <= timezone.now():
        return {"reveal": NOW}
    moment = moment_fields.shown(at)
    return {"reveal": ON_A_DATE, "reveal_at": moment, "reveal_was": moment}
