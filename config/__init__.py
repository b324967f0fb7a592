"""Settings, urls, the Celery app and the hub's own processes. Knows every app, holds no rules."""

import os

# Processes share the cores, and small matrices gain nothing from more threads: learning took ten
# times as long with them on a busy machine. To be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from config.celery import app as celery_app

__all__ = ["celery_app"]
