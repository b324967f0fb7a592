import django.utils.timezone
from django.db import migrations, models

import registry.ids
from registry.dialects import install_locks

FACTS = (
    "audits_vote",
    "audits_look",
    "audits_opinion",
    "audits_decision",
    "audits_decision_opinions",
)


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verifier", models.CharField(max_length=50)),
                ("error", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=registry.ids.new_id, editable=False, max_length=26, unique=True
                    ),
                ),
                ("verifiers", models.JSONField(help_text="Names, in the order they run")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("failed", "finished with failed chunks"),
                        ],
                        default="running",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=registry.ids.new_id, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("claimed", "Claimed"),
                            ("flawed", "waits for a maintainer"),
                            ("decided", "Decided"),
                            ("closed", "closed without a decision"),
                        ],
                        default="open",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "bucket",
                    models.CharField(
                        choices=[
                            ("clear", "Clear"),
                            ("possible", "Possible"),
                            ("contested", "Contested"),
                        ],
                        max_length=10,
                    ),
                ),
                ("score", models.FloatField(default=0)),
                ("reasons", models.JSONField(default=list, help_text="Sentences, strongest first")),
                ("claimed_by", models.CharField(blank=True, max_length=26)),
                ("lease_until", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("first", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                ("size", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("claimed", "Claimed"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=100)),
                ("token", models.CharField(blank=True, max_length=26)),
                ("lease_until", models.DateTimeField(null=True)),
                ("claims", models.PositiveSmallIntegerField(default=0)),
                ("votes", models.PositiveIntegerField(default=0, help_text="New votes written")),
                (
                    "reused",
                    models.PositiveIntegerField(
                        default=0, help_text="Votes that were there already"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=registry.ids.new_id, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("confirm", "the label is right"),
                            ("correct", "another answer is right"),
                            ("range", "a range of answers is right"),
                            ("not_computable", "not computable from the inputs"),
                            ("flawed", "the item itself is flawed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Opinion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=registry.ids.new_id, editable=False, max_length=26, unique=True
                    ),
                ),
                ("expert", models.CharField(editable=False, max_length=26)),
                ("blind", models.BooleanField(default=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("confirm", "the label is right"),
                            ("correct", "another answer is right"),
                            ("range", "a range of answers is right"),
                            ("not_computable", "not computable from the inputs"),
                            ("flawed", "the item itself is flawed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("limits", models.TextField(blank=True)),
                ("rationale", models.CharField(blank=True, default="", max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
