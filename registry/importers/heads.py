"""Finding the heads of the instances that a file's rows are about."""

from typing import Any

from registry.importers.base import BadRecord
from registry.importers.rows import Row
from registry.models import Alias, Benchmark, Head


class Heads:
    """The existing heads for one chunk of rows, by key and by aligned id."""

    def __init__(
        self, benchmark: Benchmark | None, rows: list[Row], *, align: str, upstream: str = ""
    ) -> None:
        self.benchmark, self.align = benchmark, align
        self.by_key: dict[str, Head] = {}
        self.by_id: dict[str, Head] = {}
        self.named: dict[str, int] = {}
        if benchmark is None:
            return
        heads = Head.objects.filter(benchmark=benchmark).select_related(
            "instance", "revision__content"
        )
        keys = [row.key for row in rows if row.key is not None]
        if keys:
            found = heads.filter(instance__benchmark=benchmark, instance__key__in=keys)
            self.by_key = {head.instance.key: head for head in found}
        ids = [row.id for row in rows if row.id]
        if align and ids:
            aliases = dict(self._aliases(align, ids).values_list("value", "instance_id"))
            by_pk = heads.in_bulk(list(aliases.values()))
            self.by_id = {value: by_pk[pk] for value, pk in aliases.items()}
        if upstream and ids:
            self.named = dict(self._aliases(upstream, ids).values_list("value", "instance_id"))

    def _aliases(self, space: str, ids: list[str]) -> Any:
        return Alias.objects.filter(benchmark=self.benchmark, space=space, value__in=ids)

    def of(self, row: Row) -> Head | None:
        """The head that the row is about; None for a new instance."""
        if row.key is not None:
            return self.by_key.get(row.key)
        if not self.align:
            return None
        if not row.id:
            raise BadRecord(row.line, "id", "is missing, so the row cannot be aligned")
        if row.id not in self.by_id:
            raise BadRecord(row.line, "id", f"there is no {self.align}:{row.id} to align with")
        return self.by_id[row.id]

    def is_named(self, row: Row, head: Head | None) -> bool:
        """Whether the row's id is an alias of its instance already; BadRecord if of another one."""
        named = self.named.get(row.id or "")
        if named is not None and (head is None or named != head.pk):
            raise BadRecord(
                row.line,
                "id",
                f"'{row.id}' names another instance; give this version of the file an --upstream "
                "of its own",
            )
        return named is not None
