"""What the command is told, and what it says: set-up, the plugin's spelling, its file, what is pending, dry runs."""

from __future__ import annotations

import io
import json
import os
import re
import threading
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from immichdrop.command_line import main
from ingest.folders.network import Network
from ingest.icloud import arguments
from ingest.icloud.job import Job
from ingest.icloud.models import ICloudFolder, ICloudPhoto, ICloudRun
from ingest.icloud.options import Options
from ingest.icloud.outcomes import Report, Summary, Told
from ingest.icloud.reporting import PlainReport, TerminalReport
from ingest.icloud.steps.registering import Patience
from tests.ingest.commands import QUICK
from tests.ingest.icloud.conftest import EVERYTHING, SIZES, Library, call
from tests.ingest.icloud.downloads import Downloads, Photo
from tests.serving import ROOT

# --- set-up


def test_a_wrong_directory_is_told_with_what_would_be_right(library: Library, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    library.write(Photo())
    ran = library.sync("--directory", f"{elsewhere}/{{:%Y}}")
    assert ran.code == 1
    assert f"{elsewhere} lies under no import path of the library iCloud, which are {library.path}" in ran.error
    assert ran.events[-1]["event"] == "error"
    assert library.changing == []
    assert not ICloudPhoto.objects.exists()
    assert ICloudRun.objects.get().outcome == ICloudRun.Outcome.REFUSED


def test_a_key_without_admin_is_told(library: Library) -> None:
    library.write(Photo())
    library.sandbox.change_account(is_admin=False)
    ran = library.sync()
    assert ran.code == 1
    assert "administrator" in ran.error
    assert library.changing == []


def test_a_library_that_is_none(library: Library) -> None:
    library.write(Photo())
    ran = call("--directory", library.path, "--library-id", "00000000-0000-4000-8000-000000000000")
    assert ran.code == 1
    assert library.id in ran.error


def test_a_key_that_may_too_little(library: Library) -> None:
    library.write(Photo())
    key = library.sandbox.create_key(["asset.read", "library.read", "user.read"])
    ran = library.sync("--api-key", key, "--stack-media")
    assert ran.code == 1
    assert "library.update" in ran.error
    assert "stack.create" in ran.error


def test_an_immich_that_is_away(library: Library) -> None:
    library.write(Photo())
    library.sandbox.stop()
    ran = library.sync()
    assert ran.code == 75
    assert "run this again" in ran.error
    library.sandbox.start()
    assert library.sync().outcomes == {"IMG_0001.HEIC": "done"}


def test_paths_of_immich_and_of_here(library: Library, tmp_path: Path) -> None:
    """Immich in a container sees the folder under another name; here that is a link."""
    (tmp_path / "here").symlink_to(library.path)
    library.write(Photo(sizes=SIZES))
    ran = call(
        "--directory", tmp_path / "here" / "{:%Y/%m}", "--library-id", library.id, "--stack-media", "original,medium",
        "--path-map", f"{tmp_path / 'here'}={library.path}", "--poll-interval", 0.05,
    )  # fmt: skip
    assert (ran.code, ran.outcomes) == (0, {"IMG_0001.HEIC": "done"})
    assert library.stacks() == [["IMG_0001.HEIC", "IMG_0001-medium.JPG"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--directory"),
        (["--directory", "/tmp"], "--library-id"),
        (["--directory", "/nowhere", "--library-id", "x"], "There is no folder /nowhere"),
        (["--directory", "/tmp", "--library-id", "x", "--stack-media", "huge"], "--stack-media: 'huge' is not a size"),
        (["--directory", "/tmp", "--library-id", "x", "--album", "[stacked]:A"], "'stacked' is not a size"),
        (["--directory", "/tmp", "--library-id", "x", "--path-map", "a=b"], "--path-map"),
        (["--directory", "/tmp", "--library-id", "x", "--unset-favorites"], "--unset-favorites needs --favorite"),
        (["--directory", "/tmp", "--library-id", "x", "--watch", "--dry-run"], "exclude each other"),
        (["--directory", "/tmp", "--library-id", "x", "--server-url", "immich"], "--server-url"),
        (["--directory", "/tmp", "--library-id", "x", "--batch-process", "0"], "neither a number"),
        (["--directory", "/tmp", "--library-id", "x", "--since", "soon"], "'soon' is no date"),
        (["--directory", "/tmp", "--library", "x"], "--library-id"),
        (
            "--directory /tmp --library-id x --favorite --process-existing --process-existing-favorites".split(),
            "exclude each other",
        ),
    ],
)
def test_wrong_use_is_told(library: Library, arguments: list[str], words: str) -> None:
    ran = call(*arguments)
    assert words in ran.error
    assert ran.code in (1, 2)  # on the command line always 2: argparse ends the process itself


def test_the_console_script_takes_dashes(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["immichdrop", "sync-icloud", "--directory", "/nowhere", "--library-id", "x"])
    assert ended.value.code == 2
    assert "There is no folder /nowhere" in capfd.readouterr().err


# --- the plugin


@pytest.mark.parametrize("program", [(), ("icloudpd",)], ids=["behind the name", "whole"])
def test_a_line_of_the_plugins_readme(library: Library, settings: Settings, program: tuple[str, ...]) -> None:
    settings.IMMICH_ADDRESSES = dict.fromkeys(settings.IMMICH_ADDRESSES, "")
    (written,) = library.write(Photo(sizes=SIZES, rating=4))
    ran = call(
        *program, "--username", "ada@example.org", "--password", "secret", "--directory", library.path,
        "--size", "original", "--size", "adjusted", "--folder-structure", "{:%Y/%m/%d}", "--xmp-sidecar",
        "--favorite-to-rating", "4", "--album", "Holidays", "--library", "PrimarySync", "--plugin", "immich",
        "--watch-with-interval", "3600", "--immich-server-url", f"{library.sandbox.url}/api/",
        "--immich-api-key", library.sandbox.api_key, "--immich-library-id", library.id, "--immich-stack-media",
        "--immich-favorite", "adjusted", "--immich-album", "[adjusted]:iCloud", "--immich-poll-interval", "0.05",
        "--immich-batch-process", "all",
    )  # fmt: skip
    assert ran.code == 0
    assert ran.notes == [
        "Options of icloudpd, ignored here: --username, --password, --size, --folder-structure, --xmp-sidecar,"
        " --library, --plugin, --watch-with-interval, --album."
    ]
    assert [album.name for album in library.sandbox.albums()] == ["iCloud"]
    assert library.album("iCloud") == ["IMG_0001.JPG"]
    assert len(library.stacks()) == 1
    assert library.asset(written["adjusted"]).is_favorite
    assert not library.asset(written["original"]).is_favorite


def test_our_own_album_rule_stays_ours(library: Library) -> None:
    library.write(Photo())
    assert library.sync("--album", "iCloud", "--xmp-sidecar").code == 0
    assert library.album("iCloud") == ["IMG_0001.HEIC"]


def test_the_plugins_file_is_read_and_written(library: Library, tmp_path: Path) -> None:
    (written,) = library.write(Photo())
    library.downloads.write(Photo("IMG_2.HEIC"))
    Path(f"{written['original']}.xmp").unlink()
    library.sync()
    log = tmp_path / "pending.json"
    files = [{"status": "exists", "path": str(path), "size": "original", "is_live": False} for path in written.values()]
    log.write_text(json.dumps([{"photo_id": "A", "files": files, "is_favorite": True, "created": "2024-01-15"}]))

    ran = library.sync("--favorite", "--batch-log-file", log)

    assert ran.outcomes == {"IMG_0001.HEIC": "done"}
    assert library.asset(written["original"]).is_favorite
    assert json.loads(log.read_text()) == []


def test_what_is_pending_is_in_the_plugins_file(library: Library, tmp_path: Path) -> None:
    (written,) = library.write(Photo(live=True, rating=5))
    library.sandbox.pause_scans()
    log = tmp_path / "deep" / "pending.json"
    library.sync("--batch-log-file", log, "--scan-timeout", 0.1)
    (photo,) = json.loads(log.read_text())
    assert photo["is_favorite"] is True
    assert photo["created"].startswith("2024-01-15T")
    assert photo["filename"] == "IMG_0001.HEIC"
    assert photo["files"][1] == {
        "status": "downloaded",
        "path": str(written["live"]),
        "size": "original",
        "is_live": True,
        "photo_filename": "IMG_0001.HEIC",
    }


def test_the_plugins_file_of_two_folders_that_are_watched(library: Library, tmp_path: Path) -> None:
    """Each has a run of its own, and both share the file."""
    tops = [library.path / "ada", library.path / "bo"]
    for top in tops:
        Downloads(top).write(Photo(f"{top.name}.HEIC"))
    library.sandbox.pause_scans()
    log = tmp_path / "pending.json"
    network = Network([library.sandbox.url], library.sandbox.api_key)
    job = Job(network, library.sandbox.api_key, Report(), threading.Event(), QUICK)

    def look(top: Path) -> list[str]:
        roots = tuple(map(str, tops))
        patience = Patience(0.1, 0.05)
        job.run(Options((str(top),), library.id, patience=patience, batch_log=log, roots=roots))
        return [photo["filename"] for photo in json.loads(log.read_text())]

    assert [look(tops[0]), look(tops[1])] == [["ada.HEIC"], ["ada.HEIC", "bo.HEIC"]]
    ICloudPhoto.objects.update(stacked=True)
    assert look(tops[0]) == ["ada.HEIC", "bo.HEIC"]
    assert all(row.stacked for row in library.rows().values())
    library.sandbox.resume_scans()
    assert [look(tops[0]), look(tops[1])] == [["bo.HEIC"], []]


@pytest.mark.parametrize(
    "content", ['{"a": 1}', "[1]", '[{"files": [{}]}]', "[", '[{"files":[{"path":"/etc/passwd"}]}]']
)
def test_a_strange_file_is_left_as_it_is(library: Library, tmp_path: Path, content: str) -> None:
    library.write(Photo())
    log = tmp_path / "pending.json"
    log.write_text(content)
    ran = library.sync("--batch-log-file", log)
    assert ran.code == 2
    assert str(log) in ran.error
    assert log.read_text() == content


# --- what is pending, dry runs, logs


def test_what_is_pending_is_listed_and_cleared(library: Library) -> None:
    library.write(Photo(), Photo("IMG_2.HEIC"))
    library.sandbox.pause_scans()
    library.sync("--scan-timeout", 0.1)
    listed = call("--pending")
    cleared = io.StringIO()
    call_command("sync_icloud", "--clear-pending", "--library-id", library.id, stdout=cleared)
    assert [Path(each["path"]).name for each in listed.events] == ["IMG_0001.HEIC", "IMG_2.HEIC"]
    assert "has not taken it in yet" in listed.events[0]["reason"]
    assert cleared.getvalue() == "2 photos are pending no more.\n"
    assert call("--pending").events == []
    library.sandbox.resume_scans()
    assert library.sync().outcomes == {}


def test_a_dry_run_changes_nothing(library: Library) -> None:
    library.write(Photo(sizes=SIZES, live=True, rating=5), Photo("IMG_2.JPG", {"original": ".JPG"}))
    ran = library.sync(*EVERYTHING, "--dry-run")
    details = {Path(each["path"]).name: each["detail"] for each in ran.events if each["event"] == "photo"}
    assert (ran.code, ran.end["would_change"]) == (0, 2)
    assert details == {
        "IMG_0001.HEIC": "register 4 files; stack adjusted, medium, original; link the live video; mark as favourite;"
        " add to album iCloud/2024",
        "IMG_2.JPG": "register 1 file; add to album iCloud/2024",
    }
    assert library.changing == []
    assert [kept for kept in (ICloudFolder, ICloudPhoto, ICloudRun) if kept.objects.exists()] == []


def test_a_dry_run_tells_of_known_favourites(library: Library) -> None:
    given, taken, _ = library.write(*(Photo(f"IMG_{number}.HEIC", rating=5) for number in range(2)), Photo("a.HEIC"))
    library.sync("--favorite")
    library.downloads.write_sidecar(taken["original"], Photo())
    library.sync("--favorite")

    def told(*arguments: object) -> dict[str, str]:
        ran = library.sync("--favorite", "--album", "A", "--dry-run", *arguments)
        return {Path(each["path"]).name: each["detail"] for each in ran.events if each["event"] == "photo"}

    assert told() == {}
    assert told("--process-existing-favorites") == {given["original"].name: "mark as favourite"}
    assert told("--unset-favorites") == {taken["original"].name: "unmark as favourite"}
    assert told("--process-existing", "--since", "2030-01-01") == {}
    assert library.changing == []


def test_favourites_need_sidecars(library: Library) -> None:
    library.downloads._sidecars = False
    library.write(Photo())
    assert "--xmp-sidecar" in library.sync("--favorite").notes[-1]


def test_every_outcome_is_logged(library: Library, tmp_path: Path) -> None:
    library.write(Photo("two\nlines.HEIC"))
    log = tmp_path / "logs" / "icloud.log"
    library.sync("--log-file", log)
    assert 'two\\nlines.HEIC" outcome=done' in log.read_text()
    assert len(log.read_text().splitlines()) == 1


def test_a_name_that_is_no_text_stays_pending(library: Library) -> None:
    library.write(Photo())
    library.sync()
    folder = next(library.path.rglob("*.HEIC")).parent
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.JPG")).write_bytes(b"\xff\xd8\xff")
    ran = library.sync()
    assert (ran.code, ran.end["pending"], library.changing) == (1, 1, [])
    assert "no valid Unicode" in library.rows()["caf\\xe9.JPG"].reason


def test_plain_words_and_a_terminal() -> None:
    summary = Summary("/photos", seconds=2.0)
    summary.counts.update({"photos": 3, "registered": 2, "pending": 1})
    told = [Told("/photos/a.HEIC", "done", "stacked"), Told("/photos/b[red].HEIC", "pending", "It lies in the trash.")]
    plain, terminal = io.StringIO(), io.StringIO()
    for report in (PlainReport(plain), TerminalReport(terminal)):
        report.begins("/photos", "library x")
        report.expects(2)
        for each in told:
            report.tells(each)
        report.ends(summary)
    assert plain.getvalue().splitlines() == [
        "/photos → library x",
        "done: /photos/a.HEIC: stacked",
        "pending: /photos/b[red].HEIC: It lies in the trash.",
        "/photos: 3 photos, 2 registered, 1 pending; 2.0 s",
    ]
    assert "pending: /photos/b[red].HEIC" in terminal.getvalue()
    assert "done: /photos/a.HEIC" not in terminal.getvalue()


# --- docs


def test_every_option_is_documented_and_no_other() -> None:
    parser = ArgumentParser()
    arguments.add(parser)
    ours = {
        name
        for action in parser._actions
        for name in action.option_strings
        if action.help != SUPPRESS and name.startswith("--") and not name.startswith(arguments.PREFIX)
    }
    page = (ROOT / "docs" / "icloud.md").read_text()
    table = page.split("## Options", 1)[1].split("It ends with", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {name for cell in cells for name in re.findall(r"`(--[a-z-]+)", cell)}
    assert documented == ours - {"--help", "--interval"}
    assert "--interval" in table
