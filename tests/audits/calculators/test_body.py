"""Worked by hand from the published formulas, in round figures."""

from typing import Any

import pytest

from audits.calculators import NotComputable
from tests.audits.calculators.worked import LIKE, of, result

BMI = "Body Mass Index (BMI)"


@pytest.mark.parametrize(
    ("group", "entities", "expected"),
    [
        (BMI, {"weight": [100, "kg"], "height": [200, "cm"]}, 25),
        (BMI, {"weight": [48.9, "kg"], "height": [1.56, "m"]}, 20.094),
        ("Target weight", {BMI: [25, "kg/m^2"], "height": [2, "m"]}, 100),
        ("Target weight", {BMI: [22.6, "kg/m^2"], "height": [78, "in"]}, 88.709),
        # Devine: 50 kg + 2.3 kg for each of ten inches, 45.5 kg for women
        ("Ideal Body Weight", {"sex": "Male", "height": [70, "in"]}, 73),
        ("Ideal Body Weight", {"sex": "Female", "height": [177.8, "cm"]}, 68.5),
        ("Ideal Body Weight", {"sex": "Male", "height": [58, "in"]}, 45.4),
        # 73 + 0.4 × 27
        (
            "Adjusted Body Weight",
            {"sex": "Male", "height": [70, "in"], "weight": [100, "kg"]},
            83.8,
        ),
        ("Adjusted Body Weight", {"sex": "Male", "height": [70, "in"], "weight": [63, "kg"]}, 69),
        # Mosteller: √(180 × 80 / 3600)
        ("Body Surface Area Calculator", {"height": [180, "cm"], "weight": [80, "kg"]}, 2),
        # Holliday and Segar, by the hour: 4 × 10, + 2 × 10, + 5
        ("Maintenance Fluids Calculations", {"weight": [10, "kg"]}, 40),
        ("Maintenance Fluids Calculations", {"weight": [17, "kg"]}, 54),
        ("Maintenance Fluids Calculations", {"weight": [25, "kg"]}, 65),
        ("Maintenance Fluids Calculations", {"weight": [2180, "g"]}, 8.72),
        ("Maintenance Fluids Calculations", {"weight": [30, "lbs"]}, 47.216),
    ],
)
def test_worked_examples(group: str, entities: dict[str, Any], expected: float) -> None:
    assert result(group, entities) == pytest.approx(expected, **LIKE)


def test_a_height_that_leaves_no_ideal_weight() -> None:
    with pytest.raises(NotComputable, match="for adults"):
        result("Ideal Body Weight", {"sex": "Female", "height": [1, "m"]})


def test_the_sex_is_needed_for_the_ideal_weight() -> None:
    with pytest.raises(NotComputable, match="sex is not given"):
        result("Ideal Body Weight", {"height": [1.7, "m"]})


def test_classes_of_the_world_health_organization() -> None:
    assert [of(BMI).band(index) for index in (18.4, 18.5, 24.9, 25, 30, 35, 40)] == [
        "underweight",
        "normal",
        "normal",
        "overweight",
        "obesity class I",
        "obesity class II",
        "obesity class III",
    ]
