import django.db.models.deletion
from django.db import migrations, models

from registry.dialects import install_locks


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, ("versions_upstreamname",))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_contracts"),
        ("versions", "0011_scores_know_instances"),
    ]

    operations = [
        migrations.CreateModel(
            name="UpstreamName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "versions",
                    models.TextField(
                        help_text="Apart by spaces; none: the name stands for nothing"
                    ),
                ),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.benchmark",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["benchmark", "name"], name="by_upstream_name")],
            },
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
