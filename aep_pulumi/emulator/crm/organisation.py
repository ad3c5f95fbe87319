"""Organisation: the people, companies and deals behind the sample tables, before they get the columns of a CRM.

Everything follows from a name and the number of a row, so nothing is stored, and references are consistent: who refers to a row
picks one that existed at the time. Only names and streets come from Mimesis; ids, times, amounts and references do not.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aep_pulumi.emulator.crm.countries import City, Country
from aep_pulumi.emulator.crm.history import DAY, History, State, mixed, seed_of

if TYPE_CHECKING:
    from mimesis import Address, Person as Names

# How many people, and how many companies, of an organisation are kept; they are generated again when needed.
KEPT = 8_192

TITLES = (
    ("Chief Executive Officer", "Executive"),
    ("Managing Director", "Executive"),
    ("Chief Financial Officer", "Finance"),
    ("Financial Controller", "Finance"),
    ("Accountant", "Finance"),
    ("Head of Procurement", "Procurement"),
    ("Procurement Manager", "Procurement"),
    ("Buyer", "Procurement"),
    ("VP Sales", "Sales"),
    ("Key Account Manager", "Sales"),
    ("Sales Representative", "Sales"),
    ("Marketing Director", "Marketing"),
    ("Marketing Manager", "Marketing"),
    ("CRM Manager", "Marketing"),
    ("Chief Information Officer", "IT"),
    ("IT Manager", "IT"),
    ("Solutions Architect", "IT"),
    ("System Administrator", "IT"),
    ("HR Business Partner", "Human Resources"),
    ("Head of Logistics", "Operations"),
    ("Plant Manager", "Operations"),
    ("Operations Manager", "Operations"),
    ("Quality Engineer", "Operations"),
    ("Executive Assistant", "Executive"),
)

# Letters that do not decompose into a Latin letter and a mark.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "å": "a", "\u0131": "i"}
)

# How many percent of the phone numbers begin with 00 instead of +, and how many are one of these two.
TYPED_WITH_ZEROS, TYPED_WITHOUT_SPACES = 8, 16

# The first rows of an organisation are no duplicates.
UNIQUE = 100

MAIL_HOSTS = ("example.com", "example.org", "example.net")

Option = TypeVar("Option")


class Dice:
    """Decisions that depend on a name and numbers alone."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seeds: dict[str, int] = {}

    def word(self, what: str, *key: int) -> int:
        """A number of 64 bits."""
        seed = self._seeds.get(what)
        if seed is None:
            seed = self._seeds[what] = seed_of(f"{self._name}/{what}")
        return mixed(seed, *key)

    def pick(self, what: str, options: Sequence[Option], *key: int) -> Option:
        """One of the options."""
        return options[self.word(what, *key) % len(options)]

    def between(self, what: str, low: int, high: int, *key: int) -> int:
        """A number from low to high, both included."""
        return low + self.word(what, *key) % (high - low + 1)

    def size(self, what: str, smallest: int, magnitudes: int, *key: int) -> int:
        """A size, as sizes are distributed: of each order of magnitude as many. In whole numbers, the same on every machine."""
        unit = 10 ** self.between(f"{what}/unit", 0, magnitudes, *key)
        return self.between(what, smallest * unit, smallest * 10 * unit - 1, *key)

    def happens(self, percent: int, what: str, *key: int) -> bool:
        """True for so many percent of the keys."""
        return self.word(what, *key) % 100 < percent

    def filled(self, what: str, pattern: str, *key: int) -> str:
        """A format with its digits and letters."""
        word = self.word(what, *key)
        characters = []
        for character in pattern:
            if character == "#":
                word, digit = divmod(word, 10)
                characters.append(str(digit))
            elif character == "@":
                word, letter = divmod(word, 20)
                characters.append("ABDEFGHJLNPQRSTUWXYZ"[letter])
            else:
                characters.append(character)
        return "".join(characters)


class Place(NamedTuple):
    """An address."""

    street: str
    city: City
    postal_code: str
    country: str


class Company(NamedTuple):
    """What never changes about a company."""

    name: str
    country: Country
    host: str
    employees: int


class Person(NamedTuple):
    """What never changes about a person."""

    first_name: str
    last_name: str
    is_female: bool
    country: Country
    employer: int | None
    """The number of the person's company; None for a private customer."""

    email: str
    birthdate: int
    """In seconds since the epoch, negative before 1970."""


@dataclass(frozen=True, eq=False)
class Organisation:
    """A sample organisation, and what its CRM holds about its customers."""

    name: str
    countries: Sequence[tuple[Country, int]]
    """Where its customers live, with weights."""

    companies: History
    people: History
    leads: History
    deals: History

    @cached_property
    def dice(self) -> Dice:
        """The decisions about its rows."""
        return Dice(self.name)

    # --- companies --------------------------------------------------------------------------------------------------

    def company(self, row: int) -> Company:
        """What never changes about a company."""
        return _company(self, row)

    def place(self, what: str, country: Country, row: int, version: int) -> Place:
        """An address in a country; each version of a row is another one."""
        key = (row, version)
        city = self.dice.pick(f"{what}/city", country.cities, *key)
        streets = _generators(country.locale)[1]
        streets.reseed(self.dice.word(f"{what}/street", *key))
        street = self.dice.pick(f"{what}/address", country.streets, *key)
        return Place(
            street.format(s=streets.street_name(), n=self.dice.between(f"{what}/number", 1, 180, *key)),
            city,
            self.dice.filled(f"{what}/postal", city.postal_code, *key),
            country.code if self.dice.happens(5, f"{what}/code", row) else country.name,
        )

    def phone(self, what: str, patterns: Sequence[str], row: int, version: int, typed: int) -> str:
        """A phone number, as somebody may have typed it: the same number is spelled differently in another row."""
        number = self.dice.filled(f"{what}/digits", self.dice.pick(f"{what}/pattern", patterns, row, version), row, version)
        style = self.dice.between(f"{what}/typed", 1, 100, typed, version)
        if style <= TYPED_WITH_ZEROS:
            return "00" + number[1:]
        return re.sub(r"[ -]", "", number) if style <= TYPED_WITHOUT_SPACES else number

    # --- people -----------------------------------------------------------------------------------------------------

    def original(self, row: int) -> int:
        """The row with the same person; another one for the few who were entered twice."""
        if not self._is_duplicate(row):
            return row
        original = row - self.dice.between("duplicate/of", 1, UNIQUE - 1, row)
        return row if self._is_duplicate(original) else original

    def _is_duplicate(self, row: int) -> bool:
        return row >= UNIQUE and self.dice.happens(3, "duplicate", row)

    def person(self, row: int) -> Person:
        """What never changes about a person, without looking for duplicates."""
        return _person(self, "person", row, self._employer(row))

    def email(self, row: int) -> str | None:
        """The e-mail address in a row: for a duplicate, that of the original in another case."""
        original = self.original(row)
        if self.dice.happens(4, "email/none", original):
            return None
        email = self.person(original).email
        if original == row:
            return email
        return email.upper() if self.dice.happens(40, "email/case", row) else _capitalized(email)

    def prospect(self, row: int) -> tuple[Person, str, int | None]:
        """The person of a lead, the name of the company, and the person who it turns out to be, if it is converted."""
        known = self.people.count(self.leads.created(row))
        if known and self.dice.happens(20, "lead/known", row):
            contact = self.original(self.dice.word("lead/contact", row) % known)
            person = self.person(contact)
            employer = person.employer
            name = f"{person.first_name} {person.last_name}" if employer is None else self.company(employer).name
            return person, name, contact
        person = _person(self, "lead", row, None)
        return person, _company_name(self, "lead", row, person.country), None

    def _employer(self, row: int) -> int | None:
        """The company of a person: one of those that existed, the older ones more often."""
        known = self.companies.count(self.people.created(row))
        if not known or self.dice.happens(6, "private", row):
            return None
        return min(self.dice.word("employer", row) % known, self.dice.word("employer/older", row) % known)

    # --- deals ------------------------------------------------------------------------------------------------------

    def buyer(self, row: int) -> int | None:
        """The person of a deal: one of those who existed and work for a company."""
        known = self.people.count(self.deals.created(row))
        return self.original(self.dice.word("buyer", row) % known) if known else None

    def amount(self, row: int, version: int) -> int:
        """The value of a deal in cents, between 640 and 960,000, and what a change makes of it."""
        return self.dice.size("deal/size", 80_000, 2, row) * self.dice.between("deal/change", 80, 120, row, version) // 100

    # --- changes ----------------------------------------------------------------------------------------------------

    def touched(self, what: str, state: State, kinds: Sequence[str]) -> dict[str, int]:
        """The version at which each part of a row has last changed: one part per version, and 0 for those that never did."""
        versions = dict.fromkeys(kinds, 0)
        left = len(versions)
        for version in range(state.version, 0, -1):
            kind = self.dice.pick(f"{what}/touched", kinds, state.row, version)
            if not versions[kind]:
                versions[kind] = version
                left -= 1
                if not left:
                    break
        return versions

    def country(self, what: str, row: int) -> Country:
        """The country of a row, by the weights."""
        number = self.dice.word(f"{what}/country", row) % sum(weight for _, weight in self.countries)
        for country, weight in self.countries:
            number -= weight
            if number < 0:
                return country
        raise AssertionError


@lru_cache(maxsize=KEPT)
def _company(organisation: Organisation, row: int) -> Company:
    dice, country = organisation.dice, organisation.country("company", row)
    name = _company_name(organisation, "company", row, country)
    employees = dice.size("company/size", 3, 3, row)
    return Company(name, country, f"{slug(name)}.example.com", employees)


def _company_name(organisation: Organisation, what: str, row: int, country: Country) -> str:
    names = _generators(country.locale)[0]
    names.reseed(organisation.dice.word(f"{what}/owners", row))
    pattern = organisation.dice.pick(f"{what}/form", country.companies, row)
    return pattern.format(a=names.last_name(), b=names.last_name())


@lru_cache(maxsize=KEPT)
def _person(organisation: Organisation, what: str, row: int, employer: int | None) -> Person:
    from mimesis import Gender  # noqa: PLC0415 - see _generators

    dice = organisation.dice
    company = organisation.company(employer) if employer is not None else None
    # Most people work in the country of their company.
    at_home = company is not None and not dice.happens(8, f"{what}/abroad", row)
    country = company.country if company and at_home else organisation.country(what, row)
    is_female = dice.happens(48, f"{what}/gender", row)
    names = _generators(country.locale)[0]
    names.reseed(dice.word(f"{what}/name", row))
    gender = Gender.FEMALE if is_female else Gender.MALE
    first_name, last_name = names.first_name(gender=gender), names.last_name(gender=gender)
    host = company.host if company else dice.pick(f"{what}/host", MAIL_HOSTS, row)
    local = dice.pick(f"{what}/local", ("{first}.{last}", "{first}.{last}", "{initial}.{last}", "{first}_{last}"), row)
    first, last = slug(first_name, ""), slug(last_name, "")
    email = f"{local.format(first=first, last=last, initial=first[:1])}{'' if company else row % 100}@{host}"
    birthdate = -10 * 365 * DAY + dice.between(f"{what}/birthdate", 0, 42 * 365, row) * DAY
    return Person(first_name, last_name, is_female, country, employer, email, birthdate)


class _Generators(threading.local):
    """The generators of each locale, for one thread: another thread would set their seed in between."""

    def __init__(self) -> None:
        self.of_locale: dict[str, tuple[Names, Address]] = {}


_THREAD = _Generators()


def _generators(locale: str) -> tuple[Names, Address]:
    """The generators of a locale. Mimesis is imported when the first row is read."""
    if locale not in _THREAD.of_locale:
        from mimesis import Address, Locale, Person as Names  # noqa: PLC0415 - see above

        _THREAD.of_locale[locale] = Names(Locale(locale)), Address(Locale(locale))
    return _THREAD.of_locale[locale]


@cache
def _romanized() -> dict[int, str]:
    from mimesis.keys import romanize  # noqa: PLC0415 - as above
    from mimesis.locales import Locale  # noqa: PLC0415 - as above

    latin = romanize(Locale.UK)
    return {ord(letter): latin(letter) for letter in "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"}


def slug(text: str, separator: str = "-") -> str:
    """A text in lowercase ASCII letters and digits, for an address."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(LETTERS).translate(_romanized()))
    return re.sub(r"[^a-z0-9]+", separator, "".join(each for each in letters if not unicodedata.combining(each))).strip("-")


def _capitalized(email: str) -> str:
    local, _, host = email.partition("@")
    return f"{local.title()}@{host}"
