import django.db.models.deletion
from django.db import migrations, models

from registry.dialects import install_locks


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, ("versions_rewording",))


def _points_to(model, name, **options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, **options
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_contracts"),
        ("versions", "0013_lock_scores"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rewording",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                (
                    "same",
                    models.BooleanField(help_text="Off: what was said before is taken back"),
                ),
                ("reason", models.CharField(max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                ("benchmark", _points_to("registry.benchmark", "+")),
                ("instance", _points_to("registry.instance", "rewordings")),
                ("one", _points_to("registry.content", "+", db_index=False)),
                ("other", _points_to("registry.content", "+", db_index=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["benchmark", "sequence"], name="rewording_by_release")
                ],
            },
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
