"""Settings, read from the environment. Every name that an operator may set stands in docs/operating.md."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from tenantry.project import embedded_postgres


def _env(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


TENANTRY_HOME = Path(_env("TENANTRY_HOME") or Path.cwd() / ".tenantry").absolute()
TENANTRY_DEMO = _env("TENANTRY_DEMO") == "1"
TENANTRY_PUBLIC_URL = _env("TENANTRY_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
TENANTRY_INSTALLATION = _env("TENANTRY_INSTALLATION", "main")
TENANTRY_HOST_APPS = [name for name in _env("TENANTRY_HOST_APPS").split(",") if name]
TENANTRY_VENDOR: dict[str, Any] = {
    "name": _env("TENANTRY_VENDOR_NAME", "SecurityTrax" if TENANTRY_DEMO else "Your vendor"),
    "address_lines": [line for line in _env("TENANTRY_VENDOR_ADDRESS").split("|") if line],
    "tax_id": _env("TENANTRY_VENDOR_TAX_ID"),
    "email": _env("TENANTRY_VENDOR_EMAIL", "billing@vendor.test"),
    "logo": _env("TENANTRY_VENDOR_LOGO"),
}
TENANTRY_GATEWAY = _env("TENANTRY_GATEWAY", "sandbox")
TENANTRY_GATEWAY_URL = _env("TENANTRY_GATEWAY_URL", "http://127.0.0.1:8001").rstrip("/")
TENANTRY_GATEWAY_KEY = _env("TENANTRY_GATEWAY_KEY", "sandbox")
TENANTRY_GATEWAY_WEBHOOK_SECRETS = [s for s in _env("TENANTRY_GATEWAY_WEBHOOK_SECRETS").split(",") if s]
TENANTRY_GATEWAY_ACCOUNT = _env("TENANTRY_GATEWAY_ACCOUNT")
TENANTRY_TAX = json.loads(_env("TENANTRY_TAX", '{"kind": "none"}'))
TENANTRY_RETRY_AFTER_DAYS = tuple(int(d) for d in _env("TENANTRY_RETRY_AFTER_DAYS", "2,5,9").split(",") if d)


def _kept_secret(name: str) -> str:
    """Take a secret from the environment, else make one and keep it in the home, readable by its owner."""
    if value := _env(name):
        return value
    path = TENANTRY_HOME / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8")


SECRET_KEY = _kept_secret("TENANTRY_SECRET_KEY")
TENANTRY_LINK_KEYS = [tuple(pair) for pair in json.loads(_env("TENANTRY_LINK_KEYS") or "[]")] or [
    ("1", _kept_secret("TENANTRY_LINK_SECRET"))
]

DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
ROOT_URLCONF = "tenantry.project.urls"
WSGI_APPLICATION = "tenantry.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = _env("TENANTRY_USER_MODEL", "tenantry_companies.User")
APPEND_SLASH = True
_public = urlsplit(TENANTRY_PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = [_public.hostname or "127.0.0.1", *(h for h in _env("TENANTRY_HOSTS").split(",") if h)]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "tenantry.ui",  # before the sign-in library, whose templates it replaces
    "allauth",
    "allauth.account",
    "procrastinate.contrib.django",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials.apps.SimpleAppConfig",
    "tenantry.records.base",
    "tenantry.records.companies",
    "tenantry.records.catalog",
    "tenantry.records.subscriptions",
    "tenantry.records.invoices",
    "tenantry.records.payments",
    "tenantry.records.billing_runs",
    "tenantry.records.notices",
    "tenantry.portal",
    "tenantry.backoffice",
    "tenantry.sdk",
    *(name for name in _env("TENANTRY_EXTRA_APPS").split(",") if name),
    *TENANTRY_HOST_APPS,
]

MIDDLEWARE = [
    "tenantry.project.middleware.AnswerRefusals",
    "tenantry.project.middleware.CompressPages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenantry.ui.context.page",
                *(["tenantry.project.demo.strip.demo_strip"] if TENANTRY_DEMO else []),
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]


def _database(url: str, *, pool: bool) -> dict[str, object]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    seconds = _env("TENANTRY_STATEMENT_TIMEOUT_SECONDS", "10")
    options: dict[str, object] = {
        "options": f"-c lock_timeout=3s -c statement_timeout={seconds}s -c idle_in_transaction_session_timeout=15s"
    }
    if pool:
        options["pool"] = {"min_size": 1, "max_size": int(_env("TENANTRY_POOL_SIZE", "8")), "timeout": 10}
    else:
        options["options"] = "-c lock_timeout=30s"
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(query.get("port", parts.port or "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


_urls = (_env("DATABASE_URL"), _env("DATABASE_OWNER_URL") or _env("DATABASE_URL"))
if not _urls[0]:
    _urls = embedded_postgres.running_urls(TENANTRY_HOME) or ("postgresql:///", "postgresql:///")
DATABASES = {
    "default": _database(_urls[0], pool=_env("TENANTRY_POOL", "1") == "1"),
    "owner": _database(_urls[1], pool=False),
}

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tenantry.project.accounts.Accounts"
ACCOUNT_FORMS = {
    "login": "tenantry.project.sign_in.SignInForm",
    "reset_password": "tenantry.project.sign_in.NewPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = _env("TENANTRY_USER_EMAIL_FIELD", "email")
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
TENANTRY_FIRST_PASSWORD = "tenantry.project.accounts.first_password_url"  # noqa: S105 - the name of a function

_cookie = "__Host-" if IS_HTTPS else ""
_of_this = "" if IS_HTTPS else f"_{_public.port or 80}"
SESSION_COOKIE_NAME = f"{_cookie}tenantry_session{_of_this}"
CSRF_COOKIE_NAME = f"{_cookie}tenantry_csrf{_of_this}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "tenantry.project.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE, "'strict-dynamic'"],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, TENANTRY_GATEWAY_URL],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
_collected = TENANTRY_HOME / "static"
STATIC_ROOT = _collected if _collected.is_dir() else None  # without a collection the packages' own files are served
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

TENANTRY_MAILS = TENANTRY_HOME / "mails"
if _env("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _env("EMAIL_HOST")
    EMAIL_PORT = int(_env("EMAIL_PORT", "25"))
    EMAIL_HOST_USER = _env("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = _env("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = _env("EMAIL_USE_TLS") == "1"
    EMAIL_TIMEOUT = 15
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = TENANTRY_MAILS
DEFAULT_FROM_EMAIL = TENANTRY_VENDOR["email"]

PROCRASTINATE_WORKER_DEFAULTS = {"update_heartbeat_interval": 5.0, "stalled_worker_timeout": 30.0}
PROCRASTINATE_IMPORT_PATHS = ["tenantry.jobs.tasks", "tenantry.jobs.schedule"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "tenantry.project.logs.JsonLines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "root": {"handlers": ["out"], "level": _env("TENANTRY_LOG_LEVEL", "WARNING")},
    "loggers": {
        "tenantry": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
    },
}
