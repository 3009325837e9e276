"""Who may do what: actors, grants, actions and the one table that joins them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenantry.core.refusal import Refusal

ACCOUNT_MANAGEMENT = "account_management"
INTEGRATIONS = "integrations"
USER_ACCOUNTS = "user_accounts"
PERMISSION_GROUPS = "permission_groups"
SUPPORT = "support"


class Level(StrEnum):
    """What a grant allows on its subject. Modify implies View (and so does Create)."""

    VIEW = "view"
    CREATE = "create"
    MODIFY = "modify"
    DELETE = "delete"
    YES = "yes"


_IMPLIED_BY: Mapping[Level, frozenset[Level]] = {
    Level.VIEW: frozenset({Level.VIEW, Level.CREATE, Level.MODIFY, Level.DELETE, Level.YES}),
    Level.CREATE: frozenset({Level.CREATE}),
    Level.MODIFY: frozenset({Level.MODIFY}),
    Level.DELETE: frozenset({Level.DELETE}),
    Level.YES: frozenset({Level.YES}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A level on a subject, as a permission group holds it."""

    subject: str
    level: Level


class ActorKind(StrEnum):
    """What kind of being acts."""

    MEMBER = "member"
    VENDOR = "vendor"
    CLOCK = "clock"
    GATEWAY = "gateway"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts now, for exactly one company (`company_id` is empty only for vendor-wide verbs).

    `user_id` is text, empty for the clock. `request_id` and `address` travel into the audit.
    """

    kind: ActorKind
    company_id: str
    user_id: str = ""
    name: str = ""
    grants: frozenset[Grant] = frozenset()
    request_id: str = ""
    address: str = ""


def holds(actor: Actor, subject: str, level: Level) -> bool:
    """Tell whether the actor holds this level on the subject, directly or by implication."""
    return any(Grant(subject, stronger) in actor.grants for stronger in _IMPLIED_BY[level])


class Action(StrEnum):
    """Everything that can be done; the value is the name of the verb's file."""

    ACCEPT_GATEWAY_EVENT = "accept_gateway_event"
    ADD_PAYMENT_METHOD = "add_payment_method"
    ALLOW_DEBITS = "allow_debits"
    APPLY_GATEWAY_EVENT = "apply_gateway_event"
    BEGIN_RECOVERY = "begin_recovery"
    BILL_COMPANIES = "bill_companies"
    BILL_COMPANY = "bill_company"
    CHANGE_BILLING_DETAILS = "change_billing_details"
    CLOSE_REVIEW = "close_review"
    COLLECT_INVOICE = "collect_invoice"
    DISABLE_ADDON = "disable_addon"
    ENABLE_ADDON = "enable_addon"
    END_RECOVERY = "end_recovery"
    GIVE_UP_PAYMENT = "give_up_payment"
    HOLD_BILLING = "hold_billing"
    ISSUE_CREDIT_NOTE = "issue_credit_note"
    ISSUE_INVOICES = "issue_invoices"
    LOOK_UP_SETUP = "look_up_setup"
    MAKE_DEFAULT = "make_default"
    OFFER_ADDON = "offer_addon"
    OPEN_COMPANY = "open_company"
    PAY_INVOICE = "pay_invoice"
    PUBLISH_PRICE = "publish_price"
    READ_PAYOUTS = "read_payouts"
    RECONCILE_GATEWAY = "reconcile_gateway"
    RECORD_SEATS = "record_seats"
    REMIND_OF_EXPIRY = "remind_of_expiry"
    REFUND_PAYMENT = "refund_payment"
    REMOVE_PAYMENT_METHOD = "remove_payment_method"
    RESOLVE_PAYMENT = "resolve_payment"
    RESOLVE_REFUND = "resolve_refund"
    RUN_BILLING = "run_billing"
    SAVE_ADDON = "save_addon"
    SAVE_MEMBER = "save_member"
    SAVE_PERMISSION_GROUP = "save_permission_group"
    SAVE_PLAN = "save_plan"
    SEND_NOTICE = "send_notice"
    SETTLE_PAYMENT = "settle_payment"
    START_METHOD_SETUP = "start_method_setup"
    START_SUBSCRIPTION = "start_subscription"
    STORE_CREDIT_NOTE_DOCUMENT = "store_credit_note_document"
    STORE_DOCUMENT = "store_document"
    TAKE_IN_REFUND = "take_in_refund"
    VERIFY_BANK_ACCOUNT = "verify_bank_account"
    VOID_INVOICE = "void_invoice"
    WRITE_OFF_INVOICE = "write_off_invoice"


@dataclass(frozen=True, slots=True)
class Need:
    """What an action asks of its actor: the kinds that may, and the grant a member must hold.

    `level_for_new` is asked for instead where something is made that was not there before.
    """

    kinds: frozenset[ActorKind]
    subject: str = ""
    level: Level = Level.VIEW
    level_for_new: Level | None = None


def _member(subject: str, level: Level, *others: ActorKind) -> Need:
    return Need(frozenset({ActorKind.MEMBER, *others}), subject, level)


_MODIFY = _member(ACCOUNT_MANAGEMENT, Level.MODIFY)
_CLOCK = Need(frozenset({ActorKind.CLOCK, ActorKind.VENDOR}))
_VENDOR = Need(frozenset({ActorKind.VENDOR}))

NEEDS: Mapping[Action, Need] = {
    Action.ACCEPT_GATEWAY_EVENT: Need(frozenset({ActorKind.GATEWAY})),
    Action.ADD_PAYMENT_METHOD: _MODIFY,
    Action.ALLOW_DEBITS: _MODIFY,
    Action.APPLY_GATEWAY_EVENT: _CLOCK,
    Action.BEGIN_RECOVERY: _CLOCK,
    Action.BILL_COMPANIES: _CLOCK,
    Action.BILL_COMPANY: _CLOCK,
    Action.CHANGE_BILLING_DETAILS: _MODIFY,
    Action.CLOSE_REVIEW: _VENDOR,
    Action.COLLECT_INVOICE: _CLOCK,
    Action.DISABLE_ADDON: _MODIFY,
    Action.ENABLE_ADDON: _MODIFY,
    Action.END_RECOVERY: _CLOCK,
    Action.GIVE_UP_PAYMENT: _CLOCK,
    Action.HOLD_BILLING: _CLOCK,
    Action.ISSUE_CREDIT_NOTE: _VENDOR,
    Action.ISSUE_INVOICES: _CLOCK,
    Action.LOOK_UP_SETUP: _MODIFY,
    Action.MAKE_DEFAULT: _MODIFY,
    Action.OFFER_ADDON: _VENDOR,
    Action.OPEN_COMPANY: _VENDOR,
    Action.PAY_INVOICE: _MODIFY,
    Action.PUBLISH_PRICE: _VENDOR,
    Action.READ_PAYOUTS: _CLOCK,
    Action.RECONCILE_GATEWAY: _CLOCK,
    Action.RECORD_SEATS: _CLOCK,
    Action.REMIND_OF_EXPIRY: _CLOCK,
    Action.REFUND_PAYMENT: _VENDOR,
    Action.REMOVE_PAYMENT_METHOD: _MODIFY,
    Action.RESOLVE_PAYMENT: _member(ACCOUNT_MANAGEMENT, Level.MODIFY, ActorKind.CLOCK, ActorKind.VENDOR),
    Action.RESOLVE_REFUND: _CLOCK,
    Action.RUN_BILLING: _CLOCK,
    Action.SAVE_ADDON: _VENDOR,
    Action.SAVE_MEMBER: Need(
        frozenset({ActorKind.MEMBER, ActorKind.VENDOR}), USER_ACCOUNTS, Level.MODIFY, level_for_new=Level.CREATE
    ),
    Action.SAVE_PERMISSION_GROUP: _member(PERMISSION_GROUPS, Level.MODIFY, ActorKind.VENDOR),
    Action.SAVE_PLAN: _VENDOR,
    Action.SEND_NOTICE: _CLOCK,
    Action.SETTLE_PAYMENT: _member(ACCOUNT_MANAGEMENT, Level.MODIFY, ActorKind.CLOCK, ActorKind.VENDOR),
    Action.START_METHOD_SETUP: _MODIFY,
    Action.START_SUBSCRIPTION: _VENDOR,
    Action.STORE_CREDIT_NOTE_DOCUMENT: _CLOCK,
    Action.STORE_DOCUMENT: _CLOCK,
    Action.TAKE_IN_REFUND: _CLOCK,
    Action.VERIFY_BANK_ACCOUNT: _MODIFY,
    Action.VOID_INVOICE: _VENDOR,
    Action.WRITE_OFF_INVOICE: _VENDOR,
}


def require(actor: Actor, action: Action, *, is_new: bool = False) -> Refusal | None:
    """Give the refusal that keeps this actor from the action, or None when it may go on.

    A member without the grant hears which one is missing; every other kind that the row does not name
    is refused as `not_allowed`.
    """
    need = NEEDS[action]
    if actor.kind not in need.kinds:
        return Refusal("not_allowed", {"action": action.value})
    level = need.level_for_new if is_new and need.level_for_new else need.level
    if actor.kind is ActorKind.MEMBER and need.subject and not holds(actor, need.subject, level):
        return Refusal(f"{level.value}_required", {"subject": need.subject})
    return None


def may_give(actor: Actor, grants: Collection[Grant]) -> bool:
    """Tell whether the actor may give somebody new these grants: who may only add, at most what they hold."""
    if actor.kind is not ActorKind.MEMBER or holds(actor, USER_ACCOUNTS, Level.MODIFY):
        return True
    return all(holds(actor, grant.subject, grant.level) for grant in grants)
