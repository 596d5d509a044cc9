"""`manage.py serve`: the product in one process, Uvicorn and the delivery threads."""

import asyncio
import signal
import socket
import sys

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.asgi import application, legacy_app, plain_form_app, share_app, shortcuts_app, tus_app, urls_app
from immichdrop.schema import ensure_migrated
from ingest.downloads.worker import downloads_here
from uploads import progress, spool
from uploads.importing import import_at_start
from uploads.worker import Worker

STOP_SECONDS = 20  # for running requests and deliveries to end after SIGTERM


class Server(uvicorn.Server):
    """Uvicorn, which tells the rest of the process when it starts and ends."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        progress.attach(asyncio.get_running_loop())
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        tus_app.stop()
        legacy_app.stop()
        shortcuts_app.stop()
        urls_app.stop()
        plain_form_app.stop()
        share_app.stop()
        await super().shutdown(sockets)
        progress.attach(None)


class Command(BaseCommand):
    help = "Serves Immich Drop and delivers what was received."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen on (HOST)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port (PORT)")
        parser.add_argument("--no-worker", action="store_true", help="receive only; `manage.py worker` delivers")

    def handle(self, *, host: str, port: int, no_worker: bool, **options: object) -> None:
        ensure_migrated()
        if settings.IMPORT_STATE_DB:
            import_at_start(settings.STATE_DB)
        listener = self._listen(host, port)
        server = Server(
            uvicorn.Config(
                application,
                lifespan="off",  # Django has no use for it
                proxy_headers=False,  # immichdrop.proxies knows whom to believe
                server_header=False,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=STOP_SECONDS,
                ws_ping_interval=30,
            )
        )
        worker = None if no_worker else Worker(spool.default(), settings.MAX_CONCURRENT)
        downloads = None if no_worker else downloads_here()
        if worker:
            worker.start()
        shown = host if ":" not in host else f"[{host}]"
        self.stdout.write(f"Immich Drop serves http://{shown}:{listener.getsockname()[1]}")
        if not settings.IMMICH_BASE_URL:
            self.stderr.write("IMMICH_BASE_URL is not set: files are received and wait.")
        if settings.LEGACY_OPEN_API:
            self.stderr.write(
                "LEGACY_OPEN_API is set: anybody who reaches this server may send files, without a token."
            )
        self.stdout.flush()
        for number in (signal.SIGINT, signal.SIGTERM):
            # Uvicorn takes them while it runs, and raises them again at its end, when deliveries still have to end.
            signal.signal(number, signal.SIG_IGN)
        try:
            server.run(sockets=[listener])
        finally:
            if downloads:
                downloads.stop(STOP_SECONDS)
            if worker:
                worker.stop(STOP_SECONDS)
        if not server.started:
            sys.exit(1)

    @staticmethod
    def _listen(host: str, port: int) -> socket.socket:
        """The listening socket. Accepted ones inherit TCP_NODELAY, so that small answers leave at once."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            listener.close()
            raise CommandError(f"Can't listen on {host}, port {port}: {error.strerror}.") from error
        return listener
