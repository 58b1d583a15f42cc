"""Checksums and shapes of numbers. A checksum is a score, not a law: numbers are misheard and mistyped."""

from __future__ import annotations

RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
MONTHS = range(1, 13)
DAYS = range(1, 32)


def bare(number: str) -> str:
    """The digits of a number as it was grouped."""
    return "".join(char for char in number if char.isdigit())


def groups(number: str) -> list[int]:
    """The lengths of the groups that separators make."""
    return [len(part) for part in number.replace(".", "-").replace(" ", "-").split("-") if part]


def is_date(digits: str) -> bool:
    """Whether six digits are a birth date, YYMMDD."""
    return int(digits[2:4]) in MONTHS and int(digits[4:6]) in DAYS


def is_long_date(digits: str) -> bool:
    """Whether a number begins with a date of our time, YYYYMMDD."""
    return digits[:2] in ("19", "20") and len(digits) >= 8 and is_date(digits[2:8])


def rrn(digits: str) -> bool:
    """The checksum of resident numbers given out before October 2020."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, RRN_WEIGHTS, strict=False))
    return (11 - total % 11) % 10 == int(digits[12])


def luhn(digits: str) -> bool:
    """The checksum of payment cards."""
    doubled = [int(d) * 2 if i % 2 else int(d) for i, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def business(digits: str) -> bool:
    """The checksum of business registration numbers."""
    total = sum(int(d) * w for d, w in zip(digits, BUSINESS_WEIGHTS, strict=False))
    return (10 - (total + int(digits[8]) * 5 // 10) % 10) % 10 == int(digits[9])


def iban(text: str) -> bool:
    """The check digits of an international account number (ISO 7064, modulo 97)."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1
