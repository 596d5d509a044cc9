"""The options of `sync_icloud`: its own, the plugin's spelling of them, and icloudpd's, which are taken and ignored.

A line from the plugin's README has the plugin's options with `--immich-` in front, and icloudpd's own beside them. Two
of these are called like ours: `--album`, a filter there, and `--process-existing-favorites`.
"""

from argparse import SUPPRESS, Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from ingest.commands import day, seconds, texts
from ingest.icloud.options import BATCH

PREFIX = "--immich-"
BATCH_LOG = "~/.pyicloud/immich_pending_files.json"
_FLAGS = (
    "--auth-only --list-albums -l --list-libraries --skip-videos --skip-photos --skip-live-photos --xmp-sidecar"
    " --force-size --auto-delete --set-exif-datetime --smtp-no-tls --delete-after-download --keep-unicode-in-filenames"
    " --use-os-locale --only-print-filenames --no-progress-bar --metadata-overwrite --list-plugins"
).split()
_WITH_VALUES = (
    "--username -u --password -p --cookie-directory --size --live-photo-size --recent --until-found --library"
    " --folder-structure --smtp-username --smtp-password --smtp-host --smtp-port --notification-email"
    " --notification-email-from --notification-script --keep-icloud-recent-days --live-photo-mov-filename-policy"
    " --align-raw --file-match-policy --skip-created-before --skip-created-after --log-level --threads-num --domain"
    " --watch-with-interval --password-provider --mfa-provider --plugin --plugin-help"
).split()


_ICLOUDPDS = frozenset({"--username", "-u", "--plugin"})  # without which no line is one for icloudpd


class _Ignored(Action):
    """Takes note of the name alone: a value may be a password."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.ignored = [*(namespace.ignored or ()), str(option_string)]


class _Kept(Action):
    """Keeps the name and its values as words of a command line."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        words = [values] if isinstance(values, str) else values or ()
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), str(option_string), *map(str, words)])


def add(parser: ArgumentParser) -> None:
    """Adds all of them to the command's."""
    parser.add_argument(
        "-d",
        "--directory",
        f"{PREFIX}directory",
        metavar="FOLDER",
        action="append",
        default=[],
        help="icloudpd's download folder; its templates of dates are cut off. May be given several times",
    )
    _ours(parser, "library-id", metavar="ID", help="the external library of Immich that sees the folder")
    _ours(parser, "server-url", metavar="URL", help="Immich (IMMICH_LOCAL_URL, IMMICH_EXTERNAL_URL)")
    _ours(parser, "api-key", metavar="KEY", help="an administrator's (IMMICH_API_KEY, which other users don't see)")
    _ours(
        parser, "path-map", metavar="HERE=THERE", action="append", default=[], help="a folder here = as Immich sees it"
    )
    for name, text in (
        ("stack-media", "stack these sizes, the first on top (adjusted, medium, original, alternative, thumb)"),
        ("favorite", "mark these sizes of favourites (all)"),
        ("associate-live-with-extra-sizes", "link live videos to these sizes, too (all)"),
    ):
        _ours(parser, name, metavar="SIZE", nargs="*", help=text)
    parser.add_argument(
        "-a", "--album", metavar="RULE", action="append", default=[], help="[sizes]:name, like [original]:iCloud/{:%%Y}"
    )
    parser.add_argument(f"{PREFIX}album", action="append", default=[], help=SUPPRESS)
    _ours(parser, "process-existing", action="store_true", help="also what is known, from the beginning")
    parser.add_argument("--process-existing-favorites", action="store_true", help="also favourites that are known")
    parser.add_argument(f"{PREFIX}process-existing-favorites", action="store_true", help=SUPPRESS)
    _ours(
        parser,
        "scan-timeout",
        metavar="SECONDS",
        type=seconds,
        default=5.0,
        help="for files to appear; 0: no limit (5)",
    )
    _ours(parser, "poll-interval", metavar="SECONDS", type=_pause, default=1.0, help="between two looks (1)")
    _ours(
        parser,
        "batch-process",
        metavar="N",
        nargs="?",
        type=_batch,
        const=0,
        default=BATCH,
        help=f"photos at a time ({BATCH}); all: at the end",
    )
    _ours(
        parser, "batch-log-file", metavar="FILE", nargs="?", type=Path, const=Path(BATCH_LOG), help="the plugin's file"
    )
    _ours(parser, "unset-favorites", action="store_true", help="unmark what is no favourite in iCloud any more")
    _ours(
        parser,
        "favorite-rating",
        metavar="N",
        type=int,
        choices=range(6),
        default=5,
        help="the rating by which icloudpd tells favourites (5)",
    )
    parser.add_argument(
        "--favorite-to-rating", dest="favorite_rating", nargs="?", type=int, choices=range(6), const=5, help=SUPPRESS
    )
    parser.add_argument("--upload", action="store_true", help="send the files: Immich does not see the folder")
    parser.add_argument("--since", metavar="DATE", type=day, help="only photos taken on this day or later")
    parser.add_argument("--watch", action="store_true", help="go on, and take photos as they come")
    parser.add_argument(
        "--interval", metavar="SECONDS", type=seconds, default=300.0, help="with --watch: a full look so often"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    parser.add_argument("--pending", action="store_true", help="list what is pending")
    parser.add_argument("--clear-pending", action="store_true", help="take what is pending for done")
    parser.add_argument("--json", action="store_true", help="a JSON object on each line")
    parser.add_argument("--log-file", metavar="FILE", type=Path, help="instead of sync_icloud.log in DATA_DIR")
    for name in _FLAGS:
        parser.add_argument(name, dest="ignored", action=_Ignored, nargs=0, help=SUPPRESS)
    for name in _WITH_VALUES:
        parser.add_argument(name, dest="ignored", action=_Ignored, help=SUPPRESS)


def add_for_icloudpd(parser: ArgumentParser, dest: str) -> None:
    """Adds the plugin's options to icloudpd's parser, which keeps them in `dest` as they are given."""
    ours = ArgumentParser(add_help=False)
    add(ours)
    for action in ours._actions:
        for name in action.option_strings:
            if name.startswith(PREFIX) and name != f"{PREFIX}directory":
                parser.add_argument(
                    name, dest=dest, action=_Kept, nargs=action.nargs, metavar=action.metavar, help=action.help
                )


def settle(given: dict[str, object]) -> list[str]:
    """Decides whose `--album` and `--process-existing-favorites` are: icloudpd's, in a line that is one for icloudpd.
    Gives the names of what is ignored."""
    ignored = texts(given["ignored"])
    is_icloudpds = not _ICLOUDPDS.isdisjoint(ignored)
    for name in ("album", "process_existing_favorites"):
        if given[name] and is_icloudpds:
            ignored.append(f"--{name.replace('_', '-')}")
            given[name] = given[f"immich_{name}"]
        else:
            given[name] = given[name] or given[f"immich_{name}"]
    return list(dict.fromkeys(ignored))


def _ours(parser: ArgumentParser, name: str, **how: object) -> None:
    """An option, and the same in the plugin's spelling."""
    parser.add_argument(f"--{name}", f"{PREFIX}{name}", **how)  # type: ignore[arg-type]


def _batch(text: str) -> int:
    """Photos at a time; 0: all."""
    if text == "all":
        return 0
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise ArgumentTypeError(f"{text!r} is neither a number of photos nor all")
    return int(text)


def _pause(text: str) -> float:
    """More than nothing: Immich would be asked without a break."""
    if (number := seconds(text)) <= 0:
        raise ArgumentTypeError("more than 0 seconds")
    return number
