#!/usr/bin/env python3
"""Immich Drop's command line: `manage.py serve`, `worker`, `sandbox`, `create_invite` and Django's own commands."""

from immichdrop.command_line import main

if __name__ == "__main__":
    main()
