"""How stature and body mass index depend on age and gender presentation."""

from typing import Final

import numpy as np

# Stature in metres, close to the medians of the CDC growth charts (United States, 2000) up to 18 years, rounded; adults
# lose about 5 cm to the age of 85.
STATURE_AGES: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 50, 85)
STATURE: Final = {
    "masculine": (0.50, 0.76, 0.87, 0.955, 1.03, 1.10, 1.16, 1.28, 1.385, 1.49, 1.635, 1.735, 1.765, 1.765, 1.715),
    "feminine": (0.49, 0.74, 0.86, 0.945, 1.02, 1.09, 1.15, 1.27, 1.385, 1.515, 1.595, 1.625, 1.635, 1.635, 1.575),
}
STATURE_SPREAD: Final = 0.042  # standard deviation relative to the median

# Body mass index by age, both genders together: close to the medians of the CDC charts up to 18 years, then constant.
BMI_AGES: Final = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20)
BMI_MEDIAN: Final = (16.4, 15.6, 15.4, 15.8, 16.6, 17.9, 19.2, 20.5, 21.6, 22.2)
# Children vary less: their charts' distance from the median, relative to that of adults.
BMI_SPREAD_AGES: Final = (2, 6, 12, 18)
BMI_SPREAD: Final = (0.45, 0.6, 0.85, 1.0)
BMI_RANGE: Final = (12.8, 42.0)

AGE_RANGES: Final = {"child": (2, 13), "teen": (13, 18), "adult": (18, 40), "middle": (40, 60), "older": (60, 90)}

# Build by relative BMI, at any age: an adult is slim below a BMI of 20, large from 28.
SLIM_BELOW: Final = 0.90
LARGE_FROM: Final = 1.26
BUILD_RANGES: Final = {"slim": (0.66, 0.89), "average": (0.91, 1.25), "large": (1.27, 1.89)}

# Years at the anchors of MakeHuman's age variable. Up to 18 years these are Anny's; beyond, MakeHuman's `old` is read
# as 90, or people would hardly age between 20 and 64.
AGE_YEARS: Final = (0, 1, 4, 11, 16, 18, 25, 45, 60, 90)
AGE_VARIABLE: Final = (0.0, 0.05, 0.215, 0.415, 0.645, 2 / 3, 0.69, 0.78, 0.86, 1.0)


def stature(age_years: float, gender_presentation: str, z: float) -> float:
    """Stature in metres, `z` standard deviations from the median."""
    median = np.interp(age_years, STATURE_AGES, STATURE[gender_presentation])
    return float(median * (1 + STATURE_SPREAD * z))


def body_mass_index(age_years: float, relative: float) -> float:
    """BMI in kg/m² of a person whose relative BMI, the ratio to the median that an adult would have, is given."""
    spread = np.interp(age_years, BMI_SPREAD_AGES, BMI_SPREAD)
    median = np.interp(age_years, BMI_AGES, BMI_MEDIAN)
    return float(np.clip(median * (1 + (relative - 1) * spread), *BMI_RANGE))


def build_of(relative: float) -> str:
    """Build group of a relative BMI."""
    if relative < SLIM_BELOW:
        return "slim"
    return "large" if relative >= LARGE_FROM else "average"


def age_band(age_years: float) -> str:
    """Age band of an age."""
    return next((band for band, (_, end) in AGE_RANGES.items() if age_years < end), "older")


def age_variable(age_years: float) -> float:
    """MakeHuman's age variable."""
    return float(np.interp(age_years, AGE_YEARS, AGE_VARIABLE))
