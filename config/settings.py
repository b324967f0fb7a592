"""Settings. Everything an operator may choose comes from the environment; see docs/operating.md."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.contrib.messages import constants as message_levels
from whitenoise.compress import Compressor

from config.logs import logging_settings
from config.secrets import kept_secret, private_folder

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _remote(address: str) -> str:
    """A folder as an absolute path, also from `file://`; any other address of DVC's as it is."""
    path = address.removeprefix("file://")
    return address if "://" in path else str(Path(path).resolve())


def _provider(name: str) -> list[dict[str, str]]:
    """Who we are to a provider of sign-ins; nothing where the operator gave no id or secret."""
    known = (env.str(f"ERRATA_{name.upper()}_{part}", "") for part in ("ID", "SECRET"))
    app = dict(zip(("client_id", "secret"), known, strict=True))
    return [app] if all(app.values()) else []


# --- Where things lie ----------------------------------------------------------------------------
ERRATA_HOME = private_folder(Path(env.str("ERRATA_HOME", "") or BASE_DIR / ".errata").resolve())
ERRATA_REPOS = Path(env.str("ERRATA_REPOS", str(ERRATA_HOME / "repos"))).resolve()
# A folder, or any address DVC understands.
ERRATA_DVC_REMOTE = _remote(env.str("ERRATA_DVC_REMOTE", "") or str(ERRATA_HOME / "dvc"))
# The private key that signs releases; made with the first one, never in the database.
ERRATA_SIGNING_KEY = Path(
    env.str("ERRATA_SIGNING_KEY", "") or ERRATA_HOME / "signing_key.pem"
).resolve()
# The hub's public address, as people and clients see it.
ERRATA_HUB = env.str("ERRATA_HUB", "http://127.0.0.1:8000").rstrip("/")

# --- Security ------------------------------------------------------------------------------------
DEBUG = env.bool("ERRATA_DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret(ERRATA_HOME / "secret_key")
_hub = urlsplit(ERRATA_HUB)
ALLOWED_HOSTS = sorted({_hub.hostname or "", "127.0.0.1", "localhost", "[::1]"} - {""})
CSRF_TRUSTED_ORIGINS = [f"{_hub.scheme}://{_hub.netloc}"]
# With an https hub everything is https; gunicorn believes X-Forwarded-Proto only from loopback
# or from the addresses in FORWARDED_ALLOW_IPS.
_https = _hub.scheme == "https"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
X_FRAME_OPTIONS = "DENY"
# HSTS for subdomains and preload lists speak for hosts that are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
AUTH_USER_MODEL = "registry.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- The application -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "registry",
    "submissions",
    "audits",
    "versions",
    "api",
    "pages",
    # After ours, so that our templates go first.
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.orcid",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pages.middleware.ContentPolicy",
    "allauth.account.middleware.AccountMiddleware",
    "pages.middleware.RequestLog",
    "django_htmx.middleware.HtmxMiddleware",
    "pages.middleware.Refusals",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.requests.site",
            ]
        },
    }
]
MESSAGE_TAGS = {message_levels.SUCCESS: "good", message_levels.ERROR: "bad"} | {
    message_levels.WARNING: "warn"
}
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Accounts: django-allauth, see docs/decisions ------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Closed: only whoever holds an invitation may sign up.
ERRATA_SIGNUP = env.str("ERRATA_SIGNUP", "closed")
ACCOUNT_ADAPTER = "registry.accounts.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_FORMS = {
    "add_email": "registry.forms.AddEmailForm",
    "change_password": "registry.forms.ChangePasswordForm",
    "login": "registry.forms.LoginForm",
    "reset_password": "registry.forms.ResetPasswordForm",
    "reset_password_from_key": "registry.forms.ResetPasswordKeyForm",
    "set_password": "registry.forms.SetPasswordForm",
    "signup": "registry.forms.SignupForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
# How many proxies of our own stand before the hub: their X-Forwarded-For is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("ERRATA_PROXIES", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = f"Errata {_hub.hostname}"
SOCIALACCOUNT_ADAPTER = "registry.accounts.SocialAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_FORMS = {"signup": "registry.forms.SocialSignupForm"}
SOCIALACCOUNT_QUERY_EMAIL = True
# A provider without id and secret is not offered.
SOCIALACCOUNT_PROVIDERS = {name: {"APPS": _provider(name)} for name in ("github", "orcid")}

# --- Mail: written as rows, sent by a task; without EMAIL_URL the staff pass the links on ---------
ERRATA_MAIL = bool(env.str("EMAIL_URL", ""))
if ERRATA_MAIL:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("ERRATA_MAIL_FROM", f"Errata <errata@{_hub.hostname}>")

# --- Database: services open transactions, nobody else -------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL")
    if env.str("DATABASE_URL", "")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(ERRATA_HOME / "errata.sqlite3")}
}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured: with these, concurrent writers wait for each other instead of failing. Recursive
    # triggers make REPLACE fire the locks on facts.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA recursive_triggers=ON;",
    }
    # Tests need a file too: one in memory knows neither WAL nor a second connection.
    DATABASES["default"]["TEST"] = {"NAME": str(ERRATA_HOME / "test.sqlite3")}
else:
    # Measured: compiling a query takes a second or two, and more than it saves ours.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

# --- Cache: what follows from rows that never change, in each process ----------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},  # each pair of 50 models is one, each file pulled too
    }
}

# --- Static files: collected ones only; releases have a view of their own ------------------------
STATIC_URL = "static/"
STATIC_ROOT = _folder(ERRATA_HOME / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are what takes long at each start, and only a debugger asks for them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- API: whoever forgets to say who may, lets nobody in -----------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.Nobody"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "api.errors.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Errata",
    "DESCRIPTION": "Benchmarks as living documents: report, audit, decide, release, pull.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ReportStatus": "submissions.states.ReportStatus",
        "CaseStatus": "audits.states.CaseStatus",
        "Outcome": "audits.states.Outcome",
        "FirstAnswer": "audits.states.First",
        "Bucket": "audits.states.Bucket",
        "Tier": "audits.states.Tier",
        "Role": "registry.models.Role",
        "RunStatus": "audits.states.RunStatus",
        "ReleaseStatus": ["frozen", "built", "published", "withdrawn"],  # as shown
        "Bump": "versions.states.Bump",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Largest file that the import page and the API take, in megabytes.
ERRATA_IMPORT_MB = env.int("ERRATA_IMPORT_MB", 100)
# A ruling's page sends a tick and an answer for each of up to 1,000 labels.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_500

# --- Background work -----------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    _broker = ERRATA_HOME / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_folder(_broker / "messages")),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_folder(_broker / "control")),
        "polling_interval": 0.03,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_keepalive": True}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "errata"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A broker that is down must not hold up a request: the sweep sends the message again.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
_SWEEP_SECONDS = 15.0
CELERY_BEAT_SCHEDULE_FILENAME = str(_folder(ERRATA_HOME / "beat") / "schedule")
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": _SWEEP_SECONDS, "options": {"expires": _SWEEP_SECONDS}}
    for name in (
        "audits.tasks.sweep_audits",
        "audits.tasks.sweep_uploads",
        "pages.tasks.tell_watchers",
        "registry.tasks.send_mails",
        "registry.tasks.sweep_imports",
        "versions.tasks.sweep_releases",
        "versions.tasks.sweep_scores",
    )
}
CELERY_BEAT_SCHEDULE["registry.tasks.fill_search"] = {
    "task": "registry.tasks.fill_search",
    "schedule": 300.0,
    "options": {"expires": 300.0},
}
CELERY_BEAT_SCHEDULE["audits.tasks.start_due_audits"] = {
    "task": "audits.tasks.start_due_audits",
    "schedule": 3_600.0,
    "options": {"expires": 3_600.0},
}
CELERY_BEAT_SCHEDULE["audits.tasks.mail_queues"] = {
    "task": "audits.tasks.mail_queues",
    "schedule": 21_600.0,
    "options": {"expires": 21_600.0},
}
# What an event makes look at once instead of at the next sweep: event kind -> names of tasks.
EVENT_TASKS: dict[str, list[str]] = {
    **{kind: ["audits.tasks.take_in_reports"] for kind in ("report.filed", "reports.imported")},
    **{
        kind: ["audits.tasks.learn_benchmark"]
        for kind in ("decision.made", "ruling.made", "audit.finished", "policy.set")
    },
    **{
        kind: ["versions.tasks.score_benchmark"]
        for kind in ("predictions.stored", "release.published")
    },
}
for _kind in (
    "benchmark.imported",
    "case.settled",
    "decision.made",
    "ruling.made",
    "text.removed",
):
    EVENT_TASKS.setdefault(_kind, []).append("registry.tasks.fill_search")

# --- Verifiers: built-ins and others alike, by dotted path, in the order they run ----------------
ERRATA_VERIFIERS = env.list(
    "ERRATA_VERIFIERS",
    default=[
        "audits.verifiers.limits.LimitsVerifier",
        "audits.verifiers.score_range.ScoreRangeVerifier",
        "audits.verifiers.contradiction.ContradictionVerifier",
        "audits.verifiers.explanation.ExplanationVerifier",
        "audits.verifiers.steps.StepsVerifier",
        "audits.verifiers.recalculate.RecalculateVerifier",
        "audits.verifiers.grounding.GroundingVerifier",
        "audits.verifiers.consensus.ConsensusVerifier",
    ],
)

# The models that verifiers may ask, and where; see docs/verifiers.md.
ERRATA_PANEL = Path(env.str("ERRATA_PANEL", "") or ERRATA_HOME / "panel.toml").resolve()

# --- Logs ----------------------------------------------------------------------------------------
LOGGING = logging_settings(level=env.str("ERRATA_LOG_LEVEL", "INFO").upper())
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# Logs name persons by public id alone, and never by address.
DJANGO_STRUCTLOG_USER_ID_FIELD = "public_id"
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
