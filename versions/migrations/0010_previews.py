import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from registry.dialects import lock_rows


def lock_published(apps, schema_editor):
    lock_rows(schema_editor.connection, "versions_release", "OLD.status = 'published'")


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_scope_words"),
        ("versions", "0009_withdrawals"),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="done",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="release",
            name="stage",
            field=models.CharField(blank=True, help_text="What a worker is at", max_length=20),
        ),
        migrations.AddField(
            model_name="release",
            name="total",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="release",
            name="trouble",
            field=models.TextField(blank=True, help_text="Why the last try to publish it failed"),
        ),
        migrations.CreateModel(
            name="Preview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("kept", models.BinaryField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="previews",
                        to="registry.benchmark",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("benchmark", "digest"), name="one_preview")
                ],
            },
        ),
        migrations.RunPython(lock_published, migrations.RunPython.noop),
    ]
