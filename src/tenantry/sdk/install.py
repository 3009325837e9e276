"""What a host's own Django project names to have Tenantry in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["APPS", "CONTEXT_PROCESSORS", "FIRST_MIDDLEWARE", "JOBS", "MIDDLEWARE", "SETTINGS", "URLS"]

APPS = (
    "tenantry.ui",
    "allauth",
    "allauth.account",
    "procrastinate.contrib.django",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials",
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
)
"""For INSTALLED_APPS, in this order, after Django's own and before the host's."""

FIRST_MIDDLEWARE = ("tenantry.project.middleware.AnswerRefusals",)
"""For the front of MIDDLEWARE: request ids, headers of every answer, and an answer to what went wrong."""

MIDDLEWARE = (
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
)
"""For MIDDLEWARE, after Django's session, authentication and message middleware."""

CONTEXT_PROCESSORS = ("tenantry.ui.context.page",)
"""For the context processors of the template engine, which also needs Django's `request`, `auth` and `messages`."""

URLS = "tenantry.project.urls"
"""To include at the root, after the host's own routes: sign-in, the portal, the back office.

The apps named in TENANTRY_HOST_APPS have their `urls` mounted under `/{company}/admin/`.
"""

JOBS = ("tenantry.jobs.tasks", "tenantry.jobs.schedule")
"""For PROCRASTINATE_IMPORT_PATHS: what `tenantry worker` runs. Without it nothing is billed, charged or mailed."""

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "AUTH_USER_MODEL": "the host's user model, or tenantry_companies.User",
        "DATABASES": "PostgreSQL twice: default as the app role, without ATOMIC_REQUESTS, and owner for migrations",
        "TENANTRY_HOST_APPS": "the host's apps that have pages under /{company}/admin/",
        "TENANTRY_VENDOR": "name, address_lines, tax_id and email of the seller",
        "TENANTRY_HOME": "a folder for secrets, logs and, without a mail server, mails",
        "TENANTRY_PUBLIC_URL": "where people reach the product",
        "TENANTRY_INSTALLATION": "a name that never changes; it is part of the keys that the gateway sees",
        "TENANTRY_GATEWAY": "which payment gateway is used",
        "TENANTRY_GATEWAY_URL": "where it is",
        "TENANTRY_GATEWAY_KEY": "the secret that it knows us by",
        "TENANTRY_GATEWAY_WEBHOOK_SECRETS": "the secrets that sign its events; more than one while they are rotated",
        "TENANTRY_GATEWAY_ACCOUNT": "our account there, or empty: events of another one are ignored",
        "PROCRASTINATE_IMPORT_PATHS": "JOBS, and the host's own",
        "TENANTRY_TAX": "the tax port and its rates",
        "TENANTRY_RETRY_AFTER_DAYS": "on which days after a decline to charge again",
        "TENANTRY_LINK_KEYS": "pairs of key id and secret, the newest first, for download links",
        "TENANTRY_DEMO": "True only in the demo, which has a clock of its own",
        "TENANTRY_IDENTITY": "optional: a module that reads the host's own people",
        "TENANTRY_FIRST_PASSWORD": "optional: a function that gives a user the address to choose a first password at",
    }
)
"""Settings that a host's project gives, each with what it means."""
