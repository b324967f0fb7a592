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

    dependencies = [("registry", "0001_initial"), ("submissions", "0001_initial")]

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
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
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
        migrations.AddField(
            model_name="attempt",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="registry.instance"
            ),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="benchmark",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="registry.benchmark",
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="audits.auditrun",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="benchmark",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="registry.benchmark",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="latest_report",
            field=models.ForeignKey(
                help_text="The newest report that the reasons count",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="submissions.report",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="claimed_revision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.revision",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="registry.instance",
            ),
        ),
        migrations.AddField(
            model_name="chunk",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chunks",
                to="audits.auditrun",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="after",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.revision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="before",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.revision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="audits.case",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="category",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="registry.category"
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="registry.instance",
            ),
        ),
        migrations.AddField(
            model_name="look",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="looks",
                to="registry.instance",
            ),
        ),
        migrations.AddField(
            model_name="look",
            name="revision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="looks",
                to="registry.revision",
            ),
        ),
        migrations.AddField(
            model_name="opinion",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="opinions",
                to="audits.case",
            ),
        ),
        migrations.AddField(
            model_name="opinion",
            name="category",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="registry.category"
            ),
        ),
        migrations.AddField(
            model_name="opinion",
            name="revision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.revision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="opinions",
            field=models.ManyToManyField(to="audits.opinion"),
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "instance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="registry.instance",
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
                        default="clear",
                        max_length=10,
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("expert", "Expert"),
                            ("consensus", "Consensus"),
                            ("unreviewed", "Unreviewed"),
                            ("contested", "Contested"),
                        ],
                        default="unreviewed",
                        max_length=10,
                    ),
                ),
                ("score", models.FloatField(default=0)),
                ("reasons", models.JSONField(default=list)),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standings",
                        to="registry.benchmark",
                    ),
                ),
                (
                    "case",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="audits.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verifier", models.CharField(max_length=50)),
                ("version", models.CharField(max_length=64)),
                ("input", models.CharField(max_length=64)),
                ("sample", models.PositiveSmallIntegerField(default=0)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("object", "Object"),
                            ("support", "Support"),
                            ("abstain", "Abstain"),
                        ],
                        max_length=10,
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=50)),
                (
                    "answer",
                    models.TextField(blank=True, help_text="The answer it arrived at, if any"),
                ),
                ("rationale", models.CharField(blank=True, default="", max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("verifier", "version", "input", "sample"), name="one_vote"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="look",
            name="vote",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="audits.vote"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["benchmark", "status", "-score", "id"], name="case_queue"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["open", "claimed", "flawed"])),
                fields=("instance",),
                name="one_live_case",
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(fields=["status", "lease_until"], name="chunk_to_claim"),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="one_chunk_number"),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["after"], name="decision_by_after"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["benchmark", "bucket", "-score"], name="standing_by_bucket"),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
