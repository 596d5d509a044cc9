#!/usr/bin/env python3
"""Immich Drop's command line: `manage.py serve`, `worker`, `sandbox`, `create_invite` and Django's own commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "immichdrop.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Immich Drop can't start: {error}")


if __name__ == "__main__":
    main()
