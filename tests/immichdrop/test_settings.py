"""The environment is read strictly: wrong values stop the start and are named, empty ones are unset."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.serving import ROOT

Read = Callable[..., dict[str, object]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Reads settings.py anew, with nothing but these variables, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)

    def run(**environment: str) -> dict[str, object]:
        os.environ.clear()
        os.environ.update(environment)
        return runpy.run_path(str(ROOT / "immichdrop" / "settings.py"))

    yield run
    os.environ.clear()
    os.environ.update(before)


def check(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` as a process of its own."""
    inherited = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_empty_environment_is_enough(read: Read, tmp_path: Path) -> None:
    found = read()
    assert found["PORT"] == 8080
    assert found["HOST"] == "0.0.0.0"
    assert found["MAX_CONCURRENT"] == 3
    assert found["PUBLIC_UPLOAD_PAGE_ENABLED"] is False
    assert found["DATA_DIR"] == tmp_path / "data"
    assert (tmp_path / "data" / "spool").is_dir()
    assert found["IMMICH_BASE_URL"] == ""
    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert database["NAME"] == str(tmp_path / "data" / "db.sqlite3")


def test_what_immich_drop_left_is_looked_for_in_the_data_folder(read: Read, tmp_path: Path) -> None:
    assert read()["STATE_DB"] == tmp_path / "data" / "state.db"
    assert read(DATA_DIR=str(tmp_path / "d"))["STATE_DB"] == tmp_path / "d" / "state.db"
    assert read(STATE_DB="old/state.db")["STATE_DB"] == tmp_path / "old" / "state.db"
    assert [read(IMPORT_STATE_DB=value)["IMPORT_STATE_DB"] for value in ("", "no")] == [True, False]


def test_this_machine_may_always_ask(read: Read) -> None:
    """A health check asks at 127.0.0.1, whatever people call this server."""
    loopback = ["localhost", "127.0.0.1", "[::1]"]
    assert read(ALLOWED_HOSTS="drop.example.org")["ALLOWED_HOSTS"] == ["drop.example.org", *loopback]
    assert read()["ALLOWED_HOSTS"] == ["*", *loopback]


def test_a_data_folder_may_have_any_name(read: Read, tmp_path: Path) -> None:
    folder = tmp_path / "photos #1? 100%"
    database = read(DATA_DIR=str(folder))["DATABASES"]["default"]  # type: ignore[index]
    assert database["NAME"] == str(folder / "db.sqlite3")


def test_sqlite_is_durable_and_waits_its_turn(read: Read) -> None:
    options = read()["DATABASES"]["default"]["OPTIONS"]  # type: ignore[index]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "80a", "a whole number from 0 to 65535"),
        ("PORT", "65536", "a whole number from 0 to 65535"),
        ("PORT", "-1", "a whole number from 0 to 65535"),
        ("MAX_CONCURRENT", "0", "a whole number from 1 to 64"),
        ("MAX_CONCURRENT", "2.5", "a whole number from 1 to 64"),
        ("CHUNK_SIZE_MB", "0", "a whole number from 1"),
        ("MAX_FILE_SIZE_MB", "0", "a whole number from 1"),
        ("SPOOL_FREE_MB", "lots", "a whole number from 0"),
        ("SPOOL_GRACE_HOURS", "-3", "a whole number from 0"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("DEBUG", "maybe", "true or false"),
        ("PUBLIC_UPLOAD_PAGE_ENABLED", "2", "true or false"),
        ("CHUNKED_UPLOADS_ENABLED", "y", "true or false"),
        ("TZ", "Middle/Earth", "a time zone's name such as Europe/Berlin"),
        ("TZ", "../../etc/passwd", "a time zone's name such as Europe/Berlin"),
        ("PUBLIC_BASE_URL", "drop.example.org", "an address such as"),
        ("PUBLIC_BASE_URL", "ftp://drop.example.org", "an address such as"),
        ("EMBED_ORIGINS", "wedding.example.org", "sites such as https://photos.example.org, separated by commas"),
        ("EMBED_ORIGINS", "https://a.example.org/wedding", "sites such as"),
        ("EMBED_ORIGINS", "*", "sites such as"),
        ("EMBED_ORIGINS", "https://a.example.org;script-src", "sites such as"),
        ("IMMICH_BASE_URL", "photos.example.org:2283", "an address such as"),
        ("IMMICH_BASE_URL", "http://photos:99999", "an address such as"),
        ("IMMICH_BASE_URL", "http://photos/?q=1", "an address such as"),
        ("IMMICH_LOCAL_URL", "http://", "an address such as"),
        ("IMMICH_EXTERNAL_URL", "http://a b", "an address such as"),
        ("TRUSTED_PROXIES", "proxy", "none, or addresses and networks such as 10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "none, or addresses and networks such as 10.0.0.0/8"),
        ("TRUSTED_PROXY", "10.0.0.1;10.0.0.2", "none, or addresses and networks such as 10.0.0.0/8"),
        ("DATABASE_URL", "mysql://localhost/drop", "postgres://user:password@host/name"),
        ("DATABASE_URL", "postgres://localhost:port/drop", "postgres://user:password@host/name"),
        ("DATABASE_URL", "postgres://localhost", "postgres://user:password@host/name"),
        ("REDIS_URL", "localhost:6379", "an address such as redis://localhost:6379/0"),
        ("DATA_DIR", "/proc/immich-drop", "a folder this user may write to"),
    ],
)
def test_a_wrong_value_is_refused_by_name(read: Read, name: str, value: str, allowed: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**{name: value})
    assert str(refused.value).startswith(f"{name} is {value!r}, but must be {allowed}")


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_a_password_in_a_refused_address_is_not_shown(read: Read, name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**{name: "mysql://drop:hunter@2@db.example.org/drop"})
    assert "hunter" not in str(refused.value)
    assert "db.example.org" in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["PORT", "TZ", "DEBUG", "LOG_LEVEL", "DATABASE_URL", "REDIS_URL", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "DATA_DIR"],
)
@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_value_is_unset(read: Read, name: str, value: str) -> None:
    settings = ("PORT", "TIME_ZONE", "DEBUG", "REDIS_URL", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "DATA_DIR", "DATABASES")
    unset, empty = read(), read(**{name: value})
    assert {each: empty[each] for each in settings} == {each: unset[each] for each in settings}


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on"])
def test_a_flag_has_several_words(read: Read, value: str) -> None:
    assert read(PUBLIC_UPLOAD_PAGE_ENABLED=value)["PUBLIC_UPLOAD_PAGE_ENABLED"] is True


@pytest.mark.parametrize(
    "value",
    ["http://photos:2283", "http://photos:2283/", "http://photos:2283/api", "http://photos:2283/api/"],
)
def test_immichs_address_is_taken_with_or_without_api(read: Read, value: str) -> None:
    assert read(IMMICH_BASE_URL=value)["IMMICH_BASE_URL"] == "http://photos:2283"


def test_the_older_names_of_immichs_address_come_after_the_newer(read: Read) -> None:
    local, external = "http://10.0.0.5:2283", "https://photos.example.org"
    assert read(IMMICH_EXTERNAL_URL=external)["IMMICH_BASE_URL"] == external
    assert read(IMMICH_EXTERNAL_URL=external, IMMICH_LOCAL_URL=local)["IMMICH_BASE_URL"] == local
    assert read(IMMICH_BASE_URL="http://a", IMMICH_LOCAL_URL=local)["IMMICH_BASE_URL"] == "http://a"


def test_trusted_proxies_and_their_older_name(read: Read) -> None:
    default = read()["TRUSTED_PROXIES"]
    assert default
    assert read(TRUSTED_PROXIES="none")["TRUSTED_PROXIES"] == []
    assert [str(network) for network in read(TRUSTED_PROXY="10.1.2.3, fd00::/8")["TRUSTED_PROXIES"]] == [  # type: ignore[attr-defined]
        "10.1.2.3/32",
        "fd00::/8",
    ]
    assert read(TRUSTED_PROXIES="none", TRUSTED_PROXY="10.1.2.3")["TRUSTED_PROXIES"] == []
    with pytest.warns(UserWarning, match=r"TRUSTED_PROXY=\* is read as the private networks"):
        assert read(TRUSTED_PROXY="*")["TRUSTED_PROXIES"] == default


def test_a_zone_may_have_posixs_colon(read: Read) -> None:
    assert read(TZ=":Europe/Berlin")["TIME_ZONE"] == "Europe/Berlin"


def test_dotenv_is_read_and_the_environment_wins(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('# ours\nPORT=9001\nIMMICH_ALBUM_NAME="Summer 2026"\nMAX_CONCURRENT=5\n')
    found = read(PORT="9002", MAX_CONCURRENT="")
    assert found["PORT"] == 9002
    assert found["IMMICH_ALBUM_NAME"] == "Summer 2026"
    assert found["MAX_CONCURRENT"] == 3  # set to nothing in the environment


def test_a_wrong_value_in_dotenv_is_refused_too(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=many\n")
    with pytest.raises(ImproperlyConfigured, match=r"PORT is 'many'"):
        read()


def test_the_commands_end_with_the_reason_and_no_traceback(tmp_path: Path) -> None:
    done = check(tmp_path, PORT="80a")
    assert done.returncode == 1
    assert done.stderr.strip() == "Immich Drop can't start: PORT is '80a', but must be a whole number from 0 to 65535."


def test_the_commands_start_with_nothing_set_and_keep_a_private_secret(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 0, done.stderr
    secret = tmp_path / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_text()) >= 50
