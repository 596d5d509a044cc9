"""What pages need to speak a language: days and sizes, and the choice of another one."""

from datetime import date, datetime
from typing import TypedDict

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from immichdrop import local_forms
from immichdrop.languages import ASKED, NAMES, SOURCE

register = template.Library()


class Choice(TypedDict):
    parameter: str
    current: str
    short: str
    names: dict[str, str]


@register.filter(expects_localtime=True)
def day(value: date) -> str:
    """`14 July`, in the page's language; of a time the day in the server's zone."""
    return local_forms.day(value)


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    """`14 July, 21:12`."""
    return local_forms.moment(value)


@register.filter(expects_localtime=True)
def moment_of_year(value: datetime) -> str:
    """`14 July 2026, 21:12`."""
    return local_forms.moment(value, year=True)


@register.filter
def host_moment(value: datetime) -> SafeString:
    """`14 July, 21:12`, in the host's own zone where there is script."""
    return local_forms.host_moment(value)


@register.filter
def size(value: int) -> str:
    """Bytes in decimal units: `4.2 MB`, `4,2 Mo`."""
    return local_forms.size(value)


@register.simple_tag
def words() -> str:
    """The script's own words beside its English ones, as a file in `static/dist`; empty for English."""
    language = get_language() or SOURCE
    return "" if language == SOURCE else f"words/{language}.js"


@register.simple_tag
def all_languages() -> dict[str, str]:
    """Code and name of each language."""
    return NAMES


@register.inclusion_tag("includes/language_choice.html")
def language_choice() -> Choice:
    """Without a request, so that the page about an error can have it too."""
    current = get_language() or SOURCE
    return Choice(parameter=ASKED, current=current, short=current[:2].upper(), names=NAMES)
