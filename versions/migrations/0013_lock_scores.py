from django.db import migrations

from registry.dialects import lock_rows


def lock_scores(apps, schema_editor):
    """Again, since SQLite makes a table anew for another column and its locks are gone."""
    lock_rows(schema_editor.connection, "versions_score", "OLD.id IS NOT NULL")


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0012_upstream_names"),
    ]

    operations = [
        migrations.RunPython(lock_scores, migrations.RunPython.noop),
    ]
