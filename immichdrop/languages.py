"""The languages of the product, and which of them its pages are translated into so far."""

from collections.abc import Iterator
from pathlib import Path

# By Django's codes, under the names that the people who speak them know.
NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "pl": "Polski",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "ja": "日本語",
    "zh-hans": "简体中文",
    "ar": "العربية",
}
SOURCE = "en"  # what the pages are written in


def translated(folder: Path) -> Iterator[tuple[str, str]]:
    """Code and name of each language that pages can be shown in: their own, and those with a catalogue in `folder`.

    Django itself brings words in many languages, and would mix them into pages that have none.
    """
    for code, name in NAMES.items():
        language, _, script = code.partition("-")
        locale = f"{language}_{script.title()}" if script else language
        if code == SOURCE or (folder / locale / "LC_MESSAGES" / "django.mo").is_file():
            yield code, name
