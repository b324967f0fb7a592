import django.db.models.deletion
from django.db import migrations, models

from registry.dialects import lock_rows


def lock_scores(apps, schema_editor):
    lock_rows(schema_editor.connection, "versions_score", "OLD.id IS NOT NULL")


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0005_private_predictions"),
        ("versions", "0007_artifact_by_digest"),
    ]

    operations = [
        migrations.CreateModel(
            name="Score",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract", models.CharField(max_length=20)),
                ("counts", models.JSONField()),
                ("marks", models.BinaryField()),
                ("at", models.DateTimeField()),
                (
                    "prediction_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="submissions.predictionset",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="versions.release",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("prediction_set", "release", "contract"), name="one_score"
                    )
                ],
            },
        ),
        migrations.RunPython(lock_scores, migrations.RunPython.noop),
    ]
