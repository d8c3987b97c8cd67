"""What a question compares its numbers with: "above 5%", "less than 14 days", "500 ms or more"."""

import re
from dataclasses import dataclass

from tools.translate.lexicon import lexicon

SCALES = {
    "%": ("percent", 0.01), "percent": ("percent", 0.01), "pct": ("percent", 0.01),
    "ms": ("time", 0.001), "millisecond": ("time", 0.001), "milliseconds": ("time", 0.001),
    "s": ("time", 1), "sec": ("time", 1), "secs": ("time", 1), "second": ("time", 1), "seconds": ("time", 1),
    "m": ("time", 60), "min": ("time", 60), "mins": ("time", 60), "minute": ("time", 60), "minutes": ("time", 60),
    "h": ("time", 3600), "hour": ("time", 3600), "hours": ("time", 3600),
    "d": ("time", 86400), "day": ("time", 86400), "days": ("time", 86400),
    "week": ("time", 604_800), "weeks": ("time", 604_800), "month": ("time", 2_592_000), "months": ("time", 2_592_000),
    "kb": ("bytes", 1e3), "mb": ("bytes", 1e6), "gb": ("bytes", 1e9), "tb": ("bytes", 1e12),
    "kib": ("bytes", 2**10), "mib": ("bytes", 2**20), "gib": ("bytes", 2**30), "tib": ("bytes", 2**40),
    "bytes": ("bytes", 1), "k": ("count", 1e3), "thousand": ("count", 1e3), "million": ("count", 1e6),
}  # fmt: skip
NUMBERS = {"zero": "0", "one": "1", "once": "1", "two": "2", "twice": "2", "three": "3", "four": "4", "five": "5",
           "six": "6", "ten": "10", "half": "0.5"}  # fmt: skip
NUMBER = rf"(?P<number>\d+(?:[.,]\d+)?(?:e\d+)?|{'|'.join(NUMBERS)})"
UNIT = rf"(?:\s*(?P<unit>{'|'.join(re.escape(unit) for unit in sorted(SCALES, key=len, reverse=True))})(?!\w|\.\d))?"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`kind` is what sort of unit was written: percent, time (seconds), bytes, count, or "" for none. `value` is in
    the base unit: 0.05 for 5 %."""

    operator: str
    value: float
    kind: str = ""

    def in_unit(self, unit: str) -> float:
        """The number to compare a value of this unit with; a percentage is a share where the value is one."""
        if unit == "ms" and self.kind == "time":
            return self.value * 1000
        if unit == "d" and self.kind == "time":
            return self.value / 86400
        if self.kind == "percent" and unit != "percentunit":
            return self.value * 100
        if not self.kind and unit == "percentunit" and self.value > 1:
            return self.value / 100
        return self.value


def read(text: str) -> tuple[Threshold | None, str]:
    """The comparison a text in lower case makes, and the text without it."""
    phrases = {" ".join(words): sign for words, sign in lexicon().comparisons.items()}
    before = "|".join(
        re.escape(words) for words in sorted(phrases, key=len, reverse=True) if not words.startswith("or ")
    )
    found = re.search(rf"(?<!\w)(?:(?:is|are|was|were)\s+)?(?P<words>{before})\s*{NUMBER}{UNIT}(?!\w)", text)
    if not found:
        after = "|".join(re.escape(words) for words in phrases if words.startswith("or "))
        found = re.search(rf"(?<!\w){NUMBER}{UNIT}\s+(?P<words>{after})(?!\w)", text)
    if not found:
        return None, text
    kind, scale = SCALES[found["unit"]] if found["unit"] else ("", 1)
    value = float(NUMBERS.get(found["number"], found["number"]).replace(",", ".")) * scale
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return Threshold(phrases[found["words"]], round(value, 9), kind), rest
