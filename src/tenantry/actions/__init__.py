"""The verbs. Whichever is imported first, a breach of money in any of them holds the company's billing."""

from tenantry.actions._breaches import after_breach
from tenantry.records.base.tenancy import tell_of_breaches

tell_of_breaches(after_breach)
