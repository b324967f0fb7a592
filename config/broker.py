"""The embedded broker: kombu's folder of messages, made safe for several processes.

As shipped, a reader may take a message that is not written yet, which stops the worker, and moves
what it takes through the temporary folder, where a second reader may take it too. Here a message
appears whole and is taken by one rename.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """A channel whose messages are written and taken atomically."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{uuid.uuid4()}"
        draft = folder / f"{name}.draft"
        draft.write_text(dumps(payload), encoding="utf-8")
        draft.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str) -> Any:
        for name in sorted(os.listdir(self.data_folder_in)):  # noqa: PTH208 (names, often)
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = Path(self.data_folder_in, f"{name}.taken")
            try:
                taken.with_name(name).rename(taken)
            except FileNotFoundError:
                continue  # Another reader was faster.
            text = taken.read_text(encoding="utf-8")
            taken.unlink()
            return loads(text)
        raise Empty

    def get_table(self, exchange: str) -> Any:
        with self._tables_locked():
            return super().get_table(exchange)

    def _queue_bind(self, *arguments: Any) -> None:
        with self._tables_locked():
            super()._queue_bind(*arguments)

    @contextmanager
    def _tables_locked(self) -> Iterator[None]:
        # A table is seen empty by others between its creation and its first writing.
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with (self.control_folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """The transport behind `filesystem://`."""

    Channel = Channel


def install() -> None:
    """Let `filesystem://` mean this transport in this process."""
    TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
