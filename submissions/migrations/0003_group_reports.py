import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_people"),
        ("submissions", "0002_families"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="affects_model",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="report",
            name="group",
            field=models.CharField(
                blank=True, help_text="Of a report on a whole group", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="reopens",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reopened_as",
                to="submissions.report",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="spans",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="report",
            name="removed_at",
            field=models.DateTimeField(editable=False, help_text="When its texts went", null=True),
        ),
        migrations.AlterField(
            model_name="report",
            name="status",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                    ("spam", "closed as spam"),
                ],
                default="open",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="instance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="registry.instance",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("instance", None), ("group", ""), _connector="XOR"),
                name="report_of_instance_or_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(fields=("reopens",), name="reopened_once"),
        ),
    ]
