"""For builds of icloudpd that have plugins: `icloudpd --plugin immich-drop …` hands over to `sync_icloud`.

icloudpd says what it did; what lies in its folder is read there by the command, as it is with the released icloudpd. So
nothing is kept here but how many photos have come since.
"""

import logging
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from ingest.commands import INTERRUPTED
from ingest.icloud import arguments

logger = logging.getLogger(__name__)

_GIVEN = "immich_drop_words"
BETWEEN = 100  # photos; each time the whole folder is looked through
_BATCH = f"{arguments.PREFIX}batch-process"


class ImmichDropPlugin:
    """Its interface is icloudpd's, which calls it by these names."""

    name = "immich-drop"
    version = "0.1.0"
    description = "makes a tidy Immich library of what is downloaded"

    def __init__(self) -> None:
        self._words: list[str] = []
        self._directories: list[str] = []
        self._batch: int | None = BETWEEN
        self._photos = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_for_icloudpd(parser, _GIVEN)

    def configure(
        self, config: Namespace, global_config: object = None, user_configs: Sequence[object] | None = None
    ) -> None:
        """`config` has the options of `add_arguments`; each of `user_configs` its download folder."""
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "immichdrop.settings")
        django.setup()
        self._words = list(getattr(config, _GIVEN, None) or ())
        folders = [getattr(each, "directory", None) for each in user_configs or (config,)]
        self._directories = [str(folder) for folder in folders if folder]
        if _BATCH in self._words:
            number = self._words[self._words.index(_BATCH) + 1 :][:1]
            self._batch = int(number[0]) if number and number[0].isdecimal() else None

    def on_download_all_sizes_complete(self, photo: object, dry_run: bool) -> None:
        self._photos += 1
        if self._batch is not None and self._photos >= self._batch and not dry_run:
            self._hand_over()

    def on_run_completed(self, dry_run: bool) -> None:
        self._hand_over(*(["--dry-run"] if dry_run else []))

    def cleanup(self) -> None:
        """What has not been handed over yet, after an interruption, the next run finds."""
        connections.close_all()

    def _hand_over(self, *more: str) -> None:
        """Whatever goes wrong is said, and ends no download. Raises KeyboardInterrupt alone."""
        self._photos = 0
        folders = [word for folder in self._directories for word in ("--directory", folder)]
        try:
            call_command("sync_icloud", *folders, *self._words, *more)
        except CommandError as error:
            logger.error("Immich Drop: %s", error)
        except SystemExit as end:
            if end.code == INTERRUPTED:  # it took icloudpd's Ctrl-C
                raise KeyboardInterrupt from end
            logger.warning("Immich Drop: ended with %s; the next run goes on.", end.code)
        except (DatabaseError, OSError) as error:
            logger.error("Immich Drop: %s; the next run goes on.", error)
        finally:
            connections.close_all()
