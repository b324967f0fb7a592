"""Every address of the API; `config.urls` puts them below `api/v1/`."""

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api.resources.audits import AuditDetail, AuditEstimate, AuditList, AuditResume, AuditStop
from api.resources.benchmarks import BenchmarkDetail, BenchmarkList
from api.resources.cases import (
    CaseClaim,
    CaseDetail,
    CaseList,
    CaseRefuse,
    CaseRelease,
    CaseRule,
)
from api.resources.comments import CommentHide, CommentList
from api.resources.contracts import ContractDetail, ContractList
from api.resources.drafts import DraftDetail, DraftDiff, HoldLift, HoldList
from api.resources.errata import ErrataAtom, ErrataList, Erratum
from api.resources.events import EventList
from api.resources.file_matches import FileMatches
from api.resources.gold import GoldDetail, GoldList
from api.resources.guides import GuideList
from api.resources.imports import ImportList, PlannedImportConfirm, PlannedImportDetail
from api.resources.instances import InstanceDetail, InstanceList
from api.resources.keys import KeyList
from api.resources.members import (
    InvitationList,
    InvitationWithdraw,
    MemberChange,
    MemberList,
    MemberRemove,
)
from api.resources.names import NamedRelease, UpstreamNames
from api.resources.opinions import CaseDecide, CaseLeave, CaseOpinion
from api.resources.packets import PacketDecide, PacketTake
from api.resources.policies import Policy, PolicyPreview, PolicyVersions
from api.resources.predictions import (
    PredictionAdmit,
    PredictionDelete,
    PredictionDetail,
    PredictionList,
    PredictionPublish,
)
from api.resources.release_contents import ReleaseChangelog, ReleaseDiff, ReleaseFile
from api.resources.releases import ReleaseDetail, ReleaseList, ReleaseWithdraw
from api.resources.reports import ReportDetail, ReportImport, ReportList, ReportSpam
from api.resources.rewordings import Rewordings
from api.resources.scores import Moved, ProvisionalScore, Scores
from api.resources.watches import WatchList, WatchStart, WatchStop
from api.views import Nowhere

B = "benchmarks/<slug:slug>"
R = f"{B}/releases/<str:version>"
P = f"{B}/predictions/<str:predictions>"

urlpatterns: list[URLPattern] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("files/<str:sha256>/", FileMatches.as_view(), name="file-matches"),
    path("keys/", KeyList.as_view(), name="keys"),
    path("benchmarks/", BenchmarkList.as_view(), name="benchmarks"),
    path(f"{B}/", BenchmarkDetail.as_view(), name="benchmark"),
    path(f"{B}/instances/", InstanceList.as_view(), name="instances"),
    path(f"{B}/instances/<path:key>/", InstanceDetail.as_view(), name="instance"),
    path(f"{B}/events/", EventList.as_view(), name="events"),
    path("reports/", ReportList.as_view(), name="reports"),
    path("reports/<str:report>/", ReportDetail.as_view(), name="report"),
    path("reports/<str:report>/spam/", ReportSpam.as_view(), name="close-as-spam"),
    path(f"{B}/reports/import/", ReportImport.as_view(), name="import-reports"),
    path(f"{B}/comments/", CommentList.as_view(), name="comments"),
    path("comments/<str:comment>/hide/", CommentHide.as_view(), name="hide-comment"),
    path("watches/", WatchList.as_view(), name="watches"),
    path(f"{B}/watch/", WatchStart.as_view(), name="watch"),
    path(f"{B}/unwatch/", WatchStop.as_view(), name="unwatch"),
    path(f"{B}/predictions/", PredictionList.as_view(), name="predictions"),
    path(f"{P}/", PredictionDetail.as_view(), name="prediction-set"),
    path(f"{P}/publish/", PredictionPublish.as_view(), name="publish-predictions"),
    path(f"{P}/delete/", PredictionDelete.as_view(), name="delete-predictions"),
    path(f"{P}/admit/", PredictionAdmit.as_view(), name="admit-predictions"),
    path(f"{P}/provisional/", ProvisionalScore.as_view(), name="provisional"),
    path(f"{P}/moved/", Moved.as_view(), name="moved"),
    path(f"{B}/scores/", Scores.as_view(), name="scores"),
    path(f"{B}/contract/", ContractDetail.as_view(), name="contract"),
    path(f"{B}/contract/versions/", ContractList.as_view(), name="contract-versions"),
    path(f"{B}/gold/", GoldList.as_view(), name="gold-sets"),
    path(f"{B}/gold/<str:gold>/", GoldDetail.as_view(), name="gold-set"),
    path(f"{B}/guides/", GuideList.as_view(), name="guides"),
    path(f"{B}/cases/", CaseList.as_view(), name="cases"),
    path(f"{B}/packets/", PacketTake.as_view(), name="packets"),
    path(f"{B}/packets/decide/", PacketDecide.as_view(), name="decide-packet"),
    path("cases/<str:case>/", CaseDetail.as_view(), name="case"),
    path("cases/<str:case>/claim/", CaseClaim.as_view(), name="claim-case"),
    path("cases/<str:case>/release/", CaseRelease.as_view(), name="release-case"),
    path("cases/<str:case>/opinion/", CaseOpinion.as_view(), name="answer-case"),
    path("cases/<str:case>/leave/", CaseLeave.as_view(), name="leave-case"),
    path("cases/<str:case>/decide/", CaseDecide.as_view(), name="decide-case"),
    path("cases/<str:case>/rule/", CaseRule.as_view(), name="rule-on-case"),
    path("cases/<str:case>/refuse/", CaseRefuse.as_view(), name="refuse-case"),
    path(f"{B}/audits/", AuditList.as_view(), name="audits"),
    path(f"{B}/audits/estimate/", AuditEstimate.as_view(), name="estimate-audit"),
    path("audits/<str:run>/", AuditDetail.as_view(), name="audit"),
    path("audits/<str:run>/stop/", AuditStop.as_view(), name="stop-audit"),
    path("audits/<str:run>/resume/", AuditResume.as_view(), name="resume-audit"),
    path(f"{B}/imports/", ImportList.as_view(), name="imports"),
    path("imports/<str:planned>/", PlannedImportDetail.as_view(), name="import"),
    path("imports/<str:planned>/confirm/", PlannedImportConfirm.as_view(), name="confirm-import"),
    path(f"{B}/policy/", Policy.as_view(), name="policy"),
    path(f"{B}/policy/versions/", PolicyVersions.as_view(), name="policy-versions"),
    path(f"{B}/policy/preview/", PolicyPreview.as_view(), name="preview-policy"),
    path(f"{B}/members/", MemberList.as_view(), name="members"),
    path(f"{B}/members/change/", MemberChange.as_view(), name="change-member"),
    path(f"{B}/members/remove/", MemberRemove.as_view(), name="remove-member"),
    path(f"{B}/invitations/", InvitationList.as_view(), name="invitations"),
    path(
        f"{B}/invitations/<str:invitation>/withdraw/",
        InvitationWithdraw.as_view(),
        name="withdraw-invitation",
    ),
    path(f"{B}/draft/", DraftDetail.as_view(), name="draft"),
    path(f"{B}/draft/diff/", DraftDiff.as_view(), name="draft-diff"),
    path(f"{B}/holds/", HoldList.as_view(), name="holds"),
    path(f"{B}/holds/<str:hold>/lift/", HoldLift.as_view(), name="lift-hold"),
    path(f"{B}/rewordings/", Rewordings.as_view(), name="rewordings"),
    path(f"{B}/names/", UpstreamNames.as_view(), name="upstream-names"),
    path(f"{B}/releases/", ReleaseList.as_view(), name="releases"),
    path(f"{B}/releases/named/", NamedRelease.as_view(), name="named-release"),
    path(f"{R}/", ReleaseDetail.as_view(), name="release"),
    path(f"{R}/withdraw/", ReleaseWithdraw.as_view(), name="withdraw-release"),
    path(f"{R}/diff/", ReleaseDiff.as_view(), name="diff"),
    path(f"{R}/changelog/", ReleaseChangelog.as_view(), name="changelog"),
    path(f"{B}/errata/", ErrataList.as_view(), name="errata"),
    path(f"{B}/errata.atom", ErrataAtom.as_view(), name="errata-atom"),
    path(f"{B}/errata/<str:erratum>/", Erratum.as_view(), name="erratum"),
    path(f"{R}/files/<path:path>", ReleaseFile.as_view(), name="release-file"),
    re_path("", Nowhere.as_view()),
]
app_name = "api"
