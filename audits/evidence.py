"""What is known of a label, and the policy by which it is weighed: plain frozen data.

Everything pure in audits (belief, triage, the queue, evaluation) works on these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TRAIN = "train"  # the role of the splits that rewards are usually made from
GATES = ("history", "causes", "contested")  # what may stand between a draft and its release
USUAL = "usual"  # the risk class of what no other one names


@dataclass(frozen=True, slots=True)
class Voice:
    """What one verifier last said of the current label: object, support or abstain.

    A blind verifier's samples are one voice: it objects or supports where a super-majority of them
    agrees on an answer that the label refuses or accepts, else it abstains; `share` is how many of
    them agree. `answer` is what it arrived at or proposes, printed; `step` names what differs
    (recalculate). `sentence` is its rationale.
    """

    verifier: str
    verdict: str
    sentence: str = ""
    answer: str = ""
    category: str = ""
    confidence: float | None = None
    share: float = 1.0
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one label, in the order in which voices were heard.

    `impact` says how much a wrong label of this kind may harm: 1 is usual, more where the answers
    that are proposed lie in another risk band. `decided`: an expert decided on exactly this
    revision, and so many `experts` gave the answer that stands. `flawed`: an expert called the item
    flawed and a maintainer has not settled it yet.
    """

    benchmark: str
    key: str
    group: str = ""
    split: str = ""
    source: str = ""
    answer: str = ""
    kind: str = "text"
    voices: tuple[Voice, ...] = ()
    open_reports: int = 0
    decided: bool = False
    experts: int = 0
    flawed: bool = False
    impact: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A label that an expert decided on, with the evidence as it was before.

    `wrong`: the decision changed it. `truth` is the answer the decision left, printed; `category`
    and `reason` are the expert's.
    """

    evidence: Evidence
    wrong: bool
    truth: str = ""
    category: str = ""
    reason: str = ""
    control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers behind triage; shares are from 0 to 1. What each means stands in policy.toml.

    `residual` is the allowed residual error by risk class, `risk` the groups of each class; a group
    that none names is of the class `usual`. `endpoints` is None where the policy names none.
    `specialty` names the groups that experts of each specialty know best, `rewards_from` the roles
    of the splits that reward files are made from, `gates` what a release has to pass.
    """

    version: str
    contested_from: float
    possible_from: float = 0.2
    sampled: float
    seed: str
    default_doubt: float
    doubt: Mapping[str, float] = field(default_factory=dict)
    supermajority: float = 0.8
    band_weight: float = 1.5
    open_cases: int = 0
    exploration: float = 0.1
    control_upper: float = 0.06
    ruling_after: int = 3
    residual: Mapping[str, float] = field(default_factory=dict)
    risk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    endpoints: tuple[str, ...] | None = None
    experts_per_case: int = 1
    practice_cases: int = 5
    specialty: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rewards_from: tuple[str, ...] = (TRAIN,)
    gates: tuple[str, ...] = GATES

    def doubt_of(self, verifier: str) -> float:
        """How likely a label is wrong that this verifier objects to."""
        return self.doubt.get(verifier, self.default_doubt)

    def risk_of(self, group: str) -> str:
        """The risk class of a group."""
        named = (risk for risk, groups in sorted(self.risk.items()) if group in groups)
        return next(named, USUAL)

    def may_ask(self, endpoint: str, *, public: bool) -> bool:
        """Whether the benchmark's text may go to this endpoint of the panel.

        Where the policy names none, a public benchmark's may go to all, another's to none.
        """
        return public if self.endpoints is None else endpoint in self.endpoints
