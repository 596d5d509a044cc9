"""Days and sizes as the person's language writes them, by Unicode's rules (CLDR, which Babel brings)."""

from collections.abc import Sequence
from datetime import date, datetime

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.units import format_unit
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

from immichdrop.languages import SOURCE
from immichdrop.texts import size_words

# The country's own forms where the language alone would mean another one's; `pt` is Portugal's here, as in Django.
_COUNTRIES = {"en": "en_GB", "pt": "pt_PT"}
_UNITS = {"B": "byte", "kB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte"}


def _locale() -> Locale:
    language = get_language() or SOURCE
    return Locale.parse(_COUNTRIES.get(language) or to_locale(language))


def day(value: date) -> str:
    """Day and month: `14 July`, `14. Juli`, `7月14日`."""
    return format_skeleton("MMMMd", value, locale=_locale())


def moment(value: datetime, *, year: bool = False) -> str:
    """Day and time as the clock where the person is says it: `14 July, 21:12`, `14. Juli 2026, 21:12`."""
    locale = _locale()
    written = format_date(value, "long", locale=locale) if year else day(value)
    pattern = str(locale.datetime_formats["medium"])
    return pattern.format(format_skeleton("Hm", value, locale=locale), written)


def host_moment(value: datetime) -> SafeString:
    """A moment in the server's zone, with the year where it is another one. A script puts it into the host's zone
    (static/src/menu/zones.js)."""
    here = timezone.localtime(value)
    words = moment(here, year=here.year != timezone.localtime().year)
    return format_html('<time datetime="{}" data-moment>{}</time>', here.isoformat(timespec="seconds"), words)


def one_of(words: Sequence[str]) -> str:
    """Words to choose from: `TikTok, Instagram or X`."""
    return format_list(words, "or", locale=_locale())


def size(value: int) -> str:
    """So many bytes, as `size_words` rounds them: `4.2 MB`, `4,2 Mo`."""
    if (get_language() or SOURCE) == SOURCE:
        return size_words(value)  # `0 B`, where CLDR has `0 byte`
    number, unit = size_words(value).split()
    return format_unit(float(number), f"digital-{_UNITS[unit]}", "short", locale=_locale())
