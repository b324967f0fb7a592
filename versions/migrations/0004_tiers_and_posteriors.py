from django.db import migrations, models

from registry.dialects import install_locks

FACTS = ("versions_change",)


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0003_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="posterior",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="change",
            name="probability",
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(
                choices=[
                    ("added", "Added"),
                    ("removed", "Removed"),
                    ("revised", "Revised"),
                    ("tier", "same revision, other tier"),
                    ("posterior", "same revision and tier, other probability"),
                ],
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="tier",
            field=models.CharField(blank=True, max_length=15),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
