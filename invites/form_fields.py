"""Fields that hosts' forms have in common."""

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

A_DAY = _("A date such as 2026-07-14 is wanted.")
TOO_LONG = _("At most %(limit_value)d characters, please.")


def day_field(label: "Words", help_text: "Words" = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=widget,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": A_DAY},
    )


def text_field(label: "Words", longest: int, help_text: "Words" = "", **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attrs})
    words = {"max_length": TOO_LONG}
    return forms.CharField(
        label=label, help_text=help_text, max_length=longest, required=False, widget=widget, error_messages=words
    )


def switch_field(label: "Words", help_text: "Words" = "") -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"class": "toggle toggle-primary"})
    return forms.BooleanField(label=label, help_text=help_text, required=False, widget=widget)
