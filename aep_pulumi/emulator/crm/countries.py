"""Countries: where the sample people live, with the formats of their addresses, phone numbers and companies.

In the formats, `#` is a digit and `@` a letter. Phone numbers are from the ranges for works of fiction where a country has some.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A city, with the formats of its postal codes and phone numbers."""

    name: str
    postal_code: str
    phone: str


@dataclass(frozen=True)
class Country:
    """A country of sample people and companies."""

    name: str
    code: str
    """ISO 3166, which some rows of a CRM hold in place of the name."""

    locale: str
    """The names of its people and streets, in the data of Mimesis."""

    streets: tuple[str, ...]
    """Addresses, of a street's name `s` and a number `n`."""

    companies: tuple[str, ...]
    """Company names, of a surname `a` and another one `b`."""

    mobile: tuple[str, ...]
    cities: tuple[City, ...]


def _cities(*rows: str) -> tuple[City, ...]:
    return tuple(City(*(part.strip() for part in row.split("|"))) for row in rows)


GERMAN = ("{s} {n}",)
ENGLISH = ("{n} {s} Street", "{n} {s} Road", "{n} {s} Avenue", "{n} {s} Lane", "{n} {s} Drive")

UNITED_STATES = Country(
    "United States",
    "US",
    "en",
    ENGLISH,
    ("{a} Inc.", "{a} & {b} LLC", "{a} Holdings Corp.", "{a} Brothers Inc.", "{a}-{b} Group"),
    ("+1 917 555 01##", "+1 310 555 01##", "+1 773 555 01##"),
    _cities(
        "New York | 100## | +1 212 555 01##",
        "Chicago | 606## | +1 312 555 01##",
        "San Francisco | 941## | +1 415 555 01##",
        "Boston | 021## | +1 617 555 01##",
        "Austin | 787## | +1 512 555 01##",
        "Seattle | 981## | +1 206 555 01##",
        "Atlanta | 303## | +1 404 555 01##",
        "Denver | 802## | +1 303 555 01##",
    ),
)
UNITED_KINGDOM = Country(
    "United Kingdom",
    "GB",
    "en-gb",
    ENGLISH,
    ("{a} Ltd", "{a} & Sons Ltd", "{a} {b} LLP", "{a} Group plc"),
    ("+44 7700 900###",),
    _cities(
        "London | EC#A #@@ | +44 20 7946 0###",
        "Manchester | M## #@@ | +44 161 496 0###",
        "Leeds | LS# #@@ | +44 113 496 0###",
        "Bristol | BS# #@@ | +44 117 496 0###",
        "Edinburgh | EH# #@@ | +44 131 496 0###",
        "Glasgow | G## #@@ | +44 141 496 0###",
    ),
)
GERMANY = Country(
    "Germany",
    "DE",
    "de",
    GERMAN,
    ("{a} GmbH", "{a} & Söhne KG", "Gebrüder {a} OHG", "{a} {b} AG", "{a} GmbH & Co. KG"),
    ("+49 152 28817###", "+49 171 39200##", "+49 176 040690##"),
    _cities(
        "Berlin | 101## | +49 30 23125###",
        "Hamburg | 203## | +49 40 66969###",
        "München | 803## | +49 89 99998###",
        "Köln | 506## | +49 221 4710###",
        "Frankfurt am Main | 603## | +49 69 90009###",
        "Leipzig | 041## | +49 341 4710###",
        "Düsseldorf | 402## | +49 211 4710###",
        "Dresden | 010## | +49 351 4710###",
    ),
)
AUSTRIA = Country(
    "Austria",
    "AT",
    "de-at",
    GERMAN,
    ("{a} GmbH", "{a} & Co KG", "{a} {b} AG"),
    ("+43 660 555 ####", "+43 699 555 ####"),
    _cities(
        "Wien | 10#0 | +43 1 555 ####",
        "Graz | 80## | +43 316 555 ###",
        "Linz | 40## | +43 732 555 ###",
        "Salzburg | 50## | +43 662 555 ###",
    ),
)
SWITZERLAND = Country(
    "Switzerland",
    "CH",
    "de-ch",
    GERMAN,
    ("{a} AG", "{a} & Partner GmbH", "{a} {b} SA", "{a} Sàrl"),
    ("+41 79 555 ## ##", "+41 76 555 ## ##"),
    _cities(
        "Zürich | 80## | +41 44 555 ## ##",
        "Basel | 40## | +41 61 555 ## ##",
        "Bern | 30## | +41 31 555 ## ##",
        "Genève | 120# | +41 22 555 ## ##",
    ),
)
FRANCE = Country(
    "France",
    "FR",
    "fr",
    ("{n} rue {s}", "{n} avenue {s}", "{n} boulevard {s}", "{n} bis rue {s}"),
    ("{a} SARL", "{a} et Fils SAS", "Établissements {a}", "{a} {b} SA"),
    ("+33 6 39 98 ## ##",),
    _cities(
        "Paris | 750## | +33 1 99 00 ## ##",
        "Lyon | 6900# | +33 4 65 71 ## ##",
        "Marseille | 130## | +33 4 65 71 ## ##",
        "Toulouse | 31000 | +33 5 36 49 ## ##",
        "Nantes | 44000 | +33 2 61 91 ## ##",
        "Strasbourg | 67000 | +33 3 53 01 ## ##",
    ),
)
SPAIN = Country(
    "Spain",
    "ES",
    "es",
    ("{s}, {n}", "{s}, {n}, 2.º B"),
    ("{a} S.L.", "{a} e Hijos S.A.", "Hermanos {a} S.L.", "{a} y {b} S.A."),
    ("+34 600 55# ###",),
    _cities(
        "Madrid | 280## | +34 91 555 ## ##",
        "Barcelona | 080## | +34 93 555 ## ##",
        "Málaga | 290## | +34 952 55 ## ##",
        "Cádiz | 110## | +34 956 55 ## ##",
        "A Coruña | 150## | +34 981 55 ## ##",
    ),
)
MEXICO = Country(
    "Mexico",
    "MX",
    "es-mx",
    ("Calle {s} {n}", "Av. {s} {n}"),
    ("Grupo {a} S.A. de C.V.", "{a} y Asociados S.C.", "{a} {b} S.A. de C.V."),
    ("+52 1 55 5555 ####",),
    _cities(
        "Ciudad de México | 06### | +52 55 5555 ####",
        "Guadalajara | 441## | +52 33 5555 ####",
        "Monterrey | 640## | +52 81 5555 ####",
        "Mérida | 970## | +52 999 555 ####",
    ),
)
ITALY = Country(
    "Italy",
    "IT",
    "it",
    ("Via {s} {n}", "Corso {s} {n}", "Piazza {s} {n}"),
    ("{a} S.r.l.", "Fratelli {a} S.n.c.", "{a} & {b} S.p.A."),
    ("+39 333 555 ####",),
    _cities(
        "Milano | 201## | +39 02 555 ####",
        "Roma | 001## | +39 06 555 ####",
        "Torino | 101## | +39 011 555 ####",
        "Forlì | 4712# | +39 0543 555 ###",
    ),
)
BRAZIL = Country(
    "Brazil",
    "BR",
    "pt-br",
    ("{s}, {n}", "{s}, {n} - Apto 12"),
    ("{a} Ltda.", "Irmãos {a} Ltda.", "{a} e {b} S.A."),
    ("+55 11 95555-####", "+55 21 95555-####"),
    _cities(
        "São Paulo | 01###-### | +55 11 5555-####",
        "Rio de Janeiro | 20###-### | +55 21 5555-####",
        "Curitiba | 80###-### | +55 41 5555-####",
        "Florianópolis | 88###-### | +55 48 5555-####",
    ),
)
POLAND = Country(
    "Poland",
    "PL",
    "pl",
    ("ul. {s} {n}", "al. {s} {n}/4"),
    ("{a} sp. z o.o.", "{a} i Wspólnicy sp. k.", "{a} S.A."),
    ("+48 500 555 ###",),
    _cities(
        "Warszawa | 00-### | +48 22 555 ## ##",
        "Kraków | 31-### | +48 12 555 ## ##",
        "Łódź | 90-### | +48 42 555 ## ##",
        "Gdańsk | 80-### | +48 58 555 ## ##",
    ),
)
CZECHIA = Country(
    "Czechia",
    "CZ",
    "cs",
    ("{s} {n}", "{s} {n}/3"),
    ("{a} s.r.o.", "{a} a syn s.r.o.", "{a} {b} a.s."),
    ("+420 601 555 ###",),
    _cities(
        "Praha | 110 ## | +420 255 555 ###",
        "Brno | 602 ## | +420 555 555 ###",
        "Plzeň | 301 ## | +420 377 555 ###",
        "Ústí nad Labem | 400 ## | +420 475 555 ###",
    ),
)
HUNGARY = Country(
    "Hungary",
    "HU",
    "hu",
    ("{s} utca {n}.", "{s} út {n}."),
    ("{a} Kft.", "{a} és Társa Bt.", "{a} Zrt."),
    ("+36 20 555 ####", "+36 30 555 ####"),
    _cities("Budapest | 10## | +36 1 555 ####", "Győr | 902# | +36 96 555 ###", "Pécs | 762# | +36 72 555 ###"),
)
SWEDEN = Country(
    "Sweden",
    "SE",
    "sv",
    GERMAN,
    ("{a} AB", "Bröderna {a} AB", "{a} & {b} HB"),
    ("+46 70 174 06 ##",),
    _cities(
        "Stockholm | 111 ## | +46 8 465 004 ##",
        "Göteborg | 411 ## | +46 31 390 06 ##",
        "Malmö | 211 ## | +46 40 628 04 ##",
        "Umeå | 903 ## | +46 90 555 0# ##",
    ),
)
DENMARK = Country(
    "Denmark",
    "DK",
    "da",
    GERMAN,
    ("{a} A/S", "{a} ApS", "Brødrene {a} I/S"),
    ("+45 20 55 5# ##",),
    _cities(
        "København | 1### | +45 33 55 5# ##",
        "Aarhus | 8000 | +45 86 55 5# ##",
        "Odense | 5000 | +45 63 55 5# ##",
        "Helsingør | 3000 | +45 49 55 5# ##",
    ),
)
NORWAY = Country(
    "Norway",
    "NO",
    "no",
    GERMAN,
    ("{a} AS", "{a} & Sønn AS", "{a} {b} ANS"),
    ("+47 405 55 ###",),
    _cities("Oslo | 01## | +47 22 55 5# ##", "Bergen | 50## | +47 55 55 5# ##", "Tromsø | 90## | +47 77 55 5# ##"),
)
FINLAND = Country(
    "Finland",
    "FI",
    "fi",
    ("{s} {n}", "{s} {n} B 7"),
    ("{a} Oy", "{a} & Kumpp. Ky", "{a} Oyj"),
    ("+358 40 555 ####",),
    _cities("Helsinki | 001## | +358 9 555 ####", "Jyväskylä | 401## | +358 14 555 ###", "Hämeenlinna | 131## | +358 3 555 ####"),
)
NETHERLANDS = Country(
    "Netherlands",
    "NL",
    "nl",
    GERMAN,
    ("{a} B.V.", "Gebroeders {a} V.O.F.", "{a} & {b} N.V."),
    ("+31 6 5555 ####",),
    _cities(
        "Amsterdam | 10## @@ | +31 20 555 ####",
        "Rotterdam | 30## @@ | +31 10 555 ####",
        "Utrecht | 35## @@ | +31 30 555 ####",
    ),
)
TURKEY = Country(
    "Türkiye",
    "TR",
    "tr",
    ("{s} Caddesi No: {n}", "{s} Sokak No: {n}/5"),
    ("{a} A.Ş.", "{a} Kardeşler Ltd. Şti.", "{a} ve {b} Ltd. Şti."),
    ("+90 532 555 ## ##",),
    _cities(
        "İstanbul | 34### | +90 212 555 ## ##",
        "Ankara | 06### | +90 312 555 ## ##",
        "İzmir | 35### | +90 232 555 ## ##",
        "Eskişehir | 26### | +90 222 555 ## ##",
    ),
)
UKRAINE = Country(
    "Ukraine",
    "UA",
    "uk",
    ("вул. {s}, {n}", "вул. {s}, {n}, кв. 12"),
    ("ТОВ «{a}»", "ТОВ «{a} і партнери»", "ПрАТ «{a}»"),  # noqa: RUF001 - Ukrainian
    ("+380 50 555 ## ##",),
    _cities("Київ | 01### | +380 44 555 ## ##", "Львів | 79### | +380 32 255 ## ##", "Одеса | 65### | +380 48 755 ## ##"),
)
