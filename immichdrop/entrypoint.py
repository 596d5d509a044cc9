"""What the image starts: gives the data folder to `PUID:PGID`, becomes them, and puts the command in its own place.

A container begins as root, since its volume may be new, or one that immich-drop wrote as root. Where it begins as
somebody else (`user:` in a compose file) files are left as they are.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from immichdrop import environment as env

LARGEST_ID = 2**32 - 2  # the one above means "leave it as it is"


def give(folder: Path, uid: int, gid: int) -> None:
    """Makes `folder` and all that is in it `uid`'s and `gid`'s; what is mounted inside is left alone. Raises OSError.

    Every file is looked at, and those that are somebody else's are given. 200,000 take less than a second, and there is
    no note of what was done that could be wrong: an earlier start that was cut off is made up for, and so is what root
    wrote since.
    """
    device = folder.stat().st_dev
    for _, folders, files, here in os.fwalk(folder, onerror=_raise):
        # By descriptor and never through symbolic links, so that nobody who writes here can lead root elsewhere.
        mounted = [name for name in (".", *folders, *files) if not _give_one(name, here, (uid, gid), device)]
        folders[:] = [name for name in folders if name not in mounted]


def _give_one(name: str, here: int, owner: tuple[int, int], device: int) -> bool:
    """Whether this is on the folder's own file system, and theirs now."""
    with suppress(FileNotFoundError):  # deleted by another container while we looked
        found = os.stat(name, dir_fd=here, follow_symlinks=False)
        if found.st_dev != device:
            return False
        if (found.st_uid, found.st_gid) != owner:
            os.chown(name, *owner, dir_fd=here, follow_symlinks=False)
    return True


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def step_down(folder: Path) -> None:
    """From root to `PUID:PGID`, for good, with the data folder in their hands."""
    uid = env.integer("PUID", 1000, least=0, most=LARGEST_ID)
    gid = env.integer("PGID", 1000, least=0, most=LARGEST_ID)
    if folder == Path("/"):
        raise env.refuse("DATA_DIR", str(folder), "a folder of its own, such as /data")
    try:
        give(folder, uid, gid)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{error.filename!r} in DATA_DIR ({folder}) can't be given to PUID and PGID, {uid}:{gid} ({error.strerror})"
            ". Set them to the user and group that it belongs to, or start the container as those (user:)."
        ) from error
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Root may not become PUID and PGID, {uid}:{gid} ({error.strerror}). Leave the container its capabilities"
            f" SETUID and SETGID, or start it with user: {uid}:{gid}."
        ) from error


def check_writable(folder: Path) -> None:
    """Refuses a data folder that this user can't keep anything in, before the database says so in its own words."""
    mine = f"{os.getuid()}:{os.getgid()}"
    for path in (folder, folder / "spool", folder / "db.sqlite3"):
        if os.access(path, os.F_OK) and not os.access(path, os.R_OK | os.W_OK):
            found = path.stat()
            raise ImproperlyConfigured(
                f"DATA_DIR is {str(folder)!r}, but user {mine} may not write to {path}, which belongs to"
                f" {found.st_uid}:{found.st_gid}. Give the folder to them (chown -R {mine}), or start the container as"
                " root, without user:, and with PUID and PGID."
            )


def main() -> NoReturn:
    if not (command := sys.argv[1:]):
        sys.exit("Give the command to start, such as: python manage.py serve")
    folder = Path(env.text("DATA_DIR", "data")).resolve()
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise env.refuse("DATA_DIR", str(folder), f"a folder this user may write to ({error})") from error
        if os.getuid() == 0:
            step_down(folder)
        check_writable(folder)
    except ImproperlyConfigured as error:
        sys.exit(f"Immich Drop can't start: {error}")
    os.umask(0o077)  # nobody else on the machine has to read what guests send
    os.environ["HOME"] = str(folder)  # root's is closed to them
    try:
        os.execvp(command[0], command)  # noqa: S606 - whoever starts the container says what it runs
    except OSError as error:
        sys.exit(f"Can't start {command[0]!r}: {error.strerror}.")


if __name__ == "__main__":
    main()
