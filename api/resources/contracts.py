"""The answer contract: how models are asked, and how responses are read and graded."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from errata.contract import MAX_TEMPLATE
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import PersonField
from api.views import ListView, View
from registry.contracts import changed_contract, contract_in_force, read_contract
from registry.models import ContractVersion
from registry.selectors import names_of
from registry.services.set_contract import set_contract


class ContractShape(serializers.Serializer[Any]):
    """A contract; `docs/formats.md` tells what each field means."""

    version = serializers.CharField()
    template = serializers.CharField()
    formats = serializers.DictField(child=serializers.CharField())
    unanswerable = serializers.ListField(child=serializers.CharField())
    extraction = serializers.CharField()
    grading = serializers.CharField()
    digest = serializers.CharField()


class NewContractShape(serializers.Serializer[Any]):
    """The next version; what is left out is as in the one in force."""

    version = serializers.CharField(max_length=20)
    template = serializers.CharField(required=False, max_length=MAX_TEMPLATE, trim_whitespace=False)
    formats = serializers.DictField(required=False, child=serializers.CharField(max_length=1_000))
    unanswerable = serializers.ListField(
        required=False, child=serializers.CharField(max_length=200), max_length=200
    )
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2_000)


class ContractVersionShape(serializers.ModelSerializer[ContractVersion]):
    """A version that was set."""

    contract = serializers.SerializerMethodField()
    actor = PersonField()

    class Meta:
        model = ContractVersion
        fields = ("version", "contract", "actor", "at")

    def get_contract(self, version: ContractVersion) -> dict[str, Any]:
        """The contract itself."""
        return read_contract(version).to_dict()


class ContractDetail(View):
    """The contract in force."""

    serializer_class = ContractShape

    @extend_schema(responses=ContractShape)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The contract by which the next release is asked and graded."""
        return self.rendered(ContractShape, contract_in_force(self.benchmark()))

    @extend_schema(request=NewContractShape, responses={201: ContractShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put the next version in force; takes the role maintainer. 200 where nothing changed."""
        benchmark = self.benchmark()
        fields = self.parsed(NewContractShape)
        reason = fields.pop("reason")
        wanted = changed_contract(contract_in_force(benchmark), fields)
        made = set_contract(actor=self.actor, benchmark=benchmark, contract=wanted, reason=reason)
        return self.rendered(ContractShape, wanted, status=201 if made else 200)


class ContractList(ListView):
    """The versions that were set, newest first."""

    serializer_class = ContractVersionShape

    def rows(self) -> QuerySet[ContractVersion]:
        """All of them."""
        return ContractVersion.objects.filter(benchmark=self.benchmark())

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names of those who set them."""
        return {"names": names_of(each.actor for each in page)}
