"""Every string of a translated page is in every catalogue, and nothing else is (`make words` brings them in line)."""

import re
import tomllib
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from babel.util import pathmatch
from django.utils.translation import to_locale

from immichdrop.languages import NAMES, SOURCE

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "static" / "src" / "guest" / "words"
ENGLISH = ("templates/admin/", "templates/api_docs.html", "templates/includes/api_")
LANGUAGES = [code for code in NAMES if code != SOURCE]


@pytest.fixture(scope="module")
def strings(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The strings in the sources, by the mapping in pyproject.toml."""
    template = tmp_path_factory.mktemp("words") / "django.pot"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run(["pybabel", "--quiet", "extract", "-F", "pyproject.toml", "-o", str(template), "."])
    with template.open("rb") as file:
        return read_po(file)


def file_of(language: str, ending: str = "po") -> Path:
    return ROOT / "locale" / to_locale(language) / "LC_MESSAGES" / f"django.{ending}"


def catalogue(language: str) -> Catalog:
    with file_of(language).open("rb") as file:
        return read_po(file, locale=to_locale(language), abort_invalid=True)


def ids(words: Catalog) -> set[tuple[str | None, str]]:
    return {(message.context, source(message)) for message in words if message.id}


def source(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def test_every_template_with_words_is_looked_through() -> None:
    """Else its strings drop out of all catalogues, and pages are in English without a word."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    patterns = [pattern for mapping in mappings for pattern in mapping["pattern"]]
    with_words = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"{% (block)?translate |_\(\"", path.read_text())
    ]
    left_out = [path for path in with_words if not any(pathmatch(pattern, path) for pattern in patterns)]
    assert [path for path in left_out if not path.startswith(ENGLISH)] == []


def test_strings_are_found(strings: Catalog) -> None:
    found = {text for _, text in ids(strings)}
    assert {"Add your photos", "This page is full", "%(host_name)s invites you", "Up to %(n)s file"} <= found
    assert {"Sign in", "New link", "Album missing", "This address is taken. Please choose another one."} <= found


def test_there_is_a_catalogue_for_every_language_and_no_other() -> None:
    assert {path.parent.parent.name for path in ROOT.glob("locale/*/*/django.po")} == set(map(to_locale, LANGUAGES))
    assert {path.stem for path in SCRIPT.glob("*.js")} == set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_is_missing_and_none_is_stale(strings: Catalog, language: str) -> None:
    words = catalogue(language)
    assert ids(strings) - ids(words) == set(), "missing: run `make words`, and translate what is new"
    assert ids(words) - ids(strings) == set(), "stale: run `make words`"
    assert not words.obsolete
    plurals = {source(message) for message in strings if message.pluralizable}
    assert {source(message) for message in words if message.pluralizable} == plurals


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated_in_all_its_forms(language: str) -> None:
    words = catalogue(language)
    for message in words:
        if not message.id:
            continue
        assert all(text.strip() for text in forms(message)), f"not translated: {message.id}"
        assert not message.fuzzy, f"nobody has looked at it yet: {message.id}"
        assert len(forms(message)) == (words.num_plurals if message.pluralizable else 1)
    assert [(message.id, errors) for message, errors in words.check()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places(language: str) -> None:
    words = catalogue(language)
    form_of = c2py(words.plural_expr)
    for message in words:
        if not message.id:
            continue
        wanted = places(message.id if isinstance(message.id, str) else message.id[1])
        only_of_many = wanted - places(source(message))
        for index, text in enumerate(forms(message)):
            # A form for one number alone may say it in a word, and leave out what English leaves out of its singular.
            # French has one form for none and one.
            alone = message.pluralizable and {n for n in range(2, 200) if form_of(n) == index} <= {2}
            assert places(text) <= wanted, text
            missing = wanted - places(text)
            assert not missing or (alone and (len(missing) == 1 or missing <= only_of_many)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_django_reads_is_what_is_written_here(language: str) -> None:
    compiled = file_of(language, "mo")
    assert compiled.is_file(), "not compiled: run `make build`"
    with compiled.open("rb") as file:
        built = {source(message): forms(message) for message in read_mo(file) if message.id}
    written = {source(message): forms(message) for message in catalogue(language) if message.id}
    assert built == written, "compiled before it was changed: run `make build`"
