import json

from django.db import migrations, models

BATCH = 2_000


def write_posteriors(apps, schema_editor):
    """Turn `{"answers": [[text, share], …], "other": share}` into the form of releases."""
    standings = apps.get_model("audits", "Standing").objects
    changed = []
    for row in standings.exclude(posterior="").only("pk", "posterior").iterator(BATCH):
        told = json.loads(row.posterior)
        answers = told["answers"] if told else []
        row.probability = answers[0][1] if answers else None
        own, others = answers[:1], [*answers[1:], (None, told.get("other"))]
        kept = [*own, *(each for each in others if each[1])]
        row.posterior = (
            json.dumps(
                [{"answer": a, "probability": f"{p:.4f}"} for a, p in kept],
                ensure_ascii=False,
                separators=(",", ":"),
            )
            if own
            else ""
        )
        changed.append(row)
        if len(changed) == BATCH:
            standings.bulk_update(changed, ["posterior", "probability"])
            changed = []
    standings.bulk_update(changed, ["posterior", "probability"])


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0003_guides"),
    ]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="probability",
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name="standing",
            name="posterior",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="standing",
            name="tier",
            field=models.CharField(
                choices=[
                    ("expert-agreed", "two or more experts agreed"),
                    ("expert", "Expert"),
                    ("consensus", "Consensus"),
                    ("unreviewed", "Unreviewed"),
                    ("contested", "Contested"),
                ],
                default="unreviewed",
                max_length=15,
            ),
        ),
        migrations.RunPython(write_posteriors, migrations.RunPython.noop),
    ]
