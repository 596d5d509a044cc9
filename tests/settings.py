"""The product's settings for tests: a data folder of their own, and nothing of this machine's environment."""

import atexit
import os
import shutil
import tempfile

_KEPT = ("DATABASE_URL",)
_OURS = (
    "HOST PORT DEBUG TZ LOG_LEVEL PUBLIC_BASE_URL EMBED_ORIGINS ALLOWED_HOSTS TRUSTED_PROXIES TRUSTED_PROXY"
    " DATABASE_URL REDIS_URL SESSION_SECRET IMMICH_BASE_URL IMMICH_LOCAL_URL IMMICH_EXTERNAL_URL IMMICH_API_KEY"
    " IMMICH_ALBUM_NAME MAX_CONCURRENT RESTORE_TRASHED PUBLIC_UPLOAD_PAGE_ENABLED CHUNKED_UPLOADS_ENABLED CHUNK_SIZE_MB"
    " MAX_FILE_SIZE_MB SPOOL_FREE_MB SPOOL_GRACE_HOURS MAX_UNFINISHED_PER_GUEST MAX_PATCHES_PER_GUEST"
    " EMPTY_EXPIRE_MINUTES UNFINISHED_EXPIRE_HOURS LOG_FORMAT METRICS_TOKEN STATE_DB IMPORT_STATE_DB"
    " SOCIAL_MEDIA_UPLOADS_ENABLED SOCIAL_MEDIA_PLATFORMS DOWNLOAD_CONCURRENCY DOWNLOAD_MAX_MB DOWNLOAD_MINUTES"
    " URL_WAIT_SECONDS ALLOW_SERVER_KEY IMMICH_ADMINS_ARE_STAFF LEGACY_OPEN_API TOKEN_IN_ADDRESS SERVICE_WORKER_ENABLED"
    " SCREENSHOTS_PATH"
).split()
for _name in _OURS:
    if _name not in _KEPT:
        os.environ[_name] = ""  # set, so that a .env in the working directory has no say; empty counts as unset

_folder = tempfile.mkdtemp(prefix="immich-drop-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["DATA_DIR"] = _folder
os.environ["TZ"] = "Europe/Berlin"
os.environ["SPOOL_FREE_MB"] = "50"

from immichdrop.settings import *  # noqa: E402, F403
from immichdrop.settings import DATA_DIR, DATABASES  # noqa: E402

if "sqlite" in str(DATABASES["default"]["ENGINE"]):
    # A file, since an in-memory database is one thread's alone.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",  # fast; the real one is Django's concern
    "invites.hashers.ImmichDropPasswordHasher",
]
