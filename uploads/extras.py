"""Words into Immich: a guest's own, where the link's host wants it, as each file's description and as a tag; and what a
downloaded post said of its files.

Only what this product brought there is touched: of an asset that was there before, nothing is changed by a guest.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from immichdrop.immich import Forbidden, Immich, Rejected
from invites.models import Invite, Visit
from uploads.delivery import Found
from uploads.models import Upload

ROOT = "Drop"  # the tag above all others of ours


def add(found: Sequence[Found], immich: Immich) -> None:
    """Adds them, with a note for the host where the key may not. Raises ImmichError for what passes."""
    for each in found:
        if each.upload.description and not each.duplicate:
            _try([each], "described", partial(immich.update_assets, description=_with_guests_words(each.upload)))
    for (guest_id, _), members in _by_visit(found).items():
        invite = members[0].upload.invite
        assert invite
        visit = Visit.objects.filter(guest=guest_id, invite=invite).first()
        if invite.describe and (words := description(visit)):
            plain = [each for each in members if not each.upload.description]
            _try(plain, "described", partial(immich.update_assets, description=words))
        if invite.tag:
            _try(members, "tagged", partial(_tag, immich, tag(invite, visit)))


def _by_visit(found: Sequence[Found]) -> dict[tuple[int | None, int], list[Found]]:
    groups: dict[tuple[int | None, int], list[Found]] = defaultdict(list)
    for each in found:
        invite = each.upload.invite
        if invite and not each.duplicate and (invite.describe or invite.tag):
            groups[each.upload.guest_id, invite.pk].append(each)
    return groups


def _with_guests_words(upload: Upload) -> str:
    """What a file came with, and behind it what its guest said, where the link's host wants it."""
    invite = upload.invite
    visit = Visit.objects.filter(guest=upload.guest_id, invite=invite).first() if invite and invite.describe else None
    return "\n".join(words for words in (upload.description, description(visit)) if words)


def description(visit: Visit | None) -> str:
    """What a guest's files are described with; empty when the guest said nothing."""
    name, message = (visit.name, visit.message) if visit else ("", "")
    if not message:
        return f"From {name}" if name else ""
    return f"{name}: {message}" if name else message


def tag(invite: Invite, visit: Visit | None) -> str:
    """`Drop/<link>/<guest>`, in Immich's notation: slashes part the levels, so that no level holds one."""
    levels = [ROOT, invite.title, visit.name if visit else ""]
    return "/".join(level.replace("/", "-").strip() for level in levels if level.strip())


def _tag(immich: Immich, name: str, asset_ids: Sequence[str]) -> None:
    immich.tag_assets(immich.upsert_tags([name])[name], asset_ids)


def _try(members: Sequence[Found], what: str, change: Callable[[Sequence[str]], None]) -> None:
    """The files are in Immich in any case, so that a refusal is a note and no failure."""
    if not members:
        return
    try:
        change(list(dict.fromkeys(each.existing.asset_id for each in members)))
    except (Forbidden, Rejected) as error:
        for each in members:
            each.notes.append(f"It could not be {what} in Immich: {error.reason}.")
