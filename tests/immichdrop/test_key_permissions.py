"""The docs tell the permissions that keys made here are given."""

import re
from pathlib import Path

from immichdrop.key_permissions import PERMISSIONS, USES, uses
from immichdrop.sandbox import permissions
from immichdrop.sandbox.versions import BY_MAJOR

ALL = frozenset(permission for use in USES for permission in use.permissions)
INSTALL = Path(__file__).resolve().parents[2] / "docs" / "install.md"


def test_the_docs_tell_every_permission_and_no_other() -> None:
    table = INSTALL.read_text().split("| Permission | For |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`([a-zA-Z]+\.[a-z]+)`", table)) == ALL


def test_every_version_knows_them() -> None:
    for api in BY_MAJOR.values():
        assert set(permissions.names(api)) >= ALL


def test_a_use_needs_all_of_its_permissions() -> None:
    albums = USES[1]
    assert albums.allowed(frozenset(albums.permissions))
    assert albums.allowed(frozenset({"all"}))
    assert not albums.allowed(frozenset(albums.permissions[:-1]))


def test_keys_of_hosts_may_not_touch_libraries() -> None:
    libraries = frozenset({"library.read", "library.update"})
    assert not libraries & PERMISSIONS
    assert [use for use in uses(of_server=True) if libraries & set(use.permissions)]
