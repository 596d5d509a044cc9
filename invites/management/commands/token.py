"""`manage.py token`: API tokens from the command line."""

import json
from datetime import datetime
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.models import User
from immichdrop.schema import ensure_migrated
from invites.api_tokens import Scope
from invites.links import end_of_validity
from invites.models import ApiToken
from invites.tokens import TokenError, create_token


class Described(TypedDict):
    """One token, for programs. `owner` is null for the server's own; `token` is there once, where it was made."""

    id: int
    name: str
    owner: str | None
    state: str
    scopes: list[str]
    album: str
    expires: str | None
    last_used: str | None
    token: NotRequired[str]


class Command(BaseCommand):
    help = "Makes, lists and revokes API tokens, by which Shortcuts and scripts send files."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a token, and print it: it is shown this once")
        create.add_argument("name", help="what it is for, such as iPhone")
        whose = create.add_mutually_exclusive_group(required=True)
        whose.add_argument("--owner", help="e-mail address of the host whose Immich it sends to")
        whose.add_argument("--server", action="store_true", help="no host's: it sends to the Immich of the environment")
        create.add_argument("--scope", nargs="+", choices=[scope.value for scope in Scope], default=["files", "links"])
        create.add_argument("--album", default="", help="Immich album, by its exact name; made if missing")
        create.add_argument("--expires", help="ISO date (end of that day) or date-time with offset")
        list_ = actions.add_parser("list", help="the tokens there are, without what they open")
        list_.add_argument("--owner", help="e-mail address of a host: only theirs")
        revoke = actions.add_parser("revoke", help="end tokens for good, at once")
        revoke.add_argument("id", nargs="+", type=int, help="as `token list` has it")
        for each in (create, list_):
            each.add_argument("--json", action="store_true", help="print JSON for programs")

    def handle(self, *, action: str, **options: object) -> None:
        ensure_migrated()
        if action == "create":
            self._create(options)
        elif action == "list":
            self._list(options)
        else:
            self._revoke(options["id"])

    def _create(self, options: dict[str, object]) -> None:
        scopes = [Scope(str(each)) for each in options["scope"]] if isinstance(options["scope"], list) else []
        try:
            token, secret = create_token(
                _host(options["owner"]),
                str(options["name"]),
                scopes,
                album_name=str(options["album"]),
                expires_at=_moment(options["expires"]),
            )
        except TokenError as error:
            raise CommandError("; ".join(f"{field}: {words}" for field, words in error.problems.items())) from error
        self.stdout.write(json.dumps({**_described(token), "token": secret}) if options["json"] else secret)

    def _list(self, options: dict[str, object]) -> None:
        tokens = ApiToken.objects.select_related("owner")
        if owner := _host(options["owner"]):
            tokens = tokens.filter(owner=owner)
        found = [_described(each) for each in tokens]
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        head = ["ID", "NAME", "OWNER", "STATE", "MAY", "LAST USED"]
        rows = [head]
        for each in found:
            may = ",".join(each["scopes"])
            whose, used = each["owner"] or "server", each["last_used"] or "never"
            rows.append([str(each["id"]), each["name"], whose, each["state"], may, used])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def _revoke(self, ids: object) -> None:
        wanted = ids if isinstance(ids, list) else []
        missing = sorted({*wanted} - {*ApiToken.objects.filter(pk__in=wanted).values_list("pk", flat=True)})
        if missing:
            raise CommandError(
                f"There is no token {', '.join(map(str, missing))}; `token list` has them. None is revoked."
            )
        count = ApiToken.objects.filter(pk__in=wanted).revoke()
        self.stdout.write(f"{count} revoked.")


def _host(email: object) -> User | None:
    if not email:
        return None
    host = User.objects.filter(email__iexact=str(email)).first()
    if host is None:
        raise CommandError(f"--owner {email!r}: there is no host with this e-mail address.")
    return host


def _moment(said: object) -> datetime | None:
    if not said:
        return None
    try:
        return end_of_validity(str(said), ZoneInfo(settings.TIME_ZONE))
    except (ValueError, OverflowError) as error:
        raise CommandError(f"--expires {said!r} is not a date: {error}.") from error


def _described(token: ApiToken) -> Described:
    return Described(
        id=token.pk,
        name=token.name,
        owner=token.owner.email if token.owner else None,
        state=token.state.value,
        scopes=[each.value for each in token.scopes],
        album=token.album_name,
        expires=token.expires_at.isoformat(timespec="seconds") if token.expires_at else None,
        last_used=token.last_used_at.isoformat(timespec="seconds") if token.last_used_at else None,
    )
