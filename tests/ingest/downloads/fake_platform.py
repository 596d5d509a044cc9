"""A social platform of the tests' own: https on loopback, behind names of the tests' internet."""

import datetime
import json
import shutil
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest.downloads.platforms import Platform

# Where the real extractors look for posts and files of the platforms that `posts_of_platforms` plays.
PLAYED = (
    *("www.tiktok.com", "v16.tiktokcdn.com", "p16.tiktokcdn.com"),
    *("www.instagram.com", "i.instagram.com", "scontent.cdninstagram.com"),
    *("www.reddit.com", "old.reddit.com", "v.redd.it", "i.redd.it", "preview.redd.it"),
    *("www.youtube.com", "rr1.googlevideo.com"),
    *("x.com", "api.x.com", "cdn.syndication.twimg.com", "video.twimg.com", "pbs.twimg.com"),
)
NAMES = ("fake.example", "cdn.example", "short.fake.example", *PLAYED)
FAKE = Platform(
    "fake",
    "Fake",
    ("fake.example",),
    ("fake_extractors:PostIE",),
    "https://fake.example/post/1",
    "bestvideo[ext=mp4]+bestaudio[ext=m4a]/best[ext=mp4]/best",
    galleries=("noop",),
    posts=r"/post/[\w-]+",
    short=r"^https://short\.fake\.example/",
)
Answer = Callable[[BaseHTTPRequestHandler], None]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for the platform's names, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


class FakePlatform:
    """`posts`: id → what its API says, or a status. `files`: path → bytes, a status, or a function that answers.

    `pages`: the same by host and path, and JSON, for the platforms that it plays; or by host and the path's last part.
    """

    def __init__(self, folder: Path) -> None:
        self.extractors = folder / "extractors"
        self.extractors.mkdir()
        shutil.copy(Path(__file__).with_name("fake_extractors.py"), self.extractors / "fake_extractors.py")
        pem, key = certificate(self.extractors)
        self.posts: dict[str, dict[str, object] | int] = {}
        self.galleries: dict[str, dict[str, object] | int] = {}
        self.files: dict[str, bytes | int | str | Answer] = {}
        self.pages: dict[str, dict[str, object] | list[object] | bytes | int | str | Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                platform.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                platform.answer(self)

            do_HEAD = do_GET  # noqa: N815

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                pass  # whoever is cut off leaves in the middle

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        # In the thread of each connection: one that never says hello must hold up nobody else.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def forget(self) -> None:
        for each in (self.posts, self.galleries, self.files, self.pages):
            each.clear()
        self.asked.clear()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        kind, _, name = path.lstrip("/").partition("/")
        table = {"api": self.posts, "gallery": self.galleries}.get(kind)
        usual = table.get(name, 404) if table is not None else self.files.get(path, 404)
        host, last = request.headers["Host"], path.rpartition("/")[2]
        found = self.pages.get(f"{host}{path}", self.pages.get(f"{host}/{last}", usual))
        if callable(found):
            found(request)
        elif isinstance(found, int):
            send(request, b"", found)
        elif isinstance(found, str):
            send(request, b"", 302, Location=found)
        else:
            send(request, found if isinstance(found, bytes) else json.dumps(found).encode())


def send(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)
