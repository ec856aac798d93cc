"""Verdicts of python-stdnum: lines of validator, canonical form, 0 or 1 on standard output; what was left out on standard error.

Arguments: the table of pairs, a seed, how many random starts for each shape. The random numbers come in families: a start
is made to a shape, then two of its characters (the last two, or those that `vary` names) run through all values, so valid
numbers are among them, and so are all their neighbours by one digit. The examples of a module's own documentation are
added, and single-character changes of every valid number.
"""

import importlib
import inspect
import random
import re
import sys
import tomllib

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def classes(shape):
    """The characters that each place of a shape allows: 9 digit, A letter, X either, [..] one of these, others themselves."""
    for part in re.findall(r"\[[^]]+\]|.", shape):
        yield {"9": DIGITS, "A": LETTERS, "X": DIGITS + LETTERS}.get(part, part.strip("[]"))


def family(places, vary, rng):
    start = [rng.choice(place) for place in places]
    vary = [at % len(places) for at in vary if -len(places) <= at < len(places)]
    first, second = (vary + [0, 0])[:2]
    for a in places[first]:
        for b in places[second]:
            one = list(start)
            one[first], one[second] = a, b
            yield "".join(one)


def neighbours(number, places, rng):
    at = rng.randrange(len(number))
    if at < len(places):
        yield number[:at] + rng.choice(places[at]) + number[at + 1:]
    yield number[:at] + number[at + 1:]
    yield number[:at] + rng.choice(DIGITS) + number[at:]


def examples(module):
    for text in re.findall(r"validate\(\s*u?'([^']*)'", inspect.getdoc(module) or ""):
        try:
            yield module.compact(text)
        except Exception:
            pass


def is_excepted(conditions, number):
    return number.isdigit() and any(eval(c, {"number": number, "int": int, "len": len}) for c in conditions)


def main():
    table, seed, starts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(table, "rb") as file:
        pairs = tomllib.load(file)["pair"]
    left_out = {}
    for pair in pairs:
        name = pair["validator"]
        module = importlib.import_module("stdnum." + pair["module"])
        arguments = pair.get("arguments", {})
        patterns = [re.compile(e["pattern"]) for e in pair.get("except", []) if "pattern" in e]
        conditions = [compile(e["when"], name, "eval") for e in pair.get("except", []) if "when" in e]
        before, after = pair.get("before", ""), pair.get("after", "")
        rng = random.Random(f"{seed} {name}")

        def verdict(number):
            try:
                compact = module.validate(before + number + after, **arguments)
                # A number that the oracle fills up is another one.
                return True if len(compact) <= len(before + number + after) else None
            except module.InvalidComponent as error:
                # Nothing of ours knows what day it is.
                return None if "born" in str(error) or "components" in pair else False
            except module.ValidationError:
                return False
            except Exception:
                # A failure of the oracle says nothing.
                return None

        numbers = {}
        for shape in pair["shapes"]:
            places = list(classes(shape))
            for _ in range(starts):
                for number in family(places, pair.get("vary", [-2, -1]), rng):
                    numbers[number] = places
        if not before and not after:
            for number in examples(module):
                numbers.setdefault(number, [DIGITS])
        judged = {}
        for number, places in numbers.items():
            judged[number] = verdict(number)
            if judged[number]:
                for near in neighbours(number, places, rng):
                    if near not in numbers:
                        judged[near] = verdict(near)
        for number, valid in judged.items():
            if valid is None or any(e.search(number) for e in patterns) or is_excepted(conditions, number):
                left_out[name] = left_out.get(name, 0) + 1
            elif re.fullmatch("[0-9A-Z+*-]+", number):
                print(name, number, int(valid), sep="\t")
    for name, count in left_out.items():
        print(name, count, sep="\t", file=sys.stderr)


main()
