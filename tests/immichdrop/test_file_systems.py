"""SQLite is refused on other machines' disks, at the start and with a reason."""

from pathlib import Path

import pytest

from immichdrop.file_systems import check_database_folder, kind_of

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
nas:/volume1 /mnt/nas nfs4 rw,vers=4.1 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
me@host: /mnt/far fuse.sshfs rw 0 0
short line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib/drop", "ext4"),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nas/drop/data", "nfs4"),
        ("/mnt/nas/local/data", "ext4"),
        ("/mnt/my share/data", "cifs"),
        ("/mnt/nasty", "ext4"),
    ],
)
def test_the_innermost_mount_counts(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("path", ["/mnt/nas/data", "/mnt/my share", "/mnt/far/x"])
def test_a_network_file_system_is_refused(path: str) -> None:
    (error,) = check_database_folder(Path(path), MOUNTS)
    assert path in error.msg
    assert "DATABASE_URL" in str(error.hint)


def test_a_local_disk_is_fine() -> None:
    assert check_database_folder(Path("/mnt/nas/local/data"), MOUNTS) == []


def test_nothing_is_known_without_mounts() -> None:
    assert check_database_folder(Path("/data"), "") == []
