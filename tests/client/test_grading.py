"""When an answer is right, and how two labels differ."""

from decimal import Decimal

import pytest
from errata.answers import KINDS, Answer, Kind, UnreadableAnswer, parse_answer, print_answer
from errata.grading import (
    Comparison,
    Grade,
    InvalidLimits,
    Label,
    LabelChange,
    Limits,
    Verdict,
    accepts,
    compare,
    gradable_differently,
    grade,
    limits_by_rule,
    read_limits,
    same_answer,
)
from hypothesis import given
from hypothesis import strategies as st

FIVE_PERCENT = Limits.within(relative="0.05")
SAMPLES: dict[Kind, str] = {
    "number": "25.238",
    "integer": "7",
    "date": "2/9/2024",
    "duration": "(14, 1)",
    "choice": "B",
    "text": "Aspirin",
}


def label(text: str, kind: Kind = "number", limits: Limits = Limits.exact()) -> Label:  # noqa: B008
    return Label(parse_answer(text, kind), text, limits)


def verdict(raw: str, of: Label) -> Verdict:
    return grade(raw, of).verdict


close_numbers = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(10**12 - 30, 10**12 + 30) | st.integers(10**13 - 30, 10**13 + 30),
    st.integers(0, 14),
)


@st.composite
def labels(draw: st.DrawFn) -> Label:
    if draw(st.integers(0, 9)) == 0:
        return label(draw(st.sampled_from(["N/A", "unknown"])))
    text = format(draw(close_numbers), "f")
    rewritten = draw(st.sampled_from([text, f" {text}", f"+{text}", f"{text}e0"]))
    limits = [Limits.exact(), FIVE_PERCENT, Limits.between("1", "2e13")]
    return label(rewritten, "number", draw(st.sampled_from(limits)))


class TestGrading:
    def test_exact(self) -> None:
        assert verdict("5.0", label("5")) == Verdict.CORRECT
        assert verdict("5.01", label("5")) == Verdict.INCORRECT
        assert verdict("five", label("5")) == Verdict.UNPARSABLE

    def test_bounds_are_inclusive_and_may_be_open(self) -> None:
        between = label("5", "number", Limits.between("4", "6"))
        assert [verdict(raw, between) for raw in ("4", "6")] == [Verdict.CORRECT] * 2
        assert [verdict(raw, between) for raw in ("3.99", "6.01")] == [Verdict.INCORRECT] * 2
        assert verdict("1e300", label("5", "number", Limits.between("4", None))) == Verdict.CORRECT
        assert verdict("-9", label("5", "number", Limits.between(None, "6"))) == Verdict.CORRECT

    def test_tolerances(self) -> None:
        negative = label("-100", "number", FIVE_PERCENT)
        assert [verdict(raw, negative) for raw in ("-105", "-95")] == [Verdict.CORRECT] * 2
        assert [verdict(raw, negative) for raw in ("-105.1", "-94.9", "100")] == [
            Verdict.INCORRECT
        ] * 3
        near = label("2/9/2024", "date", Limits.within(absolute="2"))
        assert verdict("2024-02-11", near) == Verdict.CORRECT
        assert verdict("2024-02-12", near) == Verdict.INCORRECT

    def test_twelve_digits(self) -> None:
        assert verdict("23.978", label("23.977999999999998")) == Verdict.CORRECT
        assert verdict("23.9780000001", label("23.978")) == Verdict.INCORRECT
        upper = label("0.2", "number", Limits.between("0.1", "0.30000000000000004"))
        assert verdict("0.3", upper) == Verdict.CORRECT
        assert verdict("1e-400", label("1e400")) == Verdict.INCORRECT

    def test_integers_are_exact_but_their_bounds_may_lie_between_them(self) -> None:
        product = label("121932631112635269", "integer")
        assert verdict("121932631112635269", product) == Verdict.CORRECT
        assert verdict("121932631112635270", product) == Verdict.INCORRECT
        loose = label("40", "integer", Limits.between("38.0", "41.99999999999999999"))
        assert verdict("42", loose) == Verdict.CORRECT
        assert verdict("38", loose) == Verdict.CORRECT
        assert verdict("39.5", loose) == Verdict.UNPARSABLE

    @pytest.mark.parametrize("kind", KINDS)
    def test_abstentions(self, kind: Kind) -> None:
        answered, unanswerable = label(SAMPLES[kind], kind), label("N/A", kind)
        assert grade("unknown", unanswerable) == Grade(Verdict.CORRECT, abstained=True)
        assert grade("unknown", answered) == Grade(Verdict.INCORRECT, abstained=True)
        assert grade(SAMPLES[kind], answered) == Grade(Verdict.CORRECT)
        assert grade(SAMPLES[kind], unanswerable) == Grade(Verdict.INCORRECT)
        assert grade("", unanswerable) == Grade(Verdict.UNPARSABLE)

    def test_words_and_choices_are_the_callers(self) -> None:
        assert grade("keine", label("N/A"), unanswerable=["keine"]).abstained
        right = label("B", "choice")
        assert grade("tea", right, choices=("coffee", "Tea")).verdict == Verdict.CORRECT

    def test_text_ignores_case_and_spacing(self) -> None:
        assert verdict(" aspirin\n", label("Aspirin", "text")) == Verdict.CORRECT

    def test_an_answer_of_another_kind_is_not_right(self) -> None:
        assert not accepts(label("99"), parse_answer("99", "duration"))

    @pytest.mark.parametrize("kind", KINDS)
    @given(raw=st.text(st.characters(codec=None), max_size=300))
    def test_never_raises(self, kind: Kind, raw: str) -> None:
        for of in (label(SAMPLES[kind], kind), label("N/A", kind)):
            assert isinstance(grade(raw, of), Grade)

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        "raw",
        ["\ud800", "1e999999999", "-1e9999", "9" * 100_000, "\0", "(" * 100_000, "1e-9999"],
        ids=lambda raw: ascii(raw[:3]),
    )
    def test_never_raises_on_hostile_texts(self, kind: Kind, raw: str) -> None:
        limits = FIVE_PERCENT if kind == "number" else Limits.exact()
        assert grade(raw, label(SAMPLES[kind], kind, limits)).verdict != Verdict.CORRECT


class TestLimits:
    @pytest.mark.parametrize(
        ("limits", "text"),
        [
            (Limits.exact(), "{}"),
            (Limits.between("1", "2"), '{"lower":"1","upper":"2"}'),
            (Limits.between(None, "2"), '{"upper":"2"}'),
            (FIVE_PERCENT, '{"relative":"0.05"}'),
            (Limits.within(absolute="2"), '{"absolute":"2"}'),
        ],
    )
    def test_json(self, limits: Limits, text: str) -> None:
        assert limits.to_json() == text
        assert Limits.from_json(text) == limits

    def test_unreadable_json(self) -> None:
        for text in ("", "[]", "null", '{"lower":1}', '{"width":"1"}', "[" * 100_000):
            with pytest.raises(InvalidLimits):
                Limits.from_json(text)

    def test_forms_exclude_each_other(self) -> None:
        for mixed in (
            {"lower": "1", "relative": "0.05"},
            {"upper": "", "absolute": "1"},
            {"absolute": "1", "relative": "0.05"},
        ):
            with pytest.raises(InvalidLimits, match="give one"):
                Limits(**mixed)
        for wrong in ("-0.05", "", "N/A", "5 %"):
            with pytest.raises(InvalidLimits):
                Limits.within(relative=wrong)

    @pytest.mark.parametrize(
        ("text", "kind", "limits"),
        [
            ("5", "number", Limits.between("6", "4")),
            ("5", "number", Limits.between("x", "6")),
            ("5", "number", Limits.between("N/A", "6")),
            ("N/A", "number", Limits.between("4", "6")),
            ("N/A", "number", FIVE_PERCENT),
            ("B", "choice", Limits.between("A", "C")),
            ("Aspirin", "text", FIVE_PERCENT),
            ("2024-02-09", "date", FIVE_PERCENT),
        ],
    )
    def test_labels_refuse_limits_that_do_not_fit(
        self, text: str, kind: Kind, limits: Limits
    ) -> None:
        with pytest.raises(InvalidLimits):
            label(text, kind, limits)

    @pytest.mark.parametrize(
        ("text", "kind", "rule", "limits"),
        [
            ("25.238", "number", FIVE_PERCENT, Limits.between("23.9761", "26.4999")),
            ("-20", "number", FIVE_PERCENT, Limits.between("-21", "-19")),
            ("0", "number", FIVE_PERCENT, Limits.exact()),
            ("20", "integer", FIVE_PERCENT, Limits.between("19", "21")),
            ("7", "integer", Limits.within(absolute="0.5"), Limits.between("6.5", "7.5")),
            ("99", "duration", FIVE_PERCENT, Limits.between("94.05 days", "103.95 days")),
            (
                "2024-02-09",
                "date",
                Limits.within(absolute="2.5"),
                Limits.between("2024-02-07", "2024-02-11"),
            ),
            (
                "9999-12-30",
                "date",
                Limits.within(absolute="9"),
                Limits.between("9999-12-21", "9999-12-31"),
            ),
            ("B", "choice", Limits.exact(), Limits.exact()),
            ("N/A", "number", FIVE_PERCENT, Limits.exact()),
            ("5", "number", Limits.between("4", "6"), Limits.between("4", "6")),
        ],
    )
    def test_rules_become_explicit(
        self, text: str, kind: Kind, rule: Limits, limits: Limits
    ) -> None:
        assert limits_by_rule(parse_answer(text, kind), rule) == limits

    def test_rules_that_do_not_fit(self) -> None:
        with pytest.raises(InvalidLimits):
            limits_by_rule(parse_answer("Aspirin", "text"), FIVE_PERCENT)
        with pytest.raises(InvalidLimits):
            limits_by_rule(parse_answer("9.9e400", "number"), FIVE_PERCENT)

    @given(
        value=st.decimals(-(10**20), 10**20, allow_nan=False, places=6),
        raw=st.decimals(-(10**20), 10**20, allow_nan=False, places=6),
    )
    def test_a_rule_and_its_explicit_limits_grade_alike(self, value: Decimal, raw: Decimal) -> None:
        answer = Answer("number", value)
        text = print_answer(answer)
        by_rule = Label(answer, text, FIVE_PERCENT)
        explicit = Label(answer, text, limits_by_rule(answer, FIVE_PERCENT))
        assert not gradable_differently(by_rule, explicit)
        assert not compare(by_rule, explicit).limits_changed
        assert grade(str(raw), by_rule) == grade(str(raw), explicit)
        assert accepts(explicit, answer)

    def test_limits_of_a_file(self) -> None:
        weeks = parse_answer("('14 weeks', '1 days')", "duration")
        assert read_limits("(14, 1)", "99 days", weeks) == Limits.exact()
        assert read_limits("94.05", "103.95", weeks) == Limits.between("94.05 days", "103.95 days")
        five = parse_answer("5", "number")
        assert read_limits("", " ", five) == Limits.exact()
        assert read_limits("", "6.0", five) == Limits.between(None, "6")
        assert read_limits("4", "", five) == Limits.between("4", None)
        assert read_limits("4.75", "5.250", five) == Limits.between("4.75", "5.25")
        tea = parse_answer("Tea", "text")
        assert read_limits("tea", "Tea ", tea) == Limits.exact()
        nothing = parse_answer("N/A", "number")
        assert read_limits("N/A", "unknown", nothing) == Limits.exact()
        for lower, upper, answer in (
            ("6", "4", five),
            ("N/A", "N/A", five),
            ("4", "N/A", five),
            ("4", "6", nothing),
            ("x", "", five),
            ("a", "z", tea),
        ):
            with pytest.raises(InvalidLimits):
                read_limits(lower, upper, answer)


class TestComparing:
    @pytest.mark.parametrize(
        ("old", "new", "kind", "change"),
        [
            ("5", " 5 ", "number", LabelChange.IDENTICAL),
            ("5", "5.0", "number", LabelChange.REFORMATTED),
            ("('14 weeks', '1 days')", "99", "duration", LabelChange.REFORMATTED),
            ("2/9/2024", "02/09/2024", "date", LabelChange.REFORMATTED),
            ("N/A", "unknown", "number", LabelChange.REFORMATTED),
            ("N/A", "N/A", "number", LabelChange.IDENTICAL),
            ("5", "6", "number", LabelChange.CHANGED),
            ("B", "C", "choice", LabelChange.CHANGED),
            ("5", "N/A", "number", LabelChange.BECAME_UNANSWERABLE),
            ("unknown", "5", "number", LabelChange.BECAME_ANSWERABLE),
        ],
    )
    def test_classes(self, old: str, new: str, kind: Kind, change: LabelChange) -> None:
        assert compare(label(old, kind), label(new, kind)) == Comparison(change, False)

    def test_within_the_old_limits(self) -> None:
        old = label("25.238", "number", FIVE_PERCENT)
        assert compare(old, label("25.24")).change == LabelChange.WITHIN_TOLERANCE
        assert compare(label("25.24"), old).change == LabelChange.CHANGED
        assert compare(old, label("27")).change == LabelChange.CHANGED

    def test_limits_are_told_beside_the_change(self) -> None:
        exact, loose = label("5"), label("5", "number", FIVE_PERCENT)
        assert compare(exact, loose) == Comparison(LabelChange.IDENTICAL, True)
        point = label("5", "number", Limits.between("5", "5.0"))
        assert compare(exact, point) == Comparison(LabelChange.IDENTICAL, False)
        noisy = label("5", "number", Limits.between("4.75", "5.250000000000001"))
        assert compare(loose, noisy) == Comparison(LabelChange.IDENTICAL, False)
        assert compare(loose, label("N/A")) == Comparison(LabelChange.BECAME_UNANSWERABLE, True)

    def test_the_same_text_may_mean_another_answer(self) -> None:
        options = ("coffee", "tea"), ("tea", "coffee")
        old, new = (Label(parse_answer("tea", "choice", choices=given), "tea") for given in options)
        assert compare(old, new).change == LabelChange.CHANGED

    def test_another_kind_is_another_answer(self) -> None:
        number, days = label("99"), label("99", "duration")
        assert compare(number, days).change == LabelChange.CHANGED
        assert gradable_differently(number, days)

    def test_gradable_differently(self) -> None:
        loose = label("7", "integer", Limits.between("6.65", "7.35"))
        assert compare(label("7", "integer"), loose).limits_changed
        assert not gradable_differently(label("7", "integer"), loose)
        assert gradable_differently(loose, label("7", "integer", Limits.between("6", "7")))
        none = label("7", "integer", Limits.between("8.1", "8.9"))
        assert not gradable_differently(none, label("7", "integer", Limits.between("3.1", "3.2")))
        assert gradable_differently(label("5"), label("6"))
        assert not gradable_differently(label("5"), label("5.0"))
        assert gradable_differently(label("5"), label("N/A"))
        assert not gradable_differently(label("N/A"), label("unknown"))
        same_interval = Limits.between("4", "7")
        assert not gradable_differently(
            label("5", "number", same_interval), label("6", "number", same_interval)
        )
        assert not gradable_differently(label("Tea", "text"), label("tea", "text"))

    @given(one=labels(), two=labels(), three=labels())
    def test_equality_is_an_equivalence(self, one: Label, two: Label, three: Label) -> None:
        def identical(a: Label, b: Label) -> bool:
            return compare(a, b).change == LabelChange.IDENTICAL

        def equal(a: Label, b: Label) -> bool:
            return compare(a, b).change in (LabelChange.IDENTICAL, LabelChange.REFORMATTED)

        for same in (identical, equal):
            assert same(one, one)
            assert same(one, two) == same(two, one)
            assert same(one, three) or not (same(one, two) and same(two, three))
        assert equal(one, two) == same_answer(one.answer, two.answer)

    @pytest.mark.parametrize("kind", KINDS)
    @given(
        texts=st.tuples(
            *[
                st.sampled_from(
                    [
                        "1",
                        "1.0",
                        "b",
                        "B.",
                        "N/A",
                        "1/2/2024",
                        "2024-1-2",
                        "(0, 1)",
                        "1 day",
                        "unknown",
                        "01-02-2024",
                    ]
                )
            ]
            * 3
        )
    )
    def test_equality_is_an_equivalence_for_every_kind(
        self, kind: Kind, texts: tuple[str, str, str]
    ) -> None:
        try:
            one, two, three = (parse_answer(text, kind) for text in texts)
        except UnreadableAnswer:
            return
        assert same_answer(one, one)
        assert same_answer(one, two) == same_answer(two, one)
        assert same_answer(one, three) or not (same_answer(one, two) and same_answer(two, three))

    @given(old=labels(), new=labels(), raw=close_numbers.map(str) | st.just("N/A"))
    def test_what_is_graded_differently_could_be(self, old: Label, new: Label, raw: str) -> None:
        if grade(raw, old) != grade(raw, new):
            assert gradable_differently(old, new)
