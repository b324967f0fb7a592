"""Case packets: cases taken away as a file, decided elsewhere, and the filled file taken back."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.uploads import UploadView
from api.views import View
from audits.packets import TYPES, written_packet
from audits.permissions import require_expert
from audits.services.decide_rows import DONE, FINE, STATES, decide_rows
from audits.services.give_out_packet import MOST, give_out_packet
from audits.sheets import read_table


class NewPacketShape(serializers.Serializer[Any]):
    """How many cases, and as what."""

    count = serializers.IntegerField(min_value=1, max_value=MOST)
    format = serializers.ChoiceField(choices=list(TYPES), default="csv")


class FilledPacketShape(serializers.Serializer[Any]):
    """A filled packet, or any file with its columns."""

    file = serializers.FileField(help_text="CSV or XLSX")
    upstream = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="For rows without `key`: the space of the ids in `id`, such as v1.0/test",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Check each row, write nothing")


class CheckedRowShape(serializers.Serializer[Any]):
    """What became of a row, or would."""

    line = serializers.IntegerField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    message = serializers.CharField(source="said", help_text="Why it is not decided")
    after = serializers.CharField(help_text="The label after it; in a dry run a blind answer")


class CheckedPacketShape(serializers.Serializer[Any]):
    """A packet row by row; a bad row stops no other."""

    dry_run = serializers.BooleanField()
    decided = serializers.IntegerField(help_text="In a dry run: rows that can be decided")
    rows = CheckedRowShape(many=True)


class PacketTake(View):
    """Take cases away; takes the role expert."""

    @extend_schema(
        request=NewPacketShape, responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The first of the queue are yours for a fortnight: inputs, kind and guide, no labels."""
        benchmark, form = self.benchmark(), self.parsed(NewPacketShape)
        cases = give_out_packet(actor=self.actor, benchmark=benchmark, count=form["count"])
        packet, media = written_packet(benchmark, cases, form["format"])
        response = HttpResponse(packet, content_type=media)
        name = f"{benchmark.slug}-cases.{form['format']}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever is asked for: `format` says which form the file has."""
        return super().perform_content_negotiation(request, force=True)


class PacketDecide(UploadView):
    """Bring a filled packet back; takes the role expert."""

    @extend_schema(request=FilledPacketShape, responses=CheckedPacketShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Decide each row that can be decided; the same file may be sent again."""
        benchmark = self.benchmark()
        require_expert(self.actor, benchmark)
        form = self.parsed(FilledPacketShape)
        rows = decide_rows(
            actor=self.actor,
            benchmark=benchmark,
            rows=read_table(form["file"].name, form["file"]),
            upstream=form["upstream"],
            dry_run=form["dry_run"],
        )
        decided = sum(row.state in (FINE, DONE) for row in rows)
        told = {"dry_run": form["dry_run"], "decided": decided, "rows": rows}
        return self.rendered(CheckedPacketShape, told)
