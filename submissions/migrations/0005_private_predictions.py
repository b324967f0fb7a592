from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0004_uploads"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="predictionset", name="one_prediction_set"),
        migrations.AddField(
            model_name="predictionset",
            name="made_on",
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name="predictionset",
            name="published_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="predictionset",
            constraint=models.UniqueConstraint(
                fields=("benchmark", "owner", "model", "file_digest"), name="one_prediction_set"
            ),
        ),
    ]
