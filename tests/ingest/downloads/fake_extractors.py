"""Extractors of the tests' platform, loaded by the download's process: yt-dlp's and gallery-dl's, in one module.

`Post` asks the platform for the post's JSON, which is yt-dlp's own info dictionary.
"""

import os
import socket
import subprocess
from pathlib import Path

import certifi
import requests.adapters

CA = str(Path(__file__).with_name("ca.pem"))
certifi.where = lambda: CA  # the platform's certificate is made by the tests
requests.adapters.DEFAULT_CA_BUNDLE_PATH = CA

from gallery_dl.extractor.common import Extractor, Message  # noqa: E402
from yt_dlp.extractor.common import InfoExtractor  # noqa: E402
from yt_dlp.utils import ExtractorError  # noqa: E402


class PostIE(InfoExtractor):
    _VALID_URL = r"https://(?:www\.)?fake\.example/post/(?P<id>[\w-]+)"

    def _real_extract(self, url: str) -> dict[str, object]:
        found = self._download_json(f"https://fake.example/api/{self._match_id(url)}", self._match_id(url))
        match found.pop("say", ""):
            case "login":
                self.raise_login_required("This post is for followers")
            case "geo":
                self.raise_geo_restricted(countries=["NL"])
            case "no video":
                self.raise_no_formats("There is no video in this post", expected=True)
            case "exec":
                os.system("touch started")
            case "run":
                said = subprocess.run(found["command"], capture_output=True, text=True, timeout=30)
                found["title"] = f"{said.returncode} {said.stdout.strip()}"
            case "environment":
                found["title"] = " ".join(os.environ)
            case "memory":
                bytearray(1_200_000_000)
            case "read":
                found["title"] = Path(found["path"]).read_text()
            case "link":
                Path("0001.mp4").symlink_to(found["path"])  # where the video would come
            case "pipe":
                Path("errors.log").unlink()
                os.mkfifo("errors.log")
                os._exit(1)
            case "direct":
                socket.create_connection(("127.0.0.1", found["port"]), timeout=5)
            case str(words) if words:
                raise ExtractorError(words, expected=True)
        if m3u8 := found.pop("m3u8", None):
            found["formats"] = self._extract_m3u8_formats(m3u8, found["id"], "mp4")
        return found


class GalleryExtractor(Extractor):
    category = "fake"
    pattern = r"https://(?:www\.)?fake\.example/post/([\w-]+)"

    def items(self):  # type: ignore[no-untyped-def]
        found = self.request(f"https://fake.example/gallery/{self.groups[0]}").json()
        yield Message.Directory, "", found
        for number, picture in enumerate(found["pictures"], 1):
            yield Message.Url, picture, {**found, "num": number, "filename": f"p{number}", "extension": "jpg"}
