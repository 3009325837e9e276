"""E-mail addresses in lower case, as the sign-in library looks for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower

APP = "tenantry_companies"


def lower(apps: Any, schema_editor: Any) -> None:
    """Rewrite what was kept as it was typed, where the users are ours."""
    if str(settings.AUTH_USER_MODEL) == f"{APP}.User":
        users = apps.get_model(APP, "User").objects.using(schema_editor.connection.alias)
        users.exclude(email=Lower("email")).update(email=Lower("email"))


class Migration(migrations.Migration):
    """Rewrite the addresses, then let the database refuse others."""

    dependencies: ClassVar = [(APP, "0004_recovery")]
    operations: ClassVar = [
        migrations.RunPython(lower, migrations.RunPython.noop),
        migrations.AddConstraint(
            "User", models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_in_lower_case")
        ),
    ]
