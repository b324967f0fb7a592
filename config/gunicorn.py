"""How gunicorn serves: `gunicorn --config python:config.gunicorn config.wsgi`."""

import os

from config.logs import logging_settings

# Measured: threads answer as fast as processes here, and a slow client holds up one thread only.
workers = 2
worker_class = "gthread"
threads = 8
# Loaded once, before the workers fork: half the time at a start, and memory that they share.
preload_app = True
timeout = 60
graceful_timeout = 8
control_socket_disable = True

_logs = logging_settings(level=os.environ.get("ERRATA_LOG_LEVEL", "INFO").upper())
logconfig_dict = _logs | {
    "loggers": {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}}
}
