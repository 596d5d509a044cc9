"""Immich's API: the only package that speaks it. It imports nothing of ours."""

from .answers import (
    About,
    Album,
    Asset,
    Existing,
    Login,
    MediaTypes,
    Uploaded,
    User,
    Version,
)
from .assets import AssetUpload
from .client import Immich
from .errors import (
    AccessError,
    Forbidden,
    ImmichError,
    Invalid,
    NotFound,
    NotImmich,
    QuotaExceeded,
    Rejected,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from .multipart import FileUnreadable
from .sessions import login, logout
from .transport import Download

__all__ = [
    "About",
    "AccessError",
    "Album",
    "Asset",
    "AssetUpload",
    "Download",
    "Existing",
    "FileUnreadable",
    "Forbidden",
    "Immich",
    "ImmichError",
    "Invalid",
    "Login",
    "MediaTypes",
    "NotFound",
    "NotImmich",
    "QuotaExceeded",
    "Rejected",
    "TooLarge",
    "Unauthorised",
    "Unavailable",
    "Uploaded",
    "User",
    "Version",
    "login",
    "logout",
]
