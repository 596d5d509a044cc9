"""Where SQLite must not live: file systems of other machines, whose locks and flushes it can't trust.

Source: "How To Corrupt An SQLite Database File", section 2, and its advice on network file systems (sqlite.org).
"""

import re
from pathlib import Path

from django.core import checks
from django.db import connection

MOUNTS = Path("/proc/mounts")
NETWORKED = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|9p|ceph|glusterfs|lustre|fuse\.(sshfs|s3fs|rclone|davfs2|glusterfs)|davfs"
)


def kind_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, by a table as in /proc/mounts; empty when it is not listed."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Blanks in a mount point are written as octal escapes.
        point = Path(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[1]))
        if (path == point or point in path.parents) and len(point.parts) > best:
            best, kind = len(point.parts), fields[2]
    return kind


def check_database_folder(path: Path, mounts: str) -> list[checks.CheckMessage]:
    kind = kind_of(path, mounts)
    if not NETWORKED.fullmatch(kind):
        return []
    return [
        checks.Error(
            f"The SQLite database would be on a network file system ({kind}) at {path}.",
            hint="Its locks and flushes can't be trusted there, and files would be lost. Put DATA_DIR on a local disk,"
            " or set DATABASE_URL to a PostgreSQL database.",
            id="immichdrop.E001",
        )
    ]


@checks.register(checks.Tags.files)
def sqlite_on_a_local_disk(**_: object) -> list[checks.CheckMessage]:
    """Refuses the start on a network file system, which `serve` and `worker` ask for."""
    if connection.vendor != "sqlite" or not MOUNTS.exists():
        return []
    return check_database_folder(Path(str(connection.settings_dict["NAME"])).resolve().parent, MOUNTS.read_text())
