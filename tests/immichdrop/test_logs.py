"""Log lines: one event a line, and nothing that opens a link or names somebody."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError
from django.test import Client

from immichdrop.logs import JsonFormatter, TextFormatter, veil
from invites.models import Invite

FORMATTERS = [TextFormatter(), JsonFormatter()]


def record(message: str, *arguments: object, failed: bool = False) -> logging.LogRecord:
    trace = sys.exc_info() if failed else None
    return logging.LogRecord("uploads.worker", logging.INFO, __file__, 1, message, arguments, trace)


def test_text_is_time_level_part_and_words() -> None:
    line = TextFormatter().format(record("upload=%s outcome=%s", 7, "delivered"))
    assert line.endswith(" INFO uploads.worker upload=7 outcome=delivered")
    assert line[:4].isdigit()


def test_json_has_the_events_words_as_keys() -> None:
    line = JsonFormatter().format(record('upload=%s outcome=%s detail="%s"', 7, "waiting", "no answer"))
    assert "\n" not in line
    said = json.loads(line)
    assert (said["upload"], said["outcome"], said["detail"]) == ("7", "waiting", "no answer")
    assert (said["level"], said["part"]) == ("INFO", "uploads.worker")
    assert said["time"].endswith("+00:00")


def test_an_events_words_do_not_replace_the_lines_own() -> None:
    said = json.loads(JsonFormatter().format(record("level=none part=none time=never")))
    assert (said["level"], said["part"]) == ("INFO", "uploads.worker")


def test_a_traceback_stays_on_the_line_of_json() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        line = JsonFormatter().format(record("event=broken", failed=True))
    assert "\n" not in line
    assert "first\nsecond" in json.loads(line)["traceback"]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Not Found: /invite/s3cr3t", "s3cr3t"),
        ("Forbidden: /api/invite/s3cr3t/auth", "s3cr3t"),
        ("/api/uploads?invite=s3cr3t&x=1", "s3cr3t"),
        ("/api/upload?invite_token=s3cr3t", "s3cr3t"),
        ("null value\nDETAIL:  Failing row contains (7, Maria.jpg, 203.0.113.9).\n", "Maria"),
    ],
)
def test_what_must_not_be_read(text: str, hidden: str) -> None:
    assert hidden not in veil(text)
    assert veil(text).split(hidden)[0][:4] == text[:4]


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
def test_a_links_token_is_not_in_what_django_says_of_it(
    client: Client, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    invite = Invite.objects.create(name="Closed", disabled=True)
    assert client.get(f"/invite/{invite.token}").status_code == 403
    said = [formatter.format(each) for each in caplog.records]
    assert any("/invite/…" in line for line in said)
    assert not any(invite.token in line for line in said)


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
def test_a_row_the_database_refused_is_not_quoted(formatter: logging.Formatter) -> None:
    name = "Maria at the sea"
    invite = Invite.objects.create(name=name)
    with pytest.raises(IntegrityError) as refused:
        Invite.objects.create(name=name, token=invite.token)
    caught = (refused.type, refused.value, refused.tb)
    line = logging.LogRecord("uploads", logging.ERROR, __file__, 1, "event=storage_failed", (), caught)
    said = formatter.format(line)
    assert "IntegrityError" in said
    assert name not in said
    assert invite.token not in said
