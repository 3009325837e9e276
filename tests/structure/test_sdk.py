"""The public API of a host: its names are pinned, each is explained, and a host can stand on it alone."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tenantry import sdk
from tests.structure.source import ROOT, tree
from tests.ui import test_templates as templates

PUBLIC = {
    "admin_cards": {"ACCOUNTING", "BILLING_ADMIN", "AdminCard", "register_card", "register_link"},
    "entitlements": {"OutsideItsCompany", "is_enabled"},
    "forms": {
        "CompanyForm", "Money", "MoneyField", "PercentField", "form_part", "money_words", "percent_words",
    },
    "gates": {
        "AddOnOff", "GatedChoice", "off_words", "only_enabled", "require_addon", "running_with", "writing_with",
    },
    "impact": {"AddOnDeclaration", "ConfigureLink", "Impact", "declare_addon"},
    "install": {"APPS", "CONTEXT_PROCESSORS", "FIRST_MIDDLEWARE", "JOBS", "MIDDLEWARE", "SETTINGS", "URLS"},
    "isolation": {
        "COMPANIES", "CompanyOwned", "CompanyTable", "CompositeReference", "Kept", "NotTruncated", "new_id",
        "owned_reference",
    },
    "pages": {
        "Choice", "Crumb", "Field", "FormPart", "Link", "Notice", "Page", "Refusal", "Shell", "Tone", "company_page",
        "writing",
    },
    "permissions": {
        "ACCOUNT_MANAGEMENT", "INTEGRATIONS", "PERMISSION_GROUPS", "SUPPORT", "USER_ACCOUNTS",
        "DeclaredPermission", "Level", "declare_permission",
    },
}  # fmt: skip
GUIDE = ROOT / "docs/host-guide.md"
HOST = ROOT / "src/alarm_crm"


def module(name: str) -> ModuleType:
    return importlib.import_module(f"tenantry.sdk.{name}")


def test_the_modules_are_these() -> None:
    files = {path.stem for path in (ROOT / "src/tenantry/sdk").glob("*.py")} - {"__init__", "apps"}
    assert files == set(sdk.__all__) == set(PUBLIC)
    for name in PUBLIC:
        assert f"`tenantry.sdk.{name}`" in str(sdk.__doc__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_names_are_these(name: str) -> None:
    assert set(module(name).__all__) == PUBLIC[name]
    assert all(hasattr(module(name), one) for one in PUBLIC[name])


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_name_says_what_it_is_and_stands_in_the_guide(name: str) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert f"## `tenantry.sdk.{name}`" in guide
    chapter = guide.split(f"## `tenantry.sdk.{name}`")[1].split("\n## ")[0]
    for one in PUBLIC[name]:
        value = getattr(module(name), one)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), one
        assert f"`{one}" in chapter, one


def test_the_guide_names_nothing_that_is_not_there() -> None:
    headings = {line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("## `tenantry.sdk.")}
    assert headings == {f"## `tenantry.sdk.{name}`" for name in PUBLIC}


def test_the_reference_host_imports_the_public_names_only() -> None:
    found = set()
    for path in HOST.rglob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tenantry"):
                found |= {(str(node.module), alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                assert not any(alias.name.startswith("tenantry") for alias in node.names)
    public = {(f"tenantry.sdk.{name}", one) for name, names in PUBLIC.items() for one in names}
    assert found <= public
    assert {name for name, _ in found} == {f"tenantry.sdk.{name}" for name in PUBLIC if name not in {"install"}}


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.html")), ids=lambda path: path.name)
def test_templates_of_the_host_stand_on_shared_shells(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "portal/" not in text
    assert "backoffice/" not in text
    assert "<script" not in text
    for rule in (
        templates.test_nothing_inline_that_the_policy_forbids,
        templates.test_every_word_is_marked_for_translation,
        templates.test_every_form_that_changes_something_has_a_token,
        templates.test_every_control_has_a_type,
    ):
        rule(path)


def test_the_apps_are_those_of_the_project() -> None:
    from tenantry.project import settings

    own = [app for app in settings.INSTALLED_APPS if not app.startswith("django.contrib.")]
    own = [app for app in own if app not in settings.TENANTRY_HOST_APPS]
    assert [app.removesuffix(".apps.SimpleAppConfig") for app in own] == list(module("install").APPS)
    assert list(module("install").JOBS) == settings.PROCRASTINATE_IMPORT_PATHS
    for name in (*module("install").FIRST_MIDDLEWARE, *module("install").MIDDLEWARE):
        assert name in settings.MIDDLEWARE


OWN_PROJECT = """
from tenantry.sdk import install

SECRET_KEY = "a host of its own"
USE_TZ = True
ALLOWED_HOSTS = ["testserver"]
AUTH_USER_MODEL = "tenantry_companies.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ROOT_URLCONF = "own_urls"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANTRY_HOST_APPS = ["alarm_crm"]
TENANTRY_DEMO = False
TENANTRY_VENDOR = {"name": "Own Vendor", "address_lines": [], "tax_id": "", "email": "billing@own.test"}
TENANTRY_HOME = "/none"
TENANTRY_PUBLIC_URL = "https://own.test"
TENANTRY_INSTALLATION = "own"
TENANTRY_GATEWAY, TENANTRY_GATEWAY_URL, TENANTRY_GATEWAY_KEY = "sandbox", "http://127.0.0.1:9", "key"
TENANTRY_GATEWAY_WEBHOOK_SECRETS, TENANTRY_GATEWAY_ACCOUNT = [], ""
TENANTRY_TAX = {"kind": "none"}
TENANTRY_RETRY_AFTER_DAYS = [2, 5, 9]
TENANTRY_LINK_KEYS = [["1", "secret"]]
PROCRASTINATE_IMPORT_PATHS = install.JOBS
CONTRIB = ("auth", "contenttypes", "sessions", "messages", "staticfiles", "postgres")
INSTALLED_APPS = [*(f"django.contrib.{name}" for name in CONTRIB), *install.APPS, *TENANTRY_HOST_APPS]
MIDDLEWARE = [
    *install.FIRST_MIDDLEWARE,
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    *install.MIDDLEWARE,
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    *install.CONTEXT_PROCESSORS,
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": PROCESSORS},
    }
]
DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": "none", "USER": "app", "HOST": "/none"}
DATABASES = {"default": DATABASE, "owner": DATABASE | {"USER": "owner"}}

"""

OWN_URLS = """
from django.http import HttpResponse
from django.urls import include, path

from tenantry.sdk import install

urlpatterns = [path("own", lambda request: HttpResponse("own")), path("", include(install.URLS))]
"""

TRY = """
import django
django.setup()
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
bad = [m for m in run_checks() if m.level >= 30 and not m.id.startswith("security")]
assert not bad, bad
assert Client().get("/own").content == b"own"
page = Client().get("/acme/admin/billing-admin")
assert (page.status_code, page["Location"]) == (302, "/accounts/login/?next=%2Facme%2Fadmin%2Fbilling-admin"), page
assert "Own Vendor" in Client().get("/accounts/login/").content.decode()
from django.conf import settings
from tenantry.sdk import install
wanted = [name for name, what in install.SETTINGS.items() if not what.startswith("optional")]
assert all(hasattr(settings, name) for name in wanted), wanted
from tenantry.outside.gateway.chosen import gateway
assert gateway()
from procrastinate.contrib.django import app
app.perform_import_paths()
assert {"schedule.tick", "schedule.bill", "billing.collect", "notices.send"} <= set(app.tasks), sorted(app.tasks)
print("stands", reverse("admin.account-management.add-ons", args=["acme"]))
"""


def test_a_project_of_its_own_stands_on_what_install_names(tmp_path: Path) -> None:
    (tmp_path / "own_project.py").write_text(OWN_PROJECT, encoding="utf-8")
    (tmp_path / "own_urls.py").write_text(OWN_URLS, encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TENANTRY_", "DATABASE_"))},
        "DJANGO_SETTINGS_MODULE": "own_project",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")]),
    }
    done = subprocess.run(
        [sys.executable, "-c", TRY], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "stands /acme/admin/account-management/add-ons\n", done.stderr
