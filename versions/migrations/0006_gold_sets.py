import django.db.models.deletion
from django.db import migrations, models

import registry.ids
from registry.dialects import install_locks

FACTS = ("versions_goldset", "versions_goldlabel")


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_scope_words"),
        ("versions", "0005_signed_releases"),
    ]

    operations = [
        migrations.CreateModel(
            name="GoldSet",
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
                ("name", models.CharField(max_length=100)),
                ("file_name", models.CharField(max_length=255)),
                ("file_digest", models.CharField(max_length=64)),
                ("upstream", models.CharField(max_length=100)),
                ("id_column", models.CharField(max_length=200)),
                ("answer_column", models.CharField(max_length=200)),
                ("rows", models.PositiveIntegerField()),
                ("labels", models.PositiveIntegerField()),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_sets",
                        to="registry.benchmark",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GoldLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.CharField(max_length=200)),
                ("written", models.TextField()),
                ("answer", models.TextField()),
                ("unit", models.CharField(blank=True, max_length=40)),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.instance",
                    ),
                ),
                (
                    "gold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_labels",
                        to="versions.goldset",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="goldset",
            constraint=models.UniqueConstraint(fields=("benchmark", "name"), name="one_gold_name"),
        ),
        migrations.AddConstraint(
            model_name="goldlabel",
            constraint=models.UniqueConstraint(fields=("gold", "instance"), name="one_gold_label"),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
