"""`manage.py create_invite`: a link from the command line."""

import json
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.models import User
from immichdrop.schema import ensure_migrated
from invites.links import end_of_validity
from invites.models import Invite
from invites.queries import UNLIMITED


class Command(BaseCommand):
    help = "Makes a link that guests can send photos and videos through."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="what the page is headed with")
        parser.add_argument("--album", default="", help="Immich album, by its exact name; made if missing")
        parser.add_argument(
            "--max-uses",
            type=int,
            default=UNLIMITED,
            help="-1: no limit (default); 1: one-time, for the first guest; n: that many files",
        )
        parser.add_argument("--expires", help="ISO date (end of that day) or date-time with offset")
        parser.add_argument("--password", default="")
        parser.add_argument("--owner", help="e-mail address of the host")
        parser.add_argument("--json", action="store_true", help="print token and url as JSON")

    def handle(
        self,
        *,
        name: str,
        album: str,
        max_uses: int,
        expires: str | None,
        password: str,
        owner: str | None,
        **options: object,
    ) -> None:
        ensure_migrated()
        invite = Invite(name=name, album_name=album, max_uses=max_uses)
        if expires:
            try:
                invite.expires_at = end_of_validity(expires, ZoneInfo(settings.TIME_ZONE))
            except (ValueError, OverflowError) as error:
                raise CommandError(f"--expires {expires!r} is not a date: {error}.") from error
        if owner:
            invite.owner = User.objects.filter(email__iexact=owner).first()
            if invite.owner is None:
                raise CommandError(f"--owner {owner!r}: there is no host with this e-mail address.")
        if max_uses == 0:
            raise CommandError("--max-uses 0 would be a link nobody can use; -1 means no limit.")
        try:
            invite.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(f"{k}: {v[0]}" for k, v in error.message_dict.items())) from error
        invite.set_password(password)
        invite.save()
        self.stdout.write(self._describe(invite, as_json=bool(options["json"])))

    @staticmethod
    def _describe(invite: Invite, *, as_json: bool) -> str:
        base = settings.PUBLIC_BASE_URL or f"http://localhost:{settings.PORT}"
        url = f"{base}{invite.path}"
        return json.dumps({"token": invite.token, "url": url}) if as_json else url
