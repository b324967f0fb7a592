"""The sentences around the findings: who the patient is, history, plan."""

from dataclasses import dataclass

from config.demo.sample.draw import Draw

HISTORIES = (
    "{He} is treated for high blood pressure.",
    "{He} has type 2 diabetes treated with metformin.",
    "The history holds nothing but seasonal allergies.",
    "{He} had a cataract operation last year.",
    "{He} stopped smoking years ago.",
    "There is osteoarthritis of both knees.",
    "{He} lives with {his} sister and walks without help.",
    "No allergies are known.",
)
PLANS = (
    "A follow-up visit has been arranged.",
    "The findings were discussed with {his} family.",
    "{He} will be seen again by the same team.",
    "The plan is to repeat the examination after treatment.",
    "The family doctor has been informed.",
    "The plan is written down in the chart.",
)
PREGNANT_HISTORIES = (
    "She has never had an operation.",
    "Her earlier pregnancy went without trouble.",
    "She takes folic acid and no other medicine.",
    "She feels well apart from some nausea in the mornings.",
    "She works as a teacher and does not smoke.",
    "Her blood pressure is normal and the urine is clear.",
)
PREGNANT_PLANS = (
    "Routine blood tests were taken.",
    "She was told when to call the ward.",
    "The next visit is with the midwife.",
    "Her partner came along and had no further questions.",
    "Advice on diet and exercise was given.",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up patient."""

    age: int
    female: bool

    @property
    def noun(self) -> str:
        return "woman" if self.female else "man"

    def tell(self, sentence: str) -> str:
        """The sentence with {he}, {his}, {He} and {His} filled in."""
        he, his = ("she", "her") if self.female else ("he", "his")
        return sentence.format(he=he, his=his, He=he.title(), His=his.title())


def person(draw: Draw, low: int, high: int) -> Person:
    """A patient between two ages, in years."""
    return Person(age=draw.whole(low, high), female=draw.below(2) == 1)


def opening(draw: Draw, who: Person, setting: str) -> str:
    """The first sentence: age, sex and why the patient is seen."""
    article = "An" if str(who.age).startswith("8") or who.age in (11, 18) else "A"
    return draw.one(
        (
            f"{article} {who.age}-year-old {who.noun} {setting}.",
            f"This {who.age}-year-old {who.noun} {setting}.",
            f"The patient, a {who.noun} of {who.age} years, {setting}.",
        )
    )


def note(draw: Draw, who: Person, setting: str, *findings: str) -> str:
    """A note of three to six sentences around the findings (one to four sentences)."""
    return _note(draw, who, setting, findings, HISTORIES, PLANS)


def pregnancy_note(draw: Draw, who: Person, setting: str, *findings: str) -> str:
    """The same for a pregnant patient."""
    return _note(draw, who, setting, findings, PREGNANT_HISTORIES, PREGNANT_PLANS)


def _note(
    draw: Draw,
    who: Person,
    setting: str,
    findings: tuple[str, ...],
    histories: tuple[str, ...],
    plans: tuple[str, ...],
) -> str:
    sentences = [opening(draw, who, setting)]
    short = len(findings) == 1
    if short or draw.below(3):
        sentences.append(draw.one(histories))
    sentences.extend(findings)
    if len(sentences) < 6 and (short or draw.below(3)):
        sentences.append(draw.one(plans))
    return who.tell(" ".join(sentences))
