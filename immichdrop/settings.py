"""All settings of Immich Drop, read from the environment (docs/configuration.md has a line for each).

Nothing is required: with an empty environment the product starts on SQLite in `./data`.
"""

import sys
from pathlib import Path
from typing import Literal

from immichdrop import environment as env
from immichdrop import languages, secret
from ingest.downloads.platforms import PLATFORMS, chosen

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_dotenv(Path.cwd())

# --- this server

HOST = env.text("HOST", "0.0.0.0")  # noqa: S104 - a container has to listen on every interface
PORT = env.integer("PORT", 8080, least=0, most=65535)
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOG_FORMAT = env.choice("LOG_FORMAT", "TEXT", ("TEXT", "JSON"))
METRICS_TOKEN = env.text("METRICS_TOKEN")
DEBUG = env.flag("DEBUG", default=False)
TIME_ZONE = env.zone("TZ", "UTC")
PUBLIC_BASE_URL = env.address("PUBLIC_BASE_URL")
# Programs on this machine may always ask: a container's health check is one.
ALLOWED_HOSTS = [*env.names("ALLOWED_HOSTS", ["*"]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL] if PUBLIC_BASE_URL else []
EMBED_ORIGINS = env.origins("EMBED_ORIGINS")
# TRUSTED_PROXY is the older name.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", env.networks("TRUSTED_PROXY", env.PRIVATE_NETWORKS))

# --- where things are kept

DATA_DIR = Path(env.text("DATA_DIR", "data")).resolve()
SPOOL_DIR = DATA_DIR / "spool"
STAGING_DIR = DATA_DIR / "staging"
try:
    SPOOL_DIR.mkdir(parents=True, exist_ok=True)
    SECRET_KEY = env.text("SESSION_SECRET") or secret.load_or_make(DATA_DIR / "secret")
except OSError as error:
    raise env.refuse("DATA_DIR", str(DATA_DIR), f"a folder this user may write to ({error})") from error

DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "db.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # FULL, since NORMAL may roll back a committed row after a power loss; IMMEDIATE, since a transaction that reads
    # before it writes would otherwise fail under concurrency instead of waiting (docs/architecture.md has the numbers).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What immich-drop left, taken over at the first start (uploads/importing.py).
STATE_DB = Path(env.text("STATE_DB", str(DATA_DIR / "state.db"))).resolve()
IMPORT_STATE_DB = env.flag("IMPORT_STATE_DB", default=True)

REDIS_URL = env.redis("REDIS_URL")
# The library's own limits would end sockets: quiet ones (Channels lets Redis wait 5 seconds for a message), and those
# that come back by the hundred after a restart.
REDIS_PATIENCE = {"socket_timeout": 15, "max_connections": 10_000}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, **REDIS_PATIENCE}], "prefix": "immichdrop"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# --- Immich

# By the setting that names each; the first that is set is used.
IMMICH_ADDRESSES = {
    "IMMICH_BASE_URL": env.immich_address("IMMICH_BASE_URL"),
    "IMMICH_LOCAL_URL": env.immich_address("IMMICH_LOCAL_URL"),
    "IMMICH_EXTERNAL_URL": env.immich_address("IMMICH_EXTERNAL_URL"),
}
IMMICH_BASE_URL = next(filter(None, IMMICH_ADDRESSES.values()), "")
IMMICH_EXTERNAL_URL = IMMICH_ADDRESSES["IMMICH_EXTERNAL_URL"]
IMMICH_API_KEY = env.text("IMMICH_API_KEY")
ALLOW_SERVER_KEY = env.flag("ALLOW_SERVER_KEY", default=True)
IMMICH_ADMINS_ARE_STAFF = env.flag("IMMICH_ADMINS_ARE_STAFF", default=True)
IMMICH_ALBUM_NAME = env.text("IMMICH_ALBUM_NAME")
MAX_CONCURRENT = env.integer("MAX_CONCURRENT", 3, least=1, most=64)
RESTORE_TRASHED = env.flag("RESTORE_TRASHED", default=False)

# --- receiving

PUBLIC_UPLOAD_PAGE_ENABLED = env.flag("PUBLIC_UPLOAD_PAGE_ENABLED", default=False)
SERVICE_WORKER_ENABLED = env.flag("SERVICE_WORKER_ENABLED", default=True)
CHUNKED_UPLOADS_ENABLED = env.flag("CHUNKED_UPLOADS_ENABLED", default=True)
CHUNK_SIZE_MB = env.integer("CHUNK_SIZE_MB", 95, least=1, most=10_000)
MAX_FILE_SIZE_MB = env.integer("MAX_FILE_SIZE_MB", 50_000, least=1, most=10_000_000)
MAX_UNFINISHED_PER_GUEST = env.integer("MAX_UNFINISHED_PER_GUEST", 16, least=1, most=10_000)
MAX_PATCHES_PER_GUEST = env.integer("MAX_PATCHES_PER_GUEST", 8, least=1, most=1000)
EMPTY_EXPIRE_MINUTES = env.integer("EMPTY_EXPIRE_MINUTES", 10, least=1, most=100_000)
UNFINISHED_EXPIRE_HOURS = env.integer("UNFINISHED_EXPIRE_HOURS", 24, least=1, most=10_000)
SPOOL_FREE_MB = env.integer("SPOOL_FREE_MB", 0, least=0, most=1_000_000_000)
SPOOL_GRACE_HOURS = env.integer("SPOOL_GRACE_HOURS", 24, least=0, most=100_000)

# --- Shortcuts and scripts

LEGACY_OPEN_API = env.flag("LEGACY_OPEN_API", default=False)
TOKEN_IN_ADDRESS = env.flag("TOKEN_IN_ADDRESS", default=True)

# --- links that are downloaded

SOCIAL_MEDIA_UPLOADS_ENABLED = env.flag("SOCIAL_MEDIA_UPLOADS_ENABLED", default=False)
SOCIAL_MEDIA_PLATFORMS = env.some_of(
    "SOCIAL_MEDIA_PLATFORMS", ["tiktok", "instagram", "reddit", "youtube", "twitter"], list(PLATFORMS)
)
SOCIAL_MEDIA_TITLES = [platform.title for platform in chosen(SOCIAL_MEDIA_PLATFORMS)]
DOWNLOAD_CONCURRENCY = env.integer("DOWNLOAD_CONCURRENCY", 1, least=1, most=16)
DOWNLOAD_MAX_MB = env.integer("DOWNLOAD_MAX_MB", 2000, least=1, most=1_000_000)
DOWNLOAD_MINUTES = env.integer("DOWNLOAD_MINUTES", 30, least=1, most=1440)
URL_WAIT_SECONDS = env.integer("URL_WAIT_SECONDS", 25, least=0, most=300)

# --- folders (`sync_folder`)

SCREENSHOTS_PATH = env.text("SCREENSHOTS_PATH")

# --- Django

INSTALLED_APPS = [
    # First, since its runserver replaces Django's; only then, since Twisted costs every process 20 MB.
    *(["daphne"] if "runserver" in sys.argv[1:2] else []),
    "channels",
    "immichdrop",
    "invites",
    "uploads",
    "ingest.downloads",
    "ingest.folders",
    "ingest.icloud",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "immichdrop.security.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "immichdrop.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "immichdrop.security.SameOriginApiMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "invites.token_login.TokenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "immichdrop.urls"
ASGI_APPLICATION = "immichdrop.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_USER_MODEL = "immichdrop.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "invites.hashers.ImmichDropPasswordHasher",  # of imported links, until their next right password
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "menu"
SESSION_COOKIE_NAME = "drop_session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_BASE_URL.startswith("https:")
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = languages.SOURCE
LANGUAGES = list(languages.NAMES.items())
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "drop_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds
LANGUAGE_COOKIE_SAMESITE: Literal["Lax"] = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STATIC_ROOT = BASE_DIR / "static" / "collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "TEXT": {"()": "immichdrop.logs.TextFormatter"},
        "JSON": {"()": "immichdrop.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Its DEBUG lines would carry whole requests.
        "urllib3": {"level": "WARNING"},
        # Has an opinion on every picture without a date.
        "exifread": {"level": "CRITICAL"},
        # Counts the changes of every folder that is watched.
        "watchfiles": {"level": "WARNING"},
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True},
    },
}
