"""The tenant that pays, its people and what they may do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.functional import cached_property

from tenantry.records.base.company_owned import CompanyOwned, owned_reference

NO_RECOVERY = Value(UUID(int=0), output_field=models.UUIDField())


class Recovery(models.Model):
    """A time in which no company is charged before it was compared with the gateway: after a restore.

    `because` is `restored` (a person said so) or `unknown_objects` (the gateway has payments with our keys
    that no row here speaks of).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    began_at = models.DateTimeField()
    because = models.TextField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"], condition=Q(ended_at__isnull=True), nulls_distinct=False, name="one_open_recovery"
            ),
        ]


class CompanyManager(models.Manager["Company"]):
    """Read companies with `is_recovering`: whether a recovery waits for this one still."""

    def get_queryset(self) -> models.QuerySet[Company]:
        """Add the one question that every payment asks of the whole installation, without a query of its own."""
        return self._with_recovery.using(self._db)

    @cached_property
    def _with_recovery(self) -> models.QuerySet[Company]:
        """Put it together once: each verb begins with this query."""
        passed = Coalesce(OuterRef("passed_recovery_id"), NO_RECOVERY)
        waiting = Recovery.objects.filter(ended_at__isnull=True).exclude(id=passed)
        # The model declares what is added here, for those who read it; the type checker's plugin sees it twice.
        return super().get_queryset().annotate(is_recovering=Exists(waiting))  # type: ignore[no-redef]


class Company(models.Model):
    """The tenant: one subscription, one currency, one time zone, its own counters of invoices and credit notes.

    `gateway_customer` is the gateway's id of this company, empty until the first method is set up.
    `billing_held_at` stops every charge until a person has looked. `reconciled_at` is up to when our books
    were last compared with the gateway's, `passed_recovery_id` the last recovery that this company has passed (no
    clock decides that); `is_recovering` is read with the row.
    """

    is_recovering: bool

    id = models.UUIDField(primary_key=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.TextField()
    number_prefix = models.TextField(unique=True)
    last_invoice_number = models.BigIntegerField(default=0)
    last_credit_note_number = models.BigIntegerField(default=0)
    time_zone = models.TextField()
    currency = models.CharField(max_length=3)
    locale = models.TextField(default="en_US")
    way_of_paying = models.TextField(default="automatic")
    net_days = models.IntegerField(default=0)
    gateway_customer = models.TextField(default="", blank=True)
    billing_held_at = models.DateTimeField(null=True)
    billing_held_because = models.TextField(default="", blank=True)
    reconciled_at = models.DateTimeField(null=True)
    passed_recovery_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()

    objects = CompanyManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(way_of_paying__in=["automatic", "by_invoice"]), name="company_way_of_paying"
            ),
            models.CheckConstraint(condition=models.Q(net_days__gte=0), name="company_net_days"),
        ]


class BillingDetails(CompanyOwned):
    """What stands on the next invoices: legal name, address, tax id, PO number, and who gets them by mail."""

    legal_name = models.TextField()
    address_line_1 = models.TextField(default="", blank=True)
    address_line_2 = models.TextField(default="", blank=True)
    city = models.TextField(default="", blank=True)
    region = models.TextField(default="", blank=True)
    postal_code = models.TextField(default="", blank=True)
    country = models.CharField(max_length=2, default="US")
    tax_id = models.TextField(default="", blank=True)
    tax_exempt = models.BooleanField(default=False)
    po_number = models.TextField(default="", blank=True)
    recipients = ArrayField(models.TextField(), default=list, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id"], name="one_billing_details_per_company")]


class UserManager(BaseUserManager["User"]):
    """Make users; used by the sign-in library and by the command line."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user with a hashed password; without one nobody can sign in with it."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in by e-mail, kept in lower case. What they may do stands on their memberships."""

    email = models.EmailField(unique=True)
    name = models.TextField()
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        swappable = "AUTH_USER_MODEL"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_in_any_case"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class VendorStaff(models.Model):
    """A user who works for the vendor."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    since_at = models.DateTimeField()


class Membership(CompanyOwned):
    """One person's place in one company, with the two switches that also make a seat (D2)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    can_log_in = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "user"], name="one_membership_per_person")]


class PermissionGroup(CompanyOwned):
    """A named set of grants."""

    name = models.CharField(max_length=255)
    description = models.TextField(default="", blank=True)
    is_assignable = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint("company_id", Lower("name"), name="one_group_of_a_name")]


class GroupMembership(CompanyOwned):
    """A person in a permission group."""

    membership = owned_reference("tenantry_companies.Membership")
    group = owned_reference("tenantry_companies.PermissionGroup")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "group"], name="once_in_a_group")]


class GroupGrant(CompanyOwned):
    """A level on a subject that a group holds."""

    group = owned_reference("tenantry_companies.PermissionGroup")
    subject = models.TextField()
    level = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "subject", "level"], name="one_grant_of_a_kind")]
