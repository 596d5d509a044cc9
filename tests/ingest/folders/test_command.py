"""What the command is told, and what it says: choices, albums, the earlier script's history, words and files."""

import io
import json
import logging
import os
import time
import tomllib
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.command_line import main
from immichdrop.sandbox import Sandbox
from ingest.commands import logged
from ingest.folders.album_names import AlbumRule, AlbumRuleError
from ingest.folders.models import SyncedFile, SyncFolder
from ingest.folders.outcomes import Line, Summary
from ingest.folders.reporting import PlainReport, TerminalReport
from tests import pictures
from tests.ingest.folders.conftest import Folder, in_album, names, sync
from tests.serving import ROOT


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        (["--no-recursive"], {"a.jpg", "b.PNG"}),
        (["--include", "*.png", "--include", "trip/*"], {"b.PNG", "trip/c.jpg"}),
        (["--exclude", "trip", "--exclude", "b*"], {"a.jpg"}),
        (["--since", "2001-01-01"], {"a.jpg", "trip/c.jpg"}),
    ],
)
def test_which_files_are_wanted(folder: Folder, sandbox: Sandbox, arguments: list[str], taken: set[str]) -> None:
    folder.add("a.jpg", 1)
    folder.add("b.PNG", pictures.png(2), age=26 * 366 * 86_400)
    folder.add("trip/c.jpg", 3)
    assert set(folder.sync(*arguments, "--dry-run").outcomes) == taken


def test_a_dry_run_sends_and_notes_nothing(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    ran = folder.sync("--dry-run", "--album", "A")
    assert (ran.code, ran.outcomes, ran.end["would_send"]) == (0, {"a.jpg": "would_send"}, 1)
    assert (names(sandbox), sandbox.albums()) == ([], [])
    assert not SyncFolder.objects.exists()


def test_albums_by_date_and_by_folder(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", pictures.jpeg(1, taken="2024:06:15 18:30:00"))
    folder.add("Italy/b.jpg", 2)
    folder.sync("--album", "Camera/{:%Y/%m}", "--include", "a.jpg")
    folder.sync("--album-from-folder")
    assert in_album(sandbox, "Camera/2024/06") == ["a.jpg"]
    assert in_album(sandbox, "Italy") == ["b.jpg"]


@pytest.mark.parametrize("template", ["{}", "{:%Y", "{0.year}", "{x!r}", "{:{}}"])
def test_a_template_that_is_none_is_refused(template: str) -> None:
    with pytest.raises(AlbumRuleError, match="parts of the date"):
        AlbumRule(template)


@pytest.mark.parametrize(
    ("setting", "arguments", "named"), [("{x}", (), "IMMICH_ALBUM_NAME"), ("", ("--album", "{x}"), "--album")]
)
def test_whatever_named_it_is_blamed(
    folder: Folder, settings: Settings, setting: str, arguments: tuple[str, ...], named: str
) -> None:
    settings.IMMICH_ALBUM_NAME = setting
    ran = folder.sync(*arguments)
    assert ran.code == 2
    assert ran.error.startswith(f"{named}: ")


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "sync.log"
    with logged("ingest.folders", path, largest=2000):
        for number in range(200):
            logging.getLogger("ingest.folders").info("file=%d outcome=sent", number)
    assert {each.name for each in path.parent.iterdir()} == {"sync.log", "sync.log.1", "sync.log.2", "sync.log.3"}
    assert all(each.stat().st_size <= 2000 for each in path.parent.iterdir())
    assert "file=199 " in path.read_text()
    with logged("ingest.folders", path):
        logging.getLogger("ingest.folders").info("the next run")
    assert "file=199 " in path.read_text(), "a run goes on with the file of the one before"


def test_names_of_the_earlier_script_are_taken_over(
    folder: Folder, sandbox: Sandbox, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.SCREENSHOTS_PATH = str(folder.path)
    old = tmp_path / "immich_upload_history.json"
    old.write_text('["a.jpg", "gone.jpg"]')
    folder.add("a.jpg", 1)
    folder.add("b.jpg", 2)
    folder.add("below/a.jpg", 3)

    assert sync("--settle", 0).outcomes == {"b.jpg": "sent", "below/a.jpg": "sent"}
    assert sync().end["unchanged"] == 3
    folder.add("a.jpg", 4, age=60)
    assert sync().outcomes == {"a.jpg": "sent"}
    assert old.read_text() == '["a.jpg", "gone.jpg"]'


def test_what_changed_since_the_earlier_script_noted_it_is_asked_about(
    folder: Folder, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Its names tell nothing of a file that took another one's place."""
    old = tmp_path / "immich_upload_history.json"
    old.write_text('["a.jpg", "b.jpg"]')
    os.utime(old, (time.time() - 7200,) * 2)
    folder.add("a.jpg", 1, age=9000)
    folder.add("b.jpg", 2, age=3600)

    assert folder.sync("--history", old, "--dry-run").outcomes == {"b.jpg": "would_send"}
    assert folder.sync("--history", old).outcomes == {"b.jpg": "sent"}


def test_a_dry_run_leaves_the_history_as_it_is(folder: Folder, sandbox: Sandbox, tmp_path: Path) -> None:
    old = tmp_path / "immich_upload_history.json"
    old.write_text('["a.jpg", "b.jpg"]')
    folder.add("a.jpg", 1)
    foreseen = folder.sync("--history", old, "--dry-run")
    folder.sync("--history", old)
    folder.add("b.jpg", 2)
    before = list(SyncedFile.objects.order_by("pk").values())
    requests = len(sandbox.requests)

    again = folder.sync("--dry-run")

    assert foreseen.outcomes == again.outcomes == {}
    assert list(SyncedFile.objects.order_by("pk").values()) == before
    assert {each.method for each in sandbox.requests[requests:]} <= {"GET"}
    assert folder.last.last_counts["unchanged"] == 1


@pytest.mark.parametrize("content", ["", "[1]", '{"a.jpg": 1}', '["../a.jpg"]', '["a.jpg"'])
def test_a_damaged_history_stops_with_a_message(folder: Folder, sandbox: Sandbox, tmp_path: Path, content: str) -> None:
    folder.add("a.jpg", 1)
    old = tmp_path / "immich_upload_history.json"
    old.write_text(content)

    ran = folder.sync("--history", old)

    assert ran.code == 2
    assert str(old) in ran.error
    assert (old.read_text(), names(sandbox)) == (content, [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/nowhere"], "There is no folder /nowhere"),
        ([__file__], "is not a folder"),
        ([], "Name a folder, or set SCREENSHOTS_PATH"),
        (["/tmp", "--album", "{:%Y"], "--album"),
        (["/tmp", "--since", "soon"], "'soon' is no date"),
        (["/tmp", "--concurrency", "0"], "from 1 to 64"),
        (["/tmp", "--watch", "--dry-run"], "exclude each other"),
        (["/tmp", "/", "--history", "x"], "one folder"),
    ],
)
def test_wrong_use_is_told(sandbox: Sandbox, arguments: list[str], words: str) -> None:
    ran = sync(*arguments)
    assert words in ran.error
    assert ran.code in (1, 2)  # on the command line always 2: argparse ends the process itself


def test_another_library_is_asked_about_everything(folder: Folder, sandbox: Sandbox, settings: Settings) -> None:
    folder.add("a.jpg", 1)
    folder.sync()
    SyncFolder.objects.update(library="somebody else's")
    SyncedFile.objects.update(asset_id="00000000-0000-4000-8000-000000000000")

    assert folder.sync().outcomes == {"a.jpg": "duplicate"}
    assert str(folder.rows()["a.jpg"].asset_id) == sandbox.assets()[0].id


def test_every_outcome_is_logged_with_a_path_on_one_line(folder: Folder, sandbox: Sandbox, tmp_path: Path) -> None:
    folder.add("two\nlines.jpg", 1)
    log = tmp_path / "logs" / "sync.log"
    folder.sync("--log-file", log)
    (line,) = log.read_text().splitlines()
    assert 'file="two\\nlines.jpg" outcome=sent' in line


def test_plain_words_and_a_terminal() -> None:
    summary = Summary("/photos", size=3_000_000, seconds=2.0)
    summary.counts.update({"sent": 2, "failed": 1})
    summary.others[".txt"] = 4
    lines = [Line("a.jpg", "sent", size=3_000_000), Line("b[red].jpg", "failed", "It can't be read", size=5)]
    plain, terminal = io.StringIO(), io.StringIO()
    for report in (PlainReport(plain), TerminalReport(terminal)):
        report.begins("/photos", "http://immich")
        report.expects(2, 3_000_005)
        report.looked_ahead(2, 3_000_005)
        report.sending(3_000_000)
        for line in lines:
            report.tells(line)
        report.ends(summary)
    assert plain.getvalue().splitlines() == [
        "/photos → http://immich",
        "sent: a.jpg",
        "failed: b[red].jpg: It can't be read",
        "/photos: 2 sent, 1 failed; 3.0 MB in 2.0 s, 1.5 MB/s",
        "not sent, no photo or video for Immich: 4 × .txt",
    ]
    shown = terminal.getvalue()
    assert "failed: b[red].jpg: It can't be read" in shown
    assert "sent: a.jpg" not in shown
    assert ".txt: no photo or video for Immich" in shown
    assert json.loads(json.dumps(summary.as_json()))["bytes"] == 3_000_000


def test_the_console_script_takes_dashes(capfd: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"immichdrop": "immichdrop.command_line:main"}
    with pytest.raises(SystemExit) as ended:
        main(["immichdrop", "sync-folder", "/nowhere"])
    assert ended.value.code == 2
    assert "There is no folder /nowhere" in capfd.readouterr().err
