"""File names of strangers: safe to show, never a path, and still the name the guest knows."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uploads import names

NASTY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("./\\\0\n\u202e\u2066\u200d\u200b\ufeff é́🏖")))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("IMG_0001.HEIC", "IMG_0001.HEIC"),
        ("Strandläufer 🏖.jpg", "Strandläufer 🏖.jpg"),
        ("Stra\u0308nde.jpg", "Strände.jpg"),  # as macOS writes it
        ("e\u200b\u0301.jpg", "é.jpg"),  # what is taken out brings letters together
        ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
        ("می‌روم.jpg", "می‌روم.jpg"),  # the joiner is part of the word
        ("\U0001fae8.jpg", "\U0001fae8.jpg"),  # an emoji younger than Python 3.11's tables
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u200e\u061c.jpg", "a.jpg"),
        ("a\0b\x1b[31m\x7f\x85c.jpg", "ab[31mc.jpg"),
        ("line\u2028break\u2029.jpg", "linebreak.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ada\\a.jpg", "a.jpg"),
        ("/\\a.jpg", "a.jpg"),
        ("  a.jpg \n", "a.jpg"),
        ("folder/", ""),
        ("", ""),
        ("\u202e\u200b", ""),
        ("lone\ud800.jpg", "lone.jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),  # the pages' concern: they escape
    ],
)
def test_clean(sent: str, shown: str) -> None:
    assert names.clean(sent) == shown


@pytest.mark.parametrize("letter", ["a", "ä", "あ", "🏖"])
def test_a_long_name_keeps_its_extension(letter: str) -> None:
    cleaned = names.clean(letter * 300 + ".jpeg")
    assert cleaned.endswith(letter + ".jpeg")
    assert 196 <= len(cleaned.encode()) <= names.MAX_BYTES
    assert names.extension_of(cleaned) == ".jpeg"


def test_a_long_extension_is_none() -> None:
    assert len(names.clean("a." + "b" * 300).encode()) == names.MAX_BYTES
    assert len(names.clean("." + "b" * 300).encode()) == names.MAX_BYTES


@given(NASTY)
@example("e\u200d\u0301")
@example("a" * 195 + "\u0301" * 10 + " .jpg")
def test_what_is_shown_is_always_harmless(sent: str) -> None:
    cleaned = names.clean(sent)
    assert len(cleaned.encode()) <= names.MAX_BYTES  # which also shows that it is no half of a character
    assert "/" not in cleaned
    assert "\\" not in cleaned
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    categories = {unicodedata.category(character) for character in cleaned if character not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(character) for character in cleaned} & {"RLO", "LRO", "RLE", "LRE", "RLI"}
    assert names.clean(cleaned) == cleaned


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=400), st.sampled_from([".jpg", ".HEIC"]))
def test_an_extension_is_never_lost(stem: str, extension: str) -> None:
    assert names.extension_of(names.clean(stem + extension)) == extension.lower()


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.jpg", ".jpg"),
        ("a.JPG", ".jpg"),
        ("a.tar.gz", ".gz"),
        ("a", ""),
        (".jpg", ""),
        ("a.", "."),
        ("", ""),
    ],
)
def test_extension_of(name: str, extension: str) -> None:
    assert names.extension_of(name) == extension
