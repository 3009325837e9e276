"""The sign-in library's pages that we show: in, out, and a forgotten password."""

from __future__ import annotations

import functools
from collections.abc import Callable

from allauth.account import views
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, register_converter

from tenantry.project.accounts import log_refused
from tenantry.records.companies import queries
from tenantry.ui import answers


class UserConverter:
    """The user in the address of a reset, up to the first hyphen; the key behind it has hyphens of its own."""

    regex = "[0-9A-Za-z]+"

    def to_python(self, value: str) -> str:
        """Read it."""
        return value

    def to_url(self, value: str) -> str:
        """Write it."""
        return value


register_converter(UserConverter, "user")
READS, FORM = ("GET", "HEAD"), ("GET", "HEAD", "POST")
View = Callable[..., HttpResponse]


def _page(route: str, view: View, name: str, methods: tuple[str, ...] = FORM) -> URLPattern:
    """Mount a page of the library under our rules: these methods only, and nobody whom no company lets in any more."""

    @functools.wraps(view)
    def enter(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if request.method not in methods:
            return answers.not_allowed_method(methods)
        if name == "account_reset_password" and request.method == "POST":
            log_refused(request, "password_reset_asked")
        if request.user.is_authenticated and not queries.may_sign_in(str(request.user.pk)):
            return answers.nobody(request)
        return view(request, **kwargs)

    return path(route, enter, name=name)


urlpatterns = [
    _page("login/", views.login, "account_login"),
    _page("logout/", views.logout, "account_logout"),
    _page("signup/", views.signup, "account_signup"),
    _page("inactive/", views.account_inactive, "account_inactive", READS),
    _page("reauthenticate/", views.reauthenticate, "account_reauthenticate"),
    _page("password/change/", views.password_change, "account_change_password"),
    _page("password/set/", views.password_set, "account_set_password"),
    _page("password/reset/", views.password_reset, "account_reset_password"),
    _page("password/reset/done/", views.password_reset_done, "account_reset_password_done", READS),
    _page(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        "account_reset_password_from_key_done",
        READS,
    ),
    _page(
        "password/reset/key/<user:uidb36>-<slug:key>/",
        views.password_reset_from_key,
        "account_reset_password_from_key",
    ),
]
