"""Tables whose rows belong to one company, guarded by the database itself.

A model inherits `CompanyOwned`; a migration after the one that makes its table runs `CompanyTable` on it (row
level security, forced), `CompositeReference` for each reference between two such tables, and `NotTruncated`
or `Kept`. That migration depends on `COMPANIES`.
"""

from __future__ import annotations

from tenantry.outside.ids import new_id
from tenantry.records.base.company_owned import CompanyOwned, owned_reference
from tenantry.records.base.isolation import CompanyTable, CompositeReference, Kept, NotTruncated

__all__ = [
    "COMPANIES",
    "CompanyOwned",
    "CompanyTable",
    "CompositeReference",
    "Kept",
    "NotTruncated",
    "new_id",
    "owned_reference",
]

COMPANIES = ("tenantry_companies", "0002_guards")
