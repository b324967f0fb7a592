from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_people"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[
                    ("read", "read"),
                    ("contribute", "read, report, comment and send predictions"),
                    ("everything", "everything that its owner may do"),
                ],
                default="everything",
                max_length=10,
            ),
        ),
    ]
