"""Settings by environment. Nothing configured means: this machine, SQLite, a local Redis, debug pages off.

Every variable is listed in docs/running.md. Secrets come from the environment only; without SECRET_KEY a key is made once
and kept in DATA_DIR (single-machine set-ups), never in the repository.
"""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from calls.vault import derive_key, parse_key
from config import schedule
from config.helpers import env
from config.helpers.database import database
from config.helpers.logs import log_settings
from config.helpers.network import reachable_address

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

ENVIRONMENT = env.choice("ENVIRONMENT", "local", ("local", "test", "production"))
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.boolean("DEBUG", False)
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
env.load_dotenv(DATA_DIR / "run" / "stack.env")  # the Redis of a running `make run`, for manage.py beside it


def _secret_key() -> str:
    """The configured key; outside production one made on first use and kept with mode 0600."""
    configured = env.text("SECRET_KEY", "")
    if configured:
        if len(configured) < 32:
            raise env.EnvError("SECRET_KEY must have at least 32 characters")
        return configured
    if PRODUCTION:
        raise env.EnvError("SECRET_KEY is not set; production needs one of at least 32 characters")
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            path.hardlink_to(draft)  # the first process wins, the others read what it wrote
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()
PORT = env.integer("PORT", 8000, low=1, high=65535)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", urlsplit(PUBLIC_URL).hostname or "") if PRODUCTION else ["*"]
ALLOWED_ORIGINS = env.words("ALLOWED_ORIGINS", PUBLIC_URL)
CSRF_TRUSTED_ORIGINS = [origin for origin in ALLOWED_ORIGINS if origin.startswith(("http://", "https://"))]
SECURE_TRANSPORT = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    # Its `runserver`; elsewhere it would only load Twisted into every worker and command.
    *(["daphne"] if "runserver" in sys.argv else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "accounts",
    "calls",
    "transcripts",
    "dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "django.template.context_processors.i18n",
                "config.helpers.context.organisation",
            ],
        },
    },
]


# A test database may forget everything at a power cut; with WAL, NORMAL loses nothing at a crash of ours.
SQLITE_SYNC = "OFF" if ENVIRONMENT == "test" else "NORMAL"


DATABASES = {
    "default": database(
        env.text("DATABASE_URL", f"sqlite:///{DATA_DIR}/db.sqlite3"),
        base=BASE_DIR,
        data=DATA_DIR,
        sqlite_sync=SQLITE_SYNC,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "cc"},
    },
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cc",
    },
}

# --- accounts -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "calls:desk"
LOGOUT_REDIRECT_URL = "accounts:login"
AXES_FAILURE_LIMIT = env.integer("LOGIN_FAILURE_LIMIT", 5, low=1)
AXES_COOLOFF_TIME = timedelta(minutes=env.integer("LOGIN_LOCKOUT_MINUTES", 15, low=1))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "config.helpers.addresses.client_ip"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
INVITATION_DAYS = env.integer("INVITATION_DAYS", 7, low=1)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TRANSPORT
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_PROXY", PRODUCTION) else None
)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION and SECURE_TRANSPORT else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "connect-src": [SELF, "ws:", "wss:"]
        if not PRODUCTION
        else [SELF, PUBLIC_URL.replace("http", "ws", 1)],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
    },
}

# --- REST -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.helpers.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.helpers.envelope.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "login": env.text("RATE_LOGIN", "20/min"),
        "place-call": env.text("RATE_PLACE_CALL", "20/min"),
        "read": env.text("RATE_READ", "600/min"),
        "join-room": env.text("RATE_JOIN_ROOM", "60/min"),
        "chat": env.text("RATE_CHAT", "240/min"),
        "files": env.text("RATE_FILES", "30/min"),
        "conversation": env.text("RATE_CONVERSATION", "30/min"),
    },
    "NUM_PROXIES": env.integer("PROXY_COUNT", 1 if PRODUCTION else 0, low=0),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=24),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "USER_ID_CLAIM": "user_id",
    "TOKEN_OBTAIN_SERIALIZER": "accounts.tokens.RoleTokenSerializer",
    "CHECK_REVOKE_TOKEN": True,
    "REVOKE_TOKEN_CLAIM": "fingerprint",
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Contact centre",
    "VERSION": "0.1.0",
    "DESCRIPTION": "Calls, offers and transcripts. Agents send a JWT; customers send their call's capability token.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {"RoomKindEnum": "calls.models.room.RoomKind"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "validatorUrl": None},
}

# An error report tells where, never what somebody said.
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.helpers.reports.QuietReporterFilter"

# --- languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "ko", ("ko", "en"))
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Asia/Seoul")

# --- static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # stays empty, but whitenoise warns when it is not there
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.helpers.static.HashedModulesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

# --- calls ----------------------------------------------------------------------------------------------------------
ORGANISATION = {
    "ko": env.text("ORGANISATION_NAME", "한빛구청"),
    "en": env.text("ORGANISATION_NAME_EN", "Hanbit District Office"),
}
OFFER_SECONDS = env.integer("OFFER_SECONDS", 20, low=3, high=300)
DESK_LEASE_SECONDS = env.integer("DESK_LEASE_SECONDS", 25, low=5)
PARTICIPANT_LEASE_SECONDS = env.integer("PARTICIPANT_LEASE_SECONDS", 25, low=5)
# Where clamd looks at files of chats: clamd://host:3310. Empty: files are taken without a look.
ATTACHMENT_SCANNER = env.text("ATTACHMENT_SCANNER", "")
# Pages in a room renew their place every two seconds; who is not heard of for so long is out.
ROOM_LEASE_SECONDS = env.integer("ROOM_LEASE_SECONDS", 14, low=4)
GRACE_SECONDS = env.integer("GRACE_SECONDS", 60, low=5)
DIRECT_TIMEOUT_SECONDS = env.integer("DIRECT_TIMEOUT_SECONDS", 5, low=1)
CONNECT_TIMEOUT_SECONDS = env.integer("CONNECT_TIMEOUT_SECONDS", 60, low=10)
CALL_LINK_HOURS = env.integer("CALL_LINK_HOURS", 24, low=1)
RETENTION_DAYS = env.integer("RETENTION_DAYS", 90, low=1)
SOCKET_MESSAGE_BYTES = env.integer("SOCKET_MESSAGE_BYTES", 262_144, low=16_384)
SOCKET_MESSAGES_PER_SECOND = env.integer("SOCKET_MESSAGES_PER_SECOND", 50, low=5)


def _recording_keys() -> tuple[bytes, ...]:
    """The first seals, all open. The key derived from SECRET_KEY seals where none is given (never in production),
    and goes on opening what it sealed.
    """
    names = env.words("RECORDING_KEYS", "")
    if PRODUCTION and not names:
        raise env.EnvError("RECORDING_KEYS is not set; production needs one of 32 bytes in base64")
    try:
        return (*(parse_key(name) for name in names), derive_key(SECRET_KEY))
    except ValueError as error:
        raise env.EnvError(f"RECORDING_KEYS: a key {error}") from None


RECORDING_KEYS = _recording_keys()
PLACE_FORM_RATE = env.text("RATE_PLACE_FORM", "20/min")

# --- media ----------------------------------------------------------------------------------------------------------
MEDIA_LISTEN_HOST = env.text("MEDIA_LISTEN_HOST", "0.0.0.0")  # noqa: S104 - browsers reach it from anywhere
MEDIA_PORT = env.integer("MEDIA_PORT", 10000, low=0, high=65535)
MEDIA_ANNOUNCED_ADDRESS = env.text("MEDIA_ANNOUNCED_ADDRESS", "") or reachable_address(MEDIA_LISTEN_HOST)
STUN_URLS = env.words("STUN_URLS", "")
TURN_URLS = env.words("TURN_URLS", "")
TURN_SECRET = env.text("TURN_SECRET", "")
TURN_CREDENTIAL_SECONDS = env.integer("TURN_CREDENTIAL_SECONDS", 3600 * 6, low=60)
ICE_TRANSPORT_POLICY = env.choice("ICE_TRANSPORT_POLICY", "all", ("all", "relay"))
if TURN_URLS and not TURN_SECRET:
    raise env.EnvError("TURN_URLS is set but TURN_SECRET is not")

# --- speech ---------------------------------------------------------------------------------------------------------
SPEECH_MODEL_LIVE = env.text("SPEECH_MODEL_LIVE", "base")
SPEECH_MODEL_OFFLINE = env.text("SPEECH_MODEL_OFFLINE", "small")
# Takes over while captions are far behind, if it is installed; "" for none.
SPEECH_MODEL_OVERLOAD = env.text("SPEECH_MODEL_OVERLOAD", "tiny")
# What waits longer than this is left to the final transcript.
CAPTION_BACKLOG_SECONDS = env.integer("CAPTION_BACKLOG_SECONDS", 60, low=10)
SPEECH_MODEL_DIR = Path(env.text("SPEECH_MODEL_DIR", str(DATA_DIR / "models")))
# Seconds of sound that Whisper is given at least for a caption, and for what is being said just now: fewer are quicker, 30
# are its whole window.
SPEECH_CAPTION_WINDOW = env.integer("SPEECH_CAPTION_WINDOW", 15, low=5, high=30)
SPEECH_DRAFT_WINDOW = env.integer("SPEECH_DRAFT_WINDOW", 10, low=5, high=30)
SPEECH_THREADS = env.integer("SPEECH_THREADS", 1, low=1)
SPEECH_DEVICE = env.choice("SPEECH_DEVICE", "auto", ("auto", "cpu", "cuda"))
SPEECH_COMPUTE_TYPE = env.text("SPEECH_COMPUTE_TYPE", "auto")
# A transcription server elsewhere: used only where a model setting says "remote".
SPEECH_REMOTE_URL = env.text("SPEECH_REMOTE_URL", "")
SPEECH_REMOTE_KEY = env.text("SPEECH_REMOTE_KEY", "")
SPEECH_REMOTE_MODEL = env.text("SPEECH_REMOTE_MODEL", "")
SPEECH_REMOTE_TIMEOUT = env.integer("SPEECH_REMOTE_TIMEOUT", 30, low=1, high=300)
# The assistant's language model and voice, by an endpoint that speaks OpenAI's protocol. Without a model it gives the answers
# of the house word for word; without a voice model espeak-ng speaks.
ASSISTANT_URL = env.text("ASSISTANT_URL", "")
ASSISTANT_KEY = env.text("ASSISTANT_KEY", "")
ASSISTANT_MODEL = env.text("ASSISTANT_MODEL", "")
ASSISTANT_VOICE_MODEL = env.text("ASSISTANT_VOICE_MODEL", "")
ASSISTANT_PRICE_IN = env.amount("ASSISTANT_PRICE_IN")
ASSISTANT_PRICE_OUT = env.amount("ASSISTANT_PRICE_OUT")
ASSISTANT_CURRENCY = env.text("ASSISTANT_CURRENCY", "USD")
ASSISTANT_TIMEOUT = env.integer("ASSISTANT_TIMEOUT", 20, low=1, high=120)
# The fixture model knows only its own sentences: for the test suite, never for people.
ALLOW_FIXTURE_SPEECH = env.boolean("ALLOW_FIXTURE_SPEECH", False)
if ALLOW_FIXTURE_SPEECH and ENVIRONMENT != "test":
    raise env.EnvError("ALLOW_FIXTURE_SPEECH is for ENVIRONMENT=test only")

# --- Celery ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 7200,
    "global_keyprefix": "cc-celery:",
    # Queues in the order of -Q: what is said now goes before everything else.
    "queue_order_strategy": "priority",
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = schedule.ROUTES
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = schedule.SCHEDULE
CELERY_TASK_ALWAYS_EAGER = env.boolean("CELERY_EAGER", False)

# --- monitoring -----------------------------------------------------------------------------------------------------
# Behind a proxy every request comes from the proxy's own network: PROXY_COUNT tells whom it stands for.
METRICS_ALLOWED = env.words("METRICS_ALLOWED", "127.0.0.0/8,::1")
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- logs: ids, never customers' words; tokens stand in paths, so no access log ------------------------------------
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = log_settings(LOG_FORMAT, LOG_LEVEL)
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
