"""A reference host: the admin area of an alarm dealer's CRM. Of Tenantry it knows `tenantry.sdk` only."""
