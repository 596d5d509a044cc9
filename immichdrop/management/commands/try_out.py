"""`manage.py try_out`: what `make run` starts, the product with all that is needed to try it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from immichdrop.models import User
from immichdrop.sandbox import running
from immichdrop.schema import ensure_migrated
from invites.models import Invite

EMAIL = "host@example.org"
NAME = "Try Immich Drop"
ALBUM = "Immich Drop"


class Command(BaseCommand):
    help = "Serves Immich Drop with a host's login and a ready link, and a sandbox Immich if none is set."

    def handle(self, **options: object) -> None:
        ensure_migrated()
        lines = [*self._host(), ("Invite link", self._invite())]
        environment = dict(os.environ)
        with ExitStack() as stack:
            if not settings.IMMICH_BASE_URL:
                sandbox = stack.enter_context(running(settings.DATA_DIR / "sandbox", jobs_after=3.0))
                environment["IMMICH_BASE_URL"] = sandbox.url
                environment["IMMICH_API_KEY"] = sandbox.api_key
                lines.append(("Sandbox Immich", f"{sandbox.url} (shows what arrived)"))
            width = max(len(title) for title, _ in lines)
            for title, text in lines:
                self.stdout.write(f"  {title:<{width}}  {text}")
            self.stdout.flush()
            sys.exit(self._serve(environment))

    def _host(self) -> list[tuple[str, str]]:
        """The address, and a host's login; the password is made once and kept beside the database."""
        base = _base_url(_own_address())
        shown = [("Address", f"{base}/login?way=local")]
        kept = settings.DATA_DIR / "try-out-password"
        if not kept.exists() and not User.objects.exists():
            _write_privately(kept, secrets.token_urlsafe(9))
            User.objects.create_superuser(EMAIL, kept.read_text(), name="")
        if kept.exists() and User.objects.filter(email=EMAIL).exists():
            shown.append(("Host's login", f"{EMAIL}  password: {kept.read_text()}"))
        return shown

    def _invite(self) -> str:
        invite = Invite.objects.existing().filter(name=NAME).first()
        if invite is None:
            invite = Invite.objects.create(
                name=NAME,
                album_name=ALBUM,
                welcome_text="Choose a few photos and videos. They arrive in Immich by themselves.",
            )
        return f"{_base_url(_own_address())}{invite.path}"

    @staticmethod
    def _serve(environment: dict[str, str]) -> int:
        """Runs `serve` as a child, in a session of its own so that Ctrl+C reaches it once, and hands signals on."""
        command = [sys.executable, sys.argv[0], "serve"]
        child = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _: child.send_signal(received))
        return child.wait()


def _write_privately(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _base_url(address: str) -> str:
    return settings.PUBLIC_BASE_URL or f"http://{address}:{settings.PORT}"


def _own_address() -> str:
    """This machine's address in its network, which a phone can open; no packet is sent to find it."""
    if settings.HOST not in ("0.0.0.0", "::"):  # noqa: S104
        return settings.HOST
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "localhost"
