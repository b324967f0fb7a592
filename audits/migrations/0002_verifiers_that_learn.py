import django.db.models.deletion
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
    "audits_policyversion",
    "audits_ruling",
    "audits_lapse",
    "audits_lesson",
)


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0001_initial"),
        ("registry", "0001_initial"),
        ("submissions", "0002_families"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lesson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="audits.decision",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Belief",
            fields=[
                (
                    "benchmark",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="registry.benchmark",
                    ),
                ),
                ("state", models.JSONField(default=dict)),
                (
                    "proposals",
                    models.JSONField(default=list, help_text="Groups that want a ruling, and why"),
                ),
                (
                    "reliability",
                    models.JSONField(
                        default=list,
                        help_text="How often each verifier was right: audits.reliability",
                    ),
                ),
                (
                    "effort",
                    models.JSONField(default=list, help_text="Reviews still due: audits.effort"),
                ),
                ("decisions", models.PositiveIntegerField(default=0)),
                ("runs", models.PositiveIntegerField(default=0)),
                (
                    "policy",
                    models.CharField(
                        blank=True, help_text="Version it was learned by", max_length=80
                    ),
                ),
                ("learned_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Fingerprint",
            fields=[
                (
                    "content",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="registry.content",
                    ),
                ),
                ("value", models.CharField(max_length=64)),
                ("order", models.CharField(blank=True, max_length=26)),
                ("version", models.PositiveSmallIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["value"], name="fingerprint_by_value")],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verifier", models.CharField(max_length=50)),
                ("input", models.CharField(max_length=64)),
                ("sample", models.PositiveSmallIntegerField(default=0)),
                ("reserved", models.PositiveBigIntegerField()),
                ("cost", models.PositiveBigIntegerField(null=True)),
                ("tokens_in", models.PositiveIntegerField(default=0)),
                ("tokens_out", models.PositiveIntegerField(default=0)),
                ("millis", models.PositiveIntegerField(default=0)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reserved", "on its way"),
                            ("answered", "Answered"),
                            ("failed", "Failed"),
                        ],
                        default="reserved",
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                (
                    "paused_until",
                    models.DateTimeField(help_text="It asked us to wait (Retry-After)", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lapse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verifier", models.CharField(max_length=50)),
                (
                    "flaw",
                    models.CharField(
                        choices=[
                            ("missed_value", "missed a value"),
                            ("wrong_time", "took another point in time"),
                            ("wrong_unit", "took another unit"),
                            ("wrong_rule", "applied another rule"),
                            ("invented_fact", "invented a fact"),
                        ],
                        max_length=15,
                    ),
                ),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Ruling",
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
                ("group", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                (
                    "benchmark",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="registry.benchmark",
                    ),
                ),
                ("every_days", models.PositiveSmallIntegerField(default=182)),
                ("next_at", models.DateTimeField()),
                ("nothing_new_at", models.DateTimeField(null=True)),
                ("after_reports", models.PositiveSmallIntegerField(default=25)),
                ("odd", models.TextField(blank=True)),
                ("judged_set", models.PositiveBigIntegerField(default=0)),
                (
                    "budget",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Of one scheduled audit; 0: it asks no model"
                    ),
                ),
                (
                    "building_cost",
                    models.PositiveBigIntegerField(
                        help_text="What making the benchmark cost, in billionths of the currency",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=26, unique=True)),
                ("connections", models.PositiveIntegerField()),
                ("lease_until", models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_queue",
        ),
        migrations.AddField(
            model_name="auditrun",
            name="budget",
            field=models.PositiveBigIntegerField(help_text="Empty: calls have no limit", null=True),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="panel",
            field=models.JSONField(default=dict, help_text="By verifier: version, model, host"),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="round",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="spent",
            field=models.PositiveBigIntegerField(default=0, help_text="Reservations included"),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="stopped_because",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="survey",
            field=models.JSONField(help_text="By verifier: what it found in all items", null=True),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="trigger",
            field=models.CharField(default="asked", help_text="Why it was started", max_length=20),
        ),
        migrations.AddField(
            model_name="case",
            name="control",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="case",
            name="fault",
            field=models.CharField(
                blank=True,
                help_text="Of a group case: the step that is wrong, if known",
                max_length=50,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="group",
            field=models.CharField(
                blank=True, help_text="Of a case for a whole group", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="priority",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="priority_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="chunk",
            name="questions",
            field=models.PositiveIntegerField(default=0, help_text="Votes it asks verifiers for"),
        ),
        migrations.AddField(
            model_name="vote",
            name="confidence",
            field=models.FloatField(help_text="As the verifier said, 0 to 1", null=True),
        ),
        migrations.AddField(
            model_name="vote",
            name="detail",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="auditrun",
            name="status",
            field=models.CharField(
                choices=[
                    ("running", "Running"),
                    ("finished", "Finished"),
                    ("failed", "finished with failed chunks"),
                    ("stopped", "stopped, can go on"),
                ],
                default="running",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="instance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="registry.instance",
            ),
        ),
        migrations.AlterField(
            model_name="standing",
            name="case",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="standings",
                to="audits.case",
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="posterior",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="standing",
            name="revision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.revision",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["benchmark", "status", "-priority", "id"], name="case_queue"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("instance", None), ("status__in", ["open", "claimed", "flawed"])
                ),
                fields=("benchmark", "group"),
                name="one_live_group_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("instance", None), ("group", ""), _connector="XOR"),
                name="case_of_instance_or_group",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calls",
                to="audits.auditrun",
            ),
        ),
        migrations.AddField(
            model_name="lapse",
            name="decision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lapses",
                to="audits.decision",
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="benchmark",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="policies",
                to="registry.benchmark",
            ),
        ),
        migrations.AddField(
            model_name="ruling",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rulings",
                to="audits.case",
            ),
        ),
        migrations.AddField(
            model_name="ruling",
            name="category",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="registry.category"
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="ruling",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="audits.ruling",
            ),
        ),
        migrations.AddField(
            model_name="share",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shares",
                to="audits.endpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["run", "verifier"], name="call_by_verifier"),
        ),
        migrations.AddConstraint(
            model_name="lapse",
            constraint=models.UniqueConstraint(fields=("decision", "verifier"), name="one_lapse"),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                fields=("benchmark", "number"), name="one_policy_number"
            ),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
