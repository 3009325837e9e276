"""The public API of a host product: everything that it may import of Tenantry.

A host is the product around Account Management, in the same process. It uses these modules and nothing else;
an import contract and a test hold that. What they export stands in each module's `__all__`:

- `tenantry.sdk.install`: the apps, middleware and settings that a host's project names.
- `tenantry.sdk.admin_cards`: its cards of the Admin index, and where its Billing Admin and Accounting are.
- `tenantry.sdk.permissions`: its own subjects of grants.
- `tenantry.sdk.impact`: its add-ons, what they unlock, and what disabling one does to its data.
- `tenantry.sdk.pages`: a page under `/{company}/`: sign-in, permission, the company's transaction.
- `tenantry.sdk.forms`: forms that never take a card number, amounts of money and rates as people type them.
- `tenantry.sdk.entitlements`: may this company use this feature now?
- `tenantry.sdk.gates`: refuse a page, guard a write, limit choices, stop background work.
- `tenantry.sdk.isolation`: tables whose rows belong to one company.

Templates load the tag with `{% load tenantry %}` and write `{% addon "credit_checks" %} … {% endaddon %}`.

Nothing is imported here, so that `tenantry.sdk` can be named among the installed apps.
"""

from __future__ import annotations

__all__ = [
    "admin_cards",
    "entitlements",
    "forms",
    "gates",
    "impact",
    "install",
    "isolation",
    "pages",
    "permissions",
]
