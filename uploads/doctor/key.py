"""What an account's key may do, and whether the links' albums are there."""

from collections.abc import Iterator, Sequence

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from immichdrop.immich import AccessError
from immichdrop.key_permissions import Use, uses
from uploads.doctor.checks import Check, Part, State
from uploads.doctor.immich import Seen
from uploads.missing_albums import Wish

NAMED = 3  # links that are named; of others the number is told
LONGEST = 60  # characters of a name
# Without these nothing is delivered.
_ESSENTIAL = frozenset({"asset.upload"})


def checks(seen: Seen, part: Part, *, of_server: bool) -> Iterator[Check]:
    """Of the key; `of_server`: it is the one of the environment, else the host's own."""
    if problem := _problem(seen, of_server=of_server):
        state, words, advice = problem
        yield Check("key", part, _("The key"), state, words, advice)
    elif seen.granted is not None:
        yield from (_use(use, seen.granted, part) for use in uses(of_server=of_server))


def _problem(seen: Seen, *, of_server: bool) -> tuple[State, str, str] | None:
    another = (
        _("Make a key in Immich (Account settings, API keys), set it as IMMICH_API_KEY, and restart.")
        if of_server
        else _("Under Your account, connect your library again or paste another key.")
    )
    if seen.unreadable:
        return State.BAD, _("The secret of this server was changed, so the key can’t be read any more."), another
    if not seen.key:
        return State.BAD, _("There is no key. Uploads are safe here and wait."), another
    if isinstance(seen.refused, AccessError) and seen.granted is None:
        return State.BAD, _("Immich doesn’t take the key: %s.") % seen.refused.reason, another
    if seen.granted is None:
        return State.UNKNOWN, _("What it may do can’t be asked now."), ""
    return None


def _use(use: Use, granted: frozenset[str], part: Part) -> Check:
    name, detail = f"key.{use.permissions[0]}", ", ".join(use.permissions)
    if use.allowed(granted):
        return Check(name, part, str(use.title), State.OK, _("Allowed"), detail=detail)
    lacking = [each for each in use.permissions if each not in granted]
    advice = _("%(without)s Allow %(lacking)s: in Immich, Account settings, API keys.") % {
        "without": use.without,
        "lacking": ", ".join(lacking),
    }
    state = State.BAD if _ESSENTIAL.intersection(lacking) else State.ATTENTION
    return Check(name, part, str(use.title), state, _("Missing"), advice, detail)


def albums(seen: Seen, part: Part, missing: Sequence[Wish], *, named: bool) -> Check:
    """Whether the links find their albums. `named`: by their titles, else by their numbers in the database."""
    title = _("Albums of your links") if named else _("Albums of links")
    if not seen.wished:
        return Check("albums", part, title, State.OK, _("No open link is for an album."))
    if missing:
        shown = [f"“{Truncator(wish.title).chars(LONGEST)}”" if named else f"#{wish.pk}" for wish in missing[:NAMED]]
        more = len(missing) - len(shown)
        listed = ", ".join([*shown, *([_("%d more") % more] if more else [])])
        words = ngettext("%d link finds no album: %s", "%d links find no album: %s", len(missing))
        advice = _(
            "Files arrive in Immich, and in no album. Make an album of that name there, or let the key make albums"
            " (album.create), or give the link another one. Then Retry, in the link’s details, puts into it what came"
            " meanwhile."
        )
        return Check("albums", part, title, State.ATTENTION, words % (len(missing), listed), advice)
    if seen.shelf is None or None in {seen.shelf.has(wish) for wish in seen.wished}:
        return Check("albums", part, title, State.UNKNOWN, _("Immich did not tell of all of them."))
    number = len(seen.wished)
    words = ngettext(
        "%d open link finds its album, or gets it made.",
        "All %d open links find their albums, or get them made.",
        number,
    )
    return Check("albums", part, title, State.OK, words % number)
