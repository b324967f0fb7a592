import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from registry.dialects import install_locks

FACTS = (
    "audits_guide",
    "audits_opinion",
    "audits_decision",
    "audits_decision_opinions",
)


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0002_verifiers_that_learn"),
        ("registry", "0002_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="opinion",
            name="confidence",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="opinion",
            name="derivation",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="opinion",
            name="practice",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="opinion",
            name="seconds",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="Guide",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(blank=True, max_length=200)),
                ("number", models.PositiveIntegerField()),
                ("text", models.CharField(max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guides",
                        to="registry.benchmark",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="case",
            name="guide",
            field=models.ForeignKey(
                help_text="The version for whose sake a decided label is looked at again",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audits.guide",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="guide",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audits.guide",
            ),
        ),
        migrations.AddField(
            model_name="opinion",
            name="guide",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audits.guide",
            ),
        ),
        migrations.CreateModel(
            name="Abstention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("interest", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="abstentions",
                        to="audits.case",
                    ),
                ),
                (
                    "expert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="abstentions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("case", "expert"), name="one_abstention")
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fields", models.JSONField(default=dict)),
                ("seconds", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drafts",
                        to="audits.case",
                    ),
                ),
                (
                    "expert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("case", "expert"), name="one_draft")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="guide",
            constraint=models.UniqueConstraint(
                fields=("benchmark", "group", "number"), name="one_guide"
            ),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
