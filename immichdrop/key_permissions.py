"""What an API key has to be allowed, and what for: one list for keys made here, the account page and the docs."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Use:
    """`without`: what a host reads when the key lacks one of the permissions.

    `of_hosts`: only keys that hosts have connected need it; `of_server`: only the environment's.
    """

    title: str | Promise
    permissions: tuple[str, ...]
    without: str | Promise
    of_hosts: bool = False
    of_server: bool = False

    def allowed(self, granted: frozenset[str]) -> bool:
        return "all" in granted or granted.issuperset(self.permissions)


SHARED_LINKS = (
    *("sharedLink.create", "sharedLink.read", "sharedLink.update", "sharedLink.delete"),
    *("album.share", "asset.share"),
)

USES = (
    Use(
        _("Add photos and videos"),
        ("asset.upload",),
        _("Nothing can be delivered. Files are safe here and wait."),
    ),
    Use(
        _("Find and make albums, and add to them"),
        ("album.read", "album.create", "albumAsset.create"),
        _("Files arrive in Immich, but in no album."),
    ),
    Use(
        _("Write guests’ words into the description"),
        ("asset.read", "asset.update"),
        _("Names and messages of guests stay here."),
    ),
    Use(
        _("Tag what comes through a link"),
        ("tag.create", "tag.asset"),
        _("Files arrive without tags."),
    ),
    Use(
        _("Show and download what arrived"),
        ("asset.view", "asset.download"),
        _("You see names, but no pictures, of what is in Immich already."),
    ),
    Use(
        _("Share albums with users of Immich"),
        ("albumUser.create", "albumUser.update", "albumUser.delete"),
        _("You can’t share a link’s album with users of Immich here."),
    ),
    Use(
        _("Move to the trash, and bring back from it"),
        ("asset.delete",),
        _("Guests can’t take back what is in Immich, and files in its trash stay there."),
    ),
    Use(
        _("Share back by Immich’s shared links"),
        SHARED_LINKS,
        _("Shared links can’t be made or changed from here."),
    ),
    Use(
        _("Say whose key it is"),
        ("user.read",),
        _("You can’t sign in with this key, and this page can’t show whose library it is."),
    ),
    Use(
        _("Revoke itself when you disconnect"),
        ("apiKey.delete",),
        _("When you disconnect, delete the key in Immich yourself."),
        of_hosts=True,
    ),
    Use(
        _("Register and stack photos from iCloud"),
        ("library.read", "library.update", "stack.create", "stack.read", "stack.update", "stack.delete"),
        _("The command sync_icloud can’t do its work."),
        of_server=True,
    ),
)


def uses(*, of_server: bool) -> tuple[Use, ...]:
    """What the environment's key is for, or else one that a host has connected."""
    return tuple(use for use in USES if not (use.of_hosts if of_server else use.of_server))


# Of the keys that are made here for hosts.
PERMISSIONS = frozenset(permission for use in uses(of_server=False) for permission in use.permissions)
