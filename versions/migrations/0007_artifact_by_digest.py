from django.db import migrations, models

from registry.dialects import install_locks


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, ("versions_artifact",))


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0006_gold_sets"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["sha256"], name="artifact_by_digest"),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
