from django.db import migrations, models


def name_judged_sets(apps, schema_editor):
    """Name the sets that were looked at one by one, where the newest one's id stood for all."""
    sets = apps.get_model("submissions", "PredictionSet").objects
    for schedule in apps.get_model("audits", "Schedule").objects.filter(judged_set__gt=0):
        spoke = sets.filter(
            benchmark=schedule.benchmark_id, admitted=True, published_at__isnull=False
        )
        judged = spoke.filter(pk__lte=schedule.judged_set).order_by("pk")
        schedule.judged_sets = list(judged.values_list("pk", flat=True))
        schedule.save(update_fields=["judged_sets"])


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0004_tiers_and_posteriors"),
        ("submissions", "0005_private_predictions"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="judged_sets",
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(name_judged_sets, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="schedule",
            name="judged_set",
        ),
    ]
