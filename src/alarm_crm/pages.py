"""What the host's pages show: strings and flags, never rows."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.sdk.pages import Crumb, FormPart, Link, Notice


@dataclass(frozen=True, slots=True)
class Tile:
    """A card that leads somewhere. `icon` is a lucide name."""

    title: str
    hint: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TilesPage:
    """A page that leads to others."""

    title: str
    lead: str
    crumbs: tuple[Crumb, ...]
    tiles: tuple[Tile, ...]
    account_management_url: str = ""
    is_billing_admin: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list: a cell for each column, and where it can be edited (empty: not by this person)."""

    name: str
    cells: tuple[str, ...]
    edit_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A list of records. `new` is None for people who can't add one; `lacking` says what they would need."""

    title: str
    lead: str
    crumbs: tuple[Crumb, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    new: Link | None = None
    lacking: tuple[str, ...] = ()
    notice: Notice | None = None
    empty_title: str = ""
    empty_text: str = ""
    icon: str = "list"
    is_hidden: bool = False
    is_billing_admin: bool = False
    has_accounting_category: bool = False
    account_management_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """A form for one record. `version` is the save that the form was made from; `delete` leads to its deletion."""

    title: str
    lead: str
    crumbs: tuple[Crumb, ...]
    form: FormPart
    action_url: str
    cancel_url: str
    version: str = ""
    delete: Link | None = None
    is_billing_admin: bool = False
    account_management_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePage:
    """The second confirmation of a deletion."""

    title: str
    sentence: str
    crumbs: tuple[Crumb, ...]
    action_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingPage:
    """Where the customers' invoices would stand."""

    crumbs: tuple[Crumb, ...]
    billing_admin: Link | None
    account_management_url: str
