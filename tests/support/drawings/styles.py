"""How a person and a garment are to look."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import attrs

from drawings.canvas import RGB

Category = Literal["top", "bottom", "dress"]
Sleeves = Literal["none", "short", "long"]
Neck = Literal["crew", "v", "scoop", "shirt", "hood", "high"]
Cut = Literal["trousers", "shorts", "skirt"]
Pattern = Literal["plain", "stripes", "bars", "dots", "checks", "emblem"]


@attrs.frozen
class GarmentStyle:
    """A garment, either laid flat or worn by a drawn person.

    Attributes:
        category: What part of the body it dresses.
        colour: Main colour of the cloth.
        sleeves: Sleeves of a top or dress; meaningless for a bottom.
        neck: Neckline of a top or dress; meaningless for a bottom.
        cut: Shape of a bottom; meaningless for a top or dress.
        fit: How loosely it sits, 0 (close) to 1 (wide).
        flare: How far long sleeves widen down to the cuff, 0 (not at all) to 1 (like a bell).
        length: 0 (cropped top, mini skirt, cropped trousers) to 1 (long); a top up to 2 (a tunic).
        pattern: Print of the cloth.
        accent: Colour of the print and of contrasting details.
    """

    category: Category = "top"
    colour: RGB = (196, 92, 74)
    sleeves: Sleeves = attrs.field(default="short", kw_only=True)
    neck: Neck = attrs.field(default="crew", kw_only=True)
    cut: Cut = attrs.field(default="trousers", kw_only=True)
    fit: float = attrs.field(default=0.4, kw_only=True)
    flare: float = attrs.field(default=0.0, kw_only=True)
    length: float = attrs.field(default=0.5, kw_only=True)
    pattern: Pattern = attrs.field(default="plain", kw_only=True)
    accent: RGB = attrs.field(default=(245, 240, 230), kw_only=True)


CREAM: RGB = (243, 236, 222)

GARMENT_STYLES: Mapping[str, GarmentStyle] = MappingProxyType(
    {
        "coral tee": GarmentStyle("top", (222, 104, 84)),
        "striped tee": GarmentStyle("top", CREAM, pattern="stripes", accent=(44, 66, 106)),
        "emblem tee": GarmentStyle("top", (52, 98, 104), pattern="emblem", accent=(242, 190, 92)),
        "plum long sleeve": GarmentStyle("top", (112, 62, 98), sleeves="long"),
        "mustard v-neck": GarmentStyle("top", (214, 160, 52), sleeves="long", neck="v"),
        "striped pullover": GarmentStyle(
            "top", (236, 228, 210), sleeves="long", fit=0.3, pattern="stripes", accent=(36, 58, 98)
        ),
        "teal tank": GarmentStyle("top", (38, 132, 130), sleeves="none", neck="scoop", fit=0.2),
        "checked shirt": GarmentStyle(
            "top",
            (176, 62, 58),
            sleeves="long",
            neck="shirt",
            pattern="checks",
            accent=(48, 52, 78),
        ),
        "grey hoodie": GarmentStyle("top", (148, 154, 164), sleeves="long", neck="hood", fit=0.8),
        "navy trousers": GarmentStyle("bottom", (46, 58, 88)),
        "wide olive trousers": GarmentStyle("bottom", (110, 112, 70), fit=0.9),
        "denim shorts": GarmentStyle("bottom", (84, 118, 160), cut="shorts", fit=0.5),
        "pleated skirt": GarmentStyle("bottom", (178, 84, 92), cut="skirt", fit=0.7),
        "dotted dress": GarmentStyle("dress", (54, 74, 128), pattern="dots", fit=0.6, length=0.5),
        "green summer dress": GarmentStyle(
            "dress", (86, 140, 104), sleeves="none", neck="scoop", fit=0.7, length=0.6
        ),
        "wine knit dress": GarmentStyle(
            "dress", (126, 42, 62), sleeves="long", fit=0.15, length=0.35
        ),
    }
)
"""Named garments of all categories."""


HairStyle = Literal["crop", "short", "bob", "long", "bun", "curly", "afro", "bald"]
ArmPose = Literal["relaxed", "away", "hip", "crossed"]
Stance = Literal["together", "apart", "seated"]


@attrs.frozen
class Build:
    """The shape of a body, relative to an average adult.

    Attributes:
        height: Height of the figure as a part of the picture's height, 0.6 to 0.94.
        width: Overall fullness, 0.8 (slim) to 1.5 (large).
        shoulders: Factor of the shoulder width.
        hips: Factor of the hip width.
        waist: Factor of the waist width.
    """

    height: float = 0.88
    width: float = 1.0
    shoulders: float = attrs.field(default=1.0, kw_only=True)
    hips: float = attrs.field(default=1.0, kw_only=True)
    waist: float = attrs.field(default=1.0, kw_only=True)


@attrs.frozen
class PersonStyle:
    """A person and what they wear: a dress, or a top and a bottom.

    Left and right are meant in the picture.

    Attributes:
        skin: Skin colour.
        hair: Hair colour.
        hair_style: Cut of the hair.
        beard: Whether the person has a short beard.
        build: Shape of the body.
        left_arm: Pose of the arm at the left.
        right_arm: Pose of the arm at the right.
        stance: Whether the feet stand together or apart, or the person sits on a stool, in
            trousers or shorts, with the hands on the lap unless the arms are crossed.
        top: Upper garment; ignored when a dress is worn.
        bottom: Lower garment; ignored when a dress is worn.
        dress: Dress or None.
        tucked: Whether the top is tucked into the bottom.
        shoes: Colour of the shoes.
        backdrop: Colour of the studio wall.
        seed: Seed of the small random variations of folds.
    """

    skin: RGB = (222, 172, 140)
    hair: RGB = (74, 48, 36)
    hair_style: HairStyle = attrs.field(default="short", kw_only=True)
    beard: bool = attrs.field(default=False, kw_only=True)
    build: Build = attrs.field(default=Build(), kw_only=True)
    left_arm: ArmPose = attrs.field(default="relaxed", kw_only=True)
    right_arm: ArmPose = attrs.field(default="relaxed", kw_only=True)
    stance: Stance = attrs.field(default="apart", kw_only=True)
    top: GarmentStyle = attrs.field(default=GARMENT_STYLES["coral tee"], kw_only=True)
    bottom: GarmentStyle = attrs.field(default=GARMENT_STYLES["navy trousers"], kw_only=True)
    dress: GarmentStyle | None = attrs.field(default=None, kw_only=True)
    tucked: bool = attrs.field(default=False, kw_only=True)
    shoes: RGB = attrs.field(default=(236, 234, 230), kw_only=True)
    backdrop: RGB = attrs.field(default=(226, 226, 224), kw_only=True)
    seed: int = attrs.field(default=1, kw_only=True)


FEMININE = Build(0.86, 0.92, shoulders=0.90, hips=1.08, waist=0.92)

PERSON_STYLES: Mapping[str, PersonStyle] = MappingProxyType(
    {
        "ada": PersonStyle(
            (141, 88, 58),
            (30, 22, 20),
            hair_style="afro",
            build=FEMININE,
            left_arm="hip",
            top=GARMENT_STYLES["mustard v-neck"],
            bottom=GARMENT_STYLES["navy trousers"],
            backdrop=(222, 228, 230),
        ),
        "ben": PersonStyle(
            (236, 190, 160),
            (150, 92, 50),
            beard=True,
            build=Build(0.91, 1.04, shoulders=1.10, hips=0.96, waist=1.05),
            top=GARMENT_STYLES["striped tee"],
            bottom=GARMENT_STYLES["wide olive trousers"],
            shoes=(92, 62, 44),
            backdrop=(214, 222, 228),
        ),
        "chika": PersonStyle(
            (240, 204, 172),
            (34, 28, 30),
            hair_style="bob",
            build=Build(0.82, 0.86, shoulders=0.88, hips=1.0, waist=0.92),
            left_arm="away",
            right_arm="away",
            stance="together",
            dress=GARMENT_STYLES["dotted dress"],
            shoes=(196, 70, 66),
            backdrop=(236, 226, 214),
        ),
        "devi": PersonStyle(
            (176, 118, 82),
            (38, 26, 24),
            hair_style="long",
            build=Build(0.84, 1.16, shoulders=0.94, hips=1.16, waist=1.02),
            stance="together",
            dress=GARMENT_STYLES["green summer dress"],
            shoes=(210, 170, 120),
            backdrop=(238, 228, 222),
        ),
        "emil": PersonStyle(
            (244, 206, 180),
            (190, 188, 186),
            hair_style="crop",
            build=Build(0.88, 1.24, shoulders=1.06, hips=1.0, waist=1.2),
            top=GARMENT_STYLES["checked shirt"],
            bottom=GarmentStyle("bottom", (92, 84, 78), fit=0.5),
            shoes=(70, 48, 38),
            backdrop=(224, 226, 216),
        ),
        "femi": PersonStyle(
            (88, 54, 40),
            (24, 20, 20),
            hair_style="crop",
            build=Build(0.92, 0.98, shoulders=1.1, hips=0.94, waist=1.0),
            left_arm="away",
            right_arm="away",
            top=GARMENT_STYLES["emblem tee"],
            bottom=GarmentStyle("bottom", (206, 186, 150), cut="shorts", fit=0.5),
            backdrop=(232, 222, 208),
        ),
        "greta": PersonStyle(
            (250, 222, 204),
            (206, 106, 54),
            hair_style="bun",
            build=Build(0.86, 0.9, shoulders=0.9, hips=1.04, waist=0.9),
            right_arm="hip",
            stance="together",
            top=GARMENT_STYLES["teal tank"],
            bottom=GARMENT_STYLES["pleated skirt"],
            tucked=True,
            shoes=(120, 78, 60),
            backdrop=(220, 224, 232),
        ),
        "hana": PersonStyle(
            (206, 152, 112),
            (58, 36, 28),
            hair_style="curly",
            build=Build(0.85, 1.4, shoulders=1.0, hips=1.1, waist=1.12),
            top=GARMENT_STYLES["plum long sleeve"],
            bottom=GarmentStyle("bottom", (70, 96, 132), fit=0.35),
            shoes=(240, 236, 228),
            backdrop=(230, 224, 232),
        ),
        "ivan": PersonStyle(
            (228, 178, 144),
            (196, 158, 96),
            build=Build(0.9, 0.9, shoulders=1.06, hips=0.94, waist=0.98),
            stance="together",
            top=GARMENT_STYLES["grey hoodie"],
            bottom=GarmentStyle("bottom", (48, 50, 56), fit=0.2),
            shoes=(214, 84, 62),
            backdrop=(228, 228, 224),
        ),
        "june": PersonStyle(
            (116, 72, 50),
            (96, 92, 92),
            hair_style="short",
            build=Build(0.84, 1.02, shoulders=0.92, hips=1.06, waist=1.0),
            right_arm="hip",
            dress=GARMENT_STYLES["wine knit dress"],
            shoes=(54, 40, 42),
            backdrop=(232, 230, 220),
        ),
    }
)
"""Named, varied people."""
