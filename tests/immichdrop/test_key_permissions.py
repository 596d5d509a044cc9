"""The docs tell the permissions that keys made here are given."""

import re
from pathlib import Path

from immichdrop.key_permissions import PERMISSIONS, USES
from immichdrop.sandbox import permissions
from immichdrop.sandbox.versions import BY_MAJOR

INSTALL = Path(__file__).resolve().parents[2] / "docs" / "install.md"


def test_the_docs_tell_every_permission_and_no_other() -> None:
    table = INSTALL.read_text().split("| Permission | For |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`([a-zA-Z]+\.[a-z]+)`", table)) == PERMISSIONS


def test_every_version_knows_them() -> None:
    for api in BY_MAJOR.values():
        assert set(permissions.names(api)) >= PERMISSIONS


def test_a_use_needs_all_of_its_permissions() -> None:
    albums = USES[1]
    assert albums.allowed(frozenset(albums.permissions))
    assert albums.allowed(frozenset({"all"}))
    assert not albums.allowed(frozenset(albums.permissions[:-1]))
