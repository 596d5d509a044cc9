"""Which host an Immich account is here: found, made, and kept in step with Immich."""

import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from immichdrop import immich
from immichdrop.login_errors import RefusedError
from immichdrop.models import ImmichAccount, User


def user_of(account: immich.User, *, is_admin: bool | None, present: User | None = None) -> User:
    """The host of this Immich account, made if there is none. `is_admin` None: their rights here stay as they are.

    `present`: who is logged in here already, and may have Immich added to a local account of the same address.
    Raises RefusedError for one who was switched off here, and for a name that belongs to somebody else.
    """
    try:
        with transaction.atomic():
            user = _found(account, present) or User.objects.create_user(
                account.email, immich_user_id=uuid.UUID(account.id)
            )
            _follow(user, account, is_admin)
    except IntegrityError:
        # The same person twice at the same moment: the other one made the row.
        found = _found(account, present)
        if found is None:
            raise
        user = found
    if not user.is_active:
        raise RefusedError(_("Your account is switched off here. Ask whoever runs this server."))
    return user


def link(user: User, account: immich.User) -> None:
    """Lets a local account be entered through Immich as well, when both have the same e-mail address.

    The person showed a key of that Immich account while logged in here. Another address may be a friend's key, whose
    owner would later land in a stranger's account.
    """
    if user.immich_user_id is None and user.email == account.email.lower():
        taken = User.objects.filter(immich_user_id=account.id)
        User.objects.filter(pk=user.pk, immich_user_id=None).exclude(Q(pk__in=taken)).update(immich_user_id=account.id)


def may_make_links(user: User) -> bool:
    """Whether this host's links would have an Immich to deliver into: their own, or the server's if that is for all."""
    return settings.ALLOW_SERVER_KEY or ImmichAccount.objects.connected_of(user) is not None


def _found(account: immich.User, present: User | None) -> User | None:
    known = User.objects.filter(immich_user_id=account.id).first()
    if known is not None:
        return known
    same = User.objects.filter(email__iexact=account.email).first()
    if same is None:
        return None
    if str(same.immich_user_id) == account.id:  # made by another login of the same person, just now
        return same
    if same.immich_user_id is not None or (same.has_usable_password() and same != present):
        # Never take over: an e-mail address proves nothing here. Whoever may make accounts in Immich could otherwise
        # make one with the address of this server's administrator, and be let in as that.
        raise RefusedError(
            _(
                "There is a local account with your e-mail address. If it is yours, sign in with its password first, "
                "and then connect Immich on your account page."
            )
        )
    return same


def _follow(user: User, account: immich.User, is_admin: bool | None) -> None:
    """Takes over what Immich says of them."""
    changed = {"immich_user_id": uuid.UUID(account.id), "name": account.name[:150]}
    email = account.email.lower()
    if not User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        changed["email"] = email
    # Who has a password of their own here was given their rights here.
    if settings.IMMICH_ADMINS_ARE_STAFF and is_admin is not None and not user.has_usable_password():
        changed |= {"is_staff": is_admin, "is_superuser": is_admin}
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=list(changed))
