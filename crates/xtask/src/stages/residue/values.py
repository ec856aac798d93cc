"""Values to plant: made up, valid by checksum, known by their form alone, so that no context is needed to find them."""

import random
import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def luhn(digits):
    total = 0
    for at, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if at % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return digits + str(-total % 10)


def card(rng):
    number = luhn("4" + "".join(rng.choice("0123456789") for _ in range(14)))
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


def iban(rng):
    bban = "".join(rng.choice("0123456789") for _ in range(18))
    check = 98 - int(bban + "131400") % 97
    return f"DE{check:02}{bban}"


def github(rng):
    body = "".join(rng.choice(BASE62) for _ in range(30))
    crc, tail = zlib.crc32(body.encode()), ""
    while crc:
        crc, digit = divmod(crc, 62)
        tail = BASE62[digit] + tail
    return "ghp_" + body + tail.rjust(6, "0")


class Plant:
    """Gives values and words that must stay, and remembers them by the place they stand in."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.values = []
        self.keep = []

    def value(self, place, kind=None):
        make = kind or self.rng.choice([card, iban, github])
        made = make(self.rng)
        self.values.append({"place": place, "value": made})
        return made

    def line(self, place, kind=None):
        """A sentence with a value and a word that stays."""
        return f"{self.word(place)} pay with {self.value(place, kind)} today"

    def word(self, place="words"):
        word = "keep" + "".join(self.rng.choice("bcdfghjkmnpqrstvwxz") for _ in range(8))
        self.keep.append({"place": place, "word": word})
        return word

    def pieces(self, text, most=6):
        """The text cut at random places."""
        cuts = sorted(self.rng.sample(range(1, len(text)), min(most, len(text) - 1)))
        return [text[a:b] for a, b in zip([0] + cuts, cuts + [len(text)])]
