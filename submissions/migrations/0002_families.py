from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="predictionset",
            name="family",
            field=models.CharField(
                blank=True,
                help_text="Models of one family have one vote; empty: its own",
                max_length=200,
            ),
        ),
    ]
