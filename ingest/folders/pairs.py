"""Files that belong together: `NAME.ext.xmp` beside `NAME.ext`, and the two halves of a live photo."""

import errno
import os
from collections.abc import Iterator

from ingest.folders.walking import Choice, Seen, Walk

STILLS = (".heic", ".heif")
VIDEO = ".mov"
SIDECAR_MOST = 10_000_000  # bytes


class SidecarError(Exception):
    """There is a sidecar, and it can't be taken along."""


def is_still(path: str) -> bool:
    return path.lower().endswith(STILLS)


def is_video(path: str) -> bool:
    return path.lower().endswith(VIDEO)


def other_half(root: str, path: str, choice: Choice) -> Seen | None:
    """The wanted file that makes a live photo of this one: same folder, same stem, the other kind."""
    if is_still(path):
        kinds: tuple[str, ...] = (VIDEO,)
    elif is_video(path):
        kinds = STILLS
    else:
        return None
    return next(_beside(root, path.rpartition(".")[0], kinds, choice), None)


def _beside(root: str, stem: str, kinds: tuple[str, ...], choice: Choice) -> Iterator[Seen]:
    walk = Walk(root, choice, lambda *_: None)
    for kind in kinds:
        for written in (kind.upper(), kind, kind.capitalize()):
            yield from walk.one(f"{stem}{written}")


def sidecar_of(root: str, path: str, *, follow_symlinks: bool = False) -> bytes | None:
    """What stands in the sidecar of a file, None where there is none. Raises SidecarError."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_symlinks else os.O_NOFOLLOW)
    for ending in (".xmp", ".XMP"):
        full = os.path.join(root, f"{path}{ending}")  # noqa: PTH118
        try:
            descriptor = os.open(full, flags)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno == errno.ELOOP and not follow_symlinks:
                continue  # a link, which is passed over as others are
            raise SidecarError(f"Its sidecar can't be read: {error.strerror}.") from error
        with os.fdopen(descriptor, "rb") as file:
            try:
                content = file.read(SIDECAR_MOST + 1)
            except OSError as error:
                raise SidecarError(f"Its sidecar can't be read: {error.strerror}.") from error
        if len(content) > SIDECAR_MOST:
            raise SidecarError("Its sidecar is larger than 10 MB.")
        return content or None
    return None
