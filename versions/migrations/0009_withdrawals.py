import django.db.models.deletion
from django.db import migrations, models

from registry.dialects import install_locks


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, ("versions_withdrawal",))


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0008_scores"),
    ]

    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "instead",
                    models.ForeignKey(
                        help_text="To use for it",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="versions.release",
                    ),
                ),
                (
                    "release",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="versions.release",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
