"""Who speaks in training: espeak-ng's variants, without those that the accuracy measurement hears.

`CHECKING` speak only while training is watched, so that its own progress is read off voices that it does not learn from.
"""

from __future__ import annotations

import random

from tests.espeak import Voice

TRAINING = """
    m1 m2 m3 m4 m5 m7 m8 f1 f2 f3 f4 adam Alex Alicia Andrea antonio aunty belinda benjamin boris caleb david Denis
    Diogo ed Gene Gene2 grandma grandpa gustave Henrique Hugo iven iven2 iven3 Jacky john kaukovalta klatt klatt2 klatt4
    klatt5 klatt6 Lee linda marcelo Marco max Michael michel miguel Mike norbert Nguyen pablo paul pedro quincy rob sandro
    shelby steph steph2 steph3 travis Tweaky victor zac anika RicishayMax RicishayMax2
    """
CHECKING = ("Andy", "klatt3")
ACCENTS = {"ko": ("ko",), "en": ("en-us", "en-us", "en", "en-gb-x-rp", "en-029", "en-gb-x-gbclan")}
PLAIN_SHARE = 0.06
"""The language's own voice, without a variant: most tests speak with it."""


def a_voice(language: str, dice: random.Random) -> Voice:
    variant = "" if dice.random() < PLAIN_SHARE else f"+{dice.choice(TRAINING.split())}"
    return _voice(f"{dice.choice(ACCENTS[language])}{variant}", dice)


def a_checking_voice(language: str, dice: random.Random) -> Voice:
    return _voice(f"{dice.choice(ACCENTS[language])}+{dice.choice(CHECKING)}", dice)


def _voice(name: str, dice: random.Random) -> Voice:
    return Voice(
        name,
        rate=dice.randint(115, 215),
        pitch=dice.randint(15, 85),
        pitch_range=dice.randint(25, 80),
        gap=dice.choice((0, 0, 0, 1, 2)),
    )
