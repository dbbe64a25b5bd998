"""What an estimate takes for granted, in one table: each can be entered, most have a default. Pure.

Traffic is by bucket: `prod.gets=1200000`, or `gets=…` for the live bucket. The rest is of the
account: `elsewhere_out_gb=50`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from storage.errors import InvalidInput
from storage.model.money import Assumption, plain

TRAFFIC: Mapping[str, tuple[str, str]] = {
    "puts": ("requests", "PUT, COPY and POST requests a month"),
    "gets": ("requests", "GET, HEAD and other reading requests a month"),
    "lists": ("requests", "LIST requests a month"),
    "out_gb": ("GB", "data out to the internet a month"),
    "read_gb": ("GB", "data read a month, which classes with a retrieval fee bill"),
    "replicated_gb": ("GB", "data copied to another region a month"),
    "replicas": ("objects", "objects copied to another region a month"),
    "kms_requests": ("requests", "requests to KMS for encrypted objects a month"),
    "moved": ("objects", "objects that lifecycle rules move to another class a month"),
    "early_percent": ("%", "of the objects younger than their class's minimum, deleted this month"),
}
"""By bucket: the unit, and what it is."""

ACCOUNT: Mapping[str, tuple[str, str]] = {
    "elsewhere_storage_gb": ("GB", "Standard storage of the account outside these buckets"),
    "elsewhere_out_gb": ("GB", "data out to the internet of the account besides"),
    "tiered_infrequent_percent": ("%", "of Intelligent-Tiering, in its infrequent access tier"),
    "tiered_instant_percent": ("%", "of Intelligent-Tiering, in its archive instant access tier"),
}
"""Of the account as a whole."""

_MAX = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person entered, by bucket role ("" for the account) and name."""

    values: Mapping[tuple[str, str], Decimal]

    def get(self, role: str, name: str) -> Decimal | None:
        """The value entered, None where none was."""
        return self.values.get((role, name))

    def account(self, name: str) -> Decimal:
        """A value of the account, 0 where none was entered."""
        return self.values.get(("", name), Decimal(0))


def parse_entered(pairs: Mapping[str, str], roles: Sequence[str], live: str) -> Entered:
    """From `name` or `role.name` and values as text; a value of "" is none.

    Raises InvalidInput for an unknown name or bucket, and for what is no number of 0 or more.
    """
    values: dict[tuple[str, str], Decimal] = {}
    for key, text in pairs.items():
        role, _, name = key.rpartition(".")
        if name not in TRAFFIC and name not in ACCOUNT:
            names = ", ".join([*TRAFFIC, *ACCOUNT])
            raise InvalidInput(f"There is no assumption {name!r}.", f"Choose one of {names}.")
        if name in ACCOUNT and role:
            raise InvalidInput(f"{name} is of the account, not of a bucket.", f"Write {name}=….")
        if role and role not in roles:
            raise InvalidInput(
                f"There is no bucket {role!r}.", f"Choose one of {', '.join(roles)}."
            )
        if text.strip():
            place = "" if name in ACCOUNT else role or live
            values[place, name] = _number(name, text)
    return Entered(values)


def _number(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    most = Decimal(100) if name.endswith("percent") else _MAX
    if not value.is_finite() or not 0 <= value <= most:
        raise InvalidInput(
            f"{name} may not be {text!r}.", f"Give a number of 0 to {plain(most)}, such as 1500."
        )
    return value


def as_assumption(role: str, name: str, value: Decimal | int, by: str) -> Assumption:
    """As it is shown: `prod.gets`, its value and where that comes from."""
    unit, text = {**TRAFFIC, **ACCOUNT}[name]
    return Assumption(f"{role}.{name}" if role else name, plain(Decimal(value)), unit, text, by)
