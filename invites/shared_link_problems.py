"""What stands in the way of a shared link, in words for its host."""

from django.utils.translation import gettext

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import Forbidden, ImmichError, NotFound, Rejected, SlugTaken, Unauthorised
from invites.shared_links import NoLibraryError

# Whatever opening a host's library, and asking it for something, can raise.
STANDS_IN_THE_WAY = (NoLibraryError, SecretChangedError, ImmichError)


def words_of(error: Exception) -> str:
    """`error` is one of STANDS_IN_THE_WAY. A permission that is lacking is named as Immich's page of keys has it."""
    match error:
        case NoLibraryError():
            return gettext("Connect your own Immich library first: shared links are made there.")
        case SecretChangedError():
            return gettext("The secret of this server was changed, so your key can’t be read any more.")
        case Forbidden() if error.permission:
            words = gettext("The API key lacks %(lacking)s. Allow it in Immich: Account settings, API keys.")
            return words % {"lacking": error.permission}
        case Forbidden() | Unauthorised():
            return gettext("Immich doesn’t take this key any more.")
        case SlugTaken():
            return gettext("This address is taken, perhaps by somebody else in this Immich. Please choose another one.")
        case NotFound():
            return gettext("Immich has it no more, or it is somebody else’s.")
        case Rejected():
            return gettext("Immich didn’t do it: “%(reason)s”") % {"reason": error.reason}
        case _:
            return gettext("Immich can’t be reached right now. Please try again in a moment.")
