"""A person in exact numbers: everything that the renderer needs to know, and the labels that follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from hpefair.synthetic.body import growth
from hpefair.synthetic.body.fitting import Fit, fit
from hpefair.synthetic.body.posture import Posture
from hpefair.synthetic.clothes.colour import GREY_HAIR

Colour = tuple[float, float, float]  # linear RGB reflectance

FACE_AGES_FROM: Final = 45.0  # years; MakeHuman's own ageing of faces is mild
FACE_AGED_AT: Final = 72.0
BALD_FROM: Final = 30.0
RECEDES_FROM: Final = 45.0
BEARD_FROM: Final = 20.0


@dataclass(frozen=True)
class Frame:
    """Shape variety that carries no label.

    Attributes:
        gender: Place between MakeHuman's male (0) and female (1) body, as seen in adults of this presentation.
        muscle: MakeHuman's muscle, 0 to 1.
        proportions: MakeHuman's proportions, 0 to 1.
        cupsize: MakeHuman's cup size.
        firmness: MakeHuman's breast firmness.
        variety: Shares of MakeHuman's three face and body types; shape variety, not a label.
    """

    gender: float
    muscle: float
    proportions: float
    cupsize: float
    firmness: float
    variety: tuple[float, float, float]


@dataclass(frozen=True)
class Hair:
    """Hair of head and face: what a person would have; `worn` says what age and presentation leave of it.

    Attributes:
        style: short, afro, bald, cap, bob, long or bun.
        colour: Natural colour, as reflectance.
        greying: How early hair greys, 0 late to 1 early.
        length: Lower end of long hair on the neutral body, metres above its origin.
        thickness: Relative thickness.
        recession: How far the hairline recedes in time, metres.
        beard: Whether there is one.
    """

    style: str
    colour: Colour
    greying: float
    length: float
    thickness: float
    recession: float
    beard: bool

    def worn(self, age_years: float, gender_presentation: str) -> Self:
        """The hair at an age: greyed, with bald heads, receding hairlines and beards only where they occur."""
        masculine = gender_presentation == "masculine"
        share = min(max((age_years - 45) / 30 * (0.6 + 0.8 * self.greying), 0.0), 1.0)
        red, green, blue = (c + (grey - c) * share for c, grey in zip(self.colour, GREY_HAIR, strict=True))
        return replace(
            self,
            style="short" if self.style == "bald" and age_years < BALD_FROM else self.style,
            colour=(red, green, blue),
            recession=self.recession if masculine and age_years > RECEDES_FROM else 0.0,
            beard=self.beard and masculine and age_years > BEARD_FROM,
        )


@dataclass(frozen=True)
class Outfit:
    """Cut of the clothes, in coordinates of the body surface (`asset.fields`).

    Attributes:
        sleeve: End of the sleeves along the arm.
        neckline: Upper edge of the top.
        hem: Lower edge of the top.
        waist: Upper edge of what is worn below.
        lower: trousers, shorts, skirt or dress.
        lower_hem: Lower edge of what is worn below.
        looseness: 0 tight to 1 loose.
        shoe_height: Upper edge of the shoes.
        top_pattern: Pattern of the top.
        lower_pattern: Pattern of what is worn below.
        pattern_scale: Relative size of both.
        pattern_edge: Height of a colour block on the neutral body, metres.
    """

    sleeve: float
    neckline: float
    hem: float
    waist: float
    lower: str
    lower_hem: float
    looseness: float
    shoe_height: float
    top_pattern: str
    lower_pattern: str
    pattern_scale: float
    pattern_edge: float


@dataclass(frozen=True)
class Palette:
    """Colours of the clothes."""

    top: Colour
    top_second: Colour
    lower: Colour
    lower_second: Colour
    shoe: Colour


@dataclass(frozen=True)
class Person:
    """One person of a scene.

    Attributes:
        age_years: Age.
        gender_presentation: feminine or masculine.
        stature_z: Stature in standard deviations from the median of age and gender presentation.
        relative_bmi: BMI relative to the median, adult-equivalent (`growth.body_mass_index`).
        skin_tone: Monk skin tone, 1 to 10.
        frame: Unlabelled shape variety.
        hair: Hair.
        outfit: Cut of the clothes.
        palette: Colours of the clothes; None until a picture has been composed around them.
        posture: Posture.
        place: Where the person stands: x and z in metres.
        facing: Direction of the body, degrees from the viewer (0 faces +Z, 90 shows its right side).
        seat_m: Height of the seat, where the posture needs one.
    """

    age_years: float
    gender_presentation: str
    stature_z: float
    relative_bmi: float
    skin_tone: int
    frame: Frame
    hair: Hair
    outfit: Outfit
    posture: Posture
    place: tuple[float, float] = (0.0, 0.0)
    facing: float = 0.0
    seat_m: float = 0.0
    palette: Palette | None = field(default=None)

    @property
    def stature_m(self) -> float:
        """Wanted stature in metres."""
        return growth.stature(self.age_years, self.gender_presentation, self.stature_z)

    @property
    def bmi(self) -> float:
        """Wanted BMI in kg/m²."""
        return growth.body_mass_index(self.age_years, self.relative_bmi)

    @property
    def labels(self) -> Mapping[str, str]:
        """Groups of the perceived attributes."""
        return {
            "gender_presentation": self.gender_presentation,
            "age_band": growth.age_band(self.age_years),
            "build": growth.build_of(self.relative_bmi),
            "skin_tone": f"monk_{self.skin_tone:02d}",
        }

    @property
    def worn_hair(self) -> Hair:
        """Hair as it is at this age."""
        return self.hair.worn(self.age_years, self.gender_presentation)

    def fitted(self) -> Fit:
        """Shape variables with the wanted stature and BMI."""
        grown = min(max((self.age_years - 10) / 6, 0.0), 1.0)
        lean = (0.5 + (self.frame.gender - 0.5) * (0.7 + 0.3 * grown)) if self.age_years < 16 else self.frame.gender
        phenotype = {
            "age": growth.age_variable(self.age_years),
            "gender": lean,
            "muscle": self.frame.muscle,
            "proportions": self.frame.proportions,
            "cupsize": self.frame.cupsize * min(max((self.age_years - 12) / 6, 0.0), 1.0),
            "firmness": self.frame.firmness,
            **dict(zip(("african", "asian", "caucasian"), self.frame.variety, strict=True)),
        }
        ageing = (self.age_years - FACE_AGES_FROM) / (FACE_AGED_AT - FACE_AGES_FROM)
        sliders = {"age_face": min(ageing, 1.0)} if ageing > 0 else {}
        return fit(phenotype, sliders, self.stature_m, self.bmi)
