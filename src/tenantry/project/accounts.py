"""The sign-in library's adapter: only those who may be here, and no sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenantry.outside import clock, mail, security_log
from tenantry.outside.ids import new_id
from tenantry.records.companies import queries


class Accounts(DefaultAccountAdapter):
    """Sign-in by e-mail and password for people whom a company or the vendor has let in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-mail or password is not correct."),
        "incorrect_password": _("E-mail or password is not correct."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse sign-up: people are invited by their company."""
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Do nothing: people sign in by e-mail."""

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Keep when the person joined."""
        user.joined_at = clock.now()
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail of the library in our words, and as every other one: from the vendor, by our clock."""
        said = {**context, "email": email, "vendor_name": settings.TENANTRY_VENDOR["name"]}
        rendered = self.render_mail(template_prefix, email, said)
        mail.send(
            mail.OutgoingMail(
                key=new_id(),
                sender=mail.vendor_address(),
                recipients=(email,),
                subject=rendered.subject,
                text=rendered.body,
            )
        )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note that somebody could not sign in. What was typed is not kept: it may be a password in the wrong field."""
        log_refused(request, "sign_in_failed")

    def pre_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse | None:
        """Turn away people whom no company lets in any more and who don't work for the vendor."""
        answered: HttpResponse | None = super().pre_login(request, user, **how)
        if answered is None and not queries.may_sign_in(str(user.pk)):
            log_refused(request, "sign_in_refused", str(user.pk))
            answered = self.respond_user_inactive(request, user)
        return answered


def first_password_url(user: Any) -> str:
    """Give the address that a mail for a forgotten password would have: it works once, for three days."""
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.TENANTRY_PUBLIC_URL}{path}"


def log_refused(request: HttpRequest, event: str, user_id: str = "") -> None:
    """Write one line about somebody who was not let in."""
    security_log.refused(
        event=event,
        user=user_id,
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )
