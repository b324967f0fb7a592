from django.db import migrations, models


def forget_scores(apps, schema_editor):
    """Those that are there lack a column and a count; the sweep scores all sets anew."""
    apps.get_model("versions", "Score").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("versions", "0010_previews"),
    ]

    operations = [
        migrations.RunPython(forget_scores, migrations.RunPython.noop),
        migrations.AddField(
            model_name="score",
            name="instances",
            field=models.BinaryField(default=b""),
            preserve_default=False,
        ),
    ]
