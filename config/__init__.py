"""Settings, urls, the Celery app and the hub's own processes. Knows every app, holds no rules."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
