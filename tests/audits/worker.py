"""A worker in a process of its own: python -m tests.audits.worker DATABASE RUN."""

import sys

import django
from django.conf import settings


def main(database: str, run: str) -> None:
    """Work on a run in a database of the tests."""
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from audits.services.work_on_run import work_on_run

    work_on_run(run_id=int(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
