from django.db import migrations

from registry.dialects import lock_rows


def lock_published(apps, schema_editor):
    lock_rows(schema_editor.connection, "versions_release", "OLD.status = 'published'")


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(lock_published, migrations.RunPython.noop),
    ]
