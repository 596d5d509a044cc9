"""Immich's API: the only package that speaks it. It imports nothing of ours."""

from .album_users import AlbumRole, AlbumUser, Person
from .answers import (
    About,
    Album,
    Asset,
    Existing,
    Login,
    MediaTypes,
    NewKey,
    StackOf,
    Uploaded,
    User,
    Version,
)
from .assets import AssetUpload
from .client import Immich
from .errors import (
    AccessError,
    AdminNeeded,
    Forbidden,
    ImmichError,
    Invalid,
    NotFound,
    NotImmich,
    QuotaExceeded,
    Rejected,
    SlugTaken,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from .libraries import Library, Queue
from .multipart import FileUnreadable
from .oauth import LoginWays, login_ways, oauth_address, oauth_login
from .sessions import create_key, login, logout
from .shared_links import LinkSettings, LinkType, SharedLink
from .stacks import Stack
from .transport import Download

__all__ = [
    "About",
    "AccessError",
    "AdminNeeded",
    "Album",
    "AlbumRole",
    "AlbumUser",
    "Asset",
    "AssetUpload",
    "Download",
    "Existing",
    "FileUnreadable",
    "Forbidden",
    "Immich",
    "ImmichError",
    "Invalid",
    "Library",
    "LinkSettings",
    "LinkType",
    "Login",
    "LoginWays",
    "MediaTypes",
    "NewKey",
    "NotFound",
    "NotImmich",
    "Person",
    "Queue",
    "QuotaExceeded",
    "Rejected",
    "SharedLink",
    "SlugTaken",
    "Stack",
    "StackOf",
    "TooLarge",
    "Unauthorised",
    "Unavailable",
    "Uploaded",
    "User",
    "Version",
    "create_key",
    "login",
    "login_ways",
    "logout",
    "oauth_address",
    "oauth_login",
]
