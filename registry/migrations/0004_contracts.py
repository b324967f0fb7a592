import uuid

import django.db.models.deletion
from django.db import migrations, models

from registry.dialects import install_locks

FACTS = ("registry_contractversion", "registry_importbatch")


def draw_canaries(apps, schema_editor):
    benchmarks = apps.get_model("registry", "Benchmark")
    for benchmark in benchmarks.objects.all():
        benchmark.canary = uuid.uuid4()
        benchmark.save(update_fields=["canary"])


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_scope_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="benchmark",
            name="canary",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunPython(draw_canaries, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="benchmark",
            name="canary",
            field=models.UUIDField(
                default=uuid.uuid4,
                editable=False,
                help_text="Stands in every file of a release, so that training data can be "
                "searched for it",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="columns",
            field=models.JSONField(default=list, help_text="The file's columns, in its order"),
        ),
        migrations.CreateModel(
            name="ContractVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=20)),
                ("document", models.TextField()),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="registry.benchmark",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("benchmark", "version"), name="one_contract_version"
                    )
                ],
            },
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
