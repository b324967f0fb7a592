"""Worked by hand from the published formulas, at rates where the RR interval is a round figure."""

from typing import Any

import pytest

from audits.calculators import NotComputable
from tests.audits.calculators.worked import LIKE, of, result


def beat(rate: float, qt: float = 400) -> dict[str, Any]:
    return {"Heart Rate or Pulse": [rate, "beats per minute"], "QT interval": [qt, "msec"]}


@pytest.mark.parametrize(
    ("formula", "rate", "expected"),
    [
        ("Bazett", 60, 400),
        ("Bazett", 240, 800),  # RR 0.25 s: 400 / 0.5
        ("Fridericia", 60, 400),
        ("Fridericia", 480, 800),  # RR 0.125 s: 400 / 0.5
        ("Framingham", 60, 400),
        ("Framingham", 120, 477),  # 400 + 154 × 0.5
        ("Hodges", 60, 400),
        ("Hodges", 100, 470),  # 400 + 1.75 × 40
        ("Rautaharju", 60, 400),
        ("Rautaharju", 105, 500),  # 400 × 225 / 180
    ],
)
def test_corrected_qt(formula: str, rate: float, expected: float) -> None:
    found = result(f"QTc {formula} Calculator", beat(rate))
    assert found == pytest.approx(expected, **LIKE)


def test_a_qt_in_seconds_is_the_same() -> None:
    entities = {"Heart Rate or Pulse": 75, "QT interval": [0.33, "s"]}
    assert result("QTc Bazett Calculator", entities) == pytest.approx(368.951, **LIKE)


def test_no_heart_beat_has_no_qt() -> None:
    with pytest.raises(NotComputable, match="no value"):
        result("QTc Bazett Calculator", beat(0))


def test_mean_arterial_pressure() -> None:
    group = "Mean Arterial Pressure (MAP)"
    entities = {"Systolic Blood Pressure": [120, "mmhg"], "Diastolic Blood Pressure": [90, "mm Hg"]}
    assert result(group, entities) == pytest.approx(100)
    assert of(group).band(64) == "below the target of septic shock"


def test_qt_is_prolonged_from_450_ms() -> None:
    band = of("QTc Hodges Calculator").band
    assert [band(449), band(450), band(460)] == ["not prolonged", "prolonged in men", "prolonged"]
    assert "torsade" in band(500)
