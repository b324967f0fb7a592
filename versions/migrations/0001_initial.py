import django.db.models.deletion
from django.db import migrations, models

import registry.ids
from registry.dialects import install_locks

FACTS = ("versions_change", "versions_artifact")


def lock_facts(apps, schema_editor):
    install_locks(schema_editor.connection, FACTS)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("registry", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Release",
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
                ("sequence", models.PositiveIntegerField()),
                ("version", models.CharField(max_length=50)),
                (
                    "bump",
                    models.CharField(
                        choices=[("major", "Major"), ("minor", "Minor"), ("patch", "Patch")],
                        max_length=5,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("frozen", "Frozen"),
                            ("built", "Built"),
                            ("published", "Published"),
                        ],
                        default="frozen",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "waiver",
                    models.TextField(blank=True, help_text="Why contested labels were let out"),
                ),
                ("history_root", models.CharField(max_length=64)),
                (
                    "snapshot",
                    models.TextField(
                        help_text="Canonical JSON of all that the files need at freezing"
                    ),
                ),
                ("actor", models.CharField(editable=False, max_length=26)),
                ("frozen_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="registry.benchmark",
                    ),
                ),
            ],
            options={
                "ordering": ["benchmark", "-sequence"],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("removed", "Removed"),
                            ("revised", "Revised"),
                            ("tier", "same revision, other tier"),
                        ],
                        max_length=7,
                    ),
                ),
                ("tier", models.CharField(blank=True, max_length=10)),
                (
                    "after",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.revision",
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.revision",
                    ),
                ),
                (
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="registry.benchmark"
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="registry.instance",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="versions.release",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Artifact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="artifacts",
                        to="versions.release",
                    ),
                ),
            ],
            options={
                "ordering": ["path"],
            },
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                fields=("benchmark", "sequence"), name="one_sequence"
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(fields=("benchmark", "version"), name="one_version"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                fields=("benchmark", "instance", "sequence"), name="one_change_per_release"
            ),
        ),
        migrations.AddConstraint(
            model_name="artifact",
            constraint=models.UniqueConstraint(
                fields=("release", "path"), name="one_artifact_path"
            ),
        ),
        migrations.RunPython(lock_facts, migrations.RunPython.noop),
    ]
