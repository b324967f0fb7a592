import django.db.models.deletion
from django.db import migrations, models

import registry.ids
from registry.dialects import install_locks

FACTS = ("versions_hold", "versions_lift")


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0003_guides"),
        ("registry", "0003_scope_words"),
        ("versions", "0002_published_is_final"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=registry.ids.new_id, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True, help_text="Of a hold on a whole group", max_length=200
                    ),
                ),
                ("reason", models.CharField(max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="registry.benchmark",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audits.decision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="versions.hold"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision", None), ("group", ""), _connector="XOR"),
                name="hold_of_decision_or_group",
            ),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
