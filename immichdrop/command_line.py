"""The commands, for `manage.py` and for the console script `immichdrop`, where dashes may stand for underscores."""

import os
import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main(arguments: Sequence[str] | None = None) -> None:
    """`arguments`: the program's name first, as in `sys.argv`, which is the default."""
    program, *rest = sys.argv if arguments is None else arguments
    if rest:
        rest[0] = rest[0].replace("-", "_") if not rest[0].startswith("-") else rest[0]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "immichdrop.settings")
    try:
        execute_from_command_line([program, *rest])
    except ImproperlyConfigured as error:
        sys.exit(f"Immich Drop can't start: {error}")
