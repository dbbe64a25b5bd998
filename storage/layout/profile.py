"""A layout: buckets by role, the kinds of key in them, rules, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from storage.errors import ConfigError
from storage.layout.promoting import PromotionRules
from storage.layout.template import Template, compile_union
from storage.model.audio import AudioLimits
from storage.model.findings import Severity
from storage.model.people import Can, Role
from storage.model.review import Policy, Reason


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket by its role. `live` marks what listeners or users have now ("Prod (live)")."""

    role: str
    title: str
    bucket: str
    region: str
    live: bool = False
    bucket_env: tuple[str, ...] = ()  # variables that may name another bucket, first one set wins
    region_env: tuple[str, ...] = ()
    like: Template | None = None  # shape of the names a variable shared by several roles may give


@dataclass(frozen=True, slots=True)
class KeyKind:
    """One kind of object: where it lies, how its key is built, what it may be."""

    kind: str
    title: str
    roles: tuple[str, ...]
    template: Template
    content_types: tuple[str, ...] = ()  # the first is the preferred one; empty: any
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Kinds (and further keys) that may never lie in some buckets; or, with `one_case`, kinds
    whose UUIDs may not appear in a second spelling."""

    code: str
    severity: Severity
    text: str
    remedy: str
    kinds: tuple[str, ...] = ()
    keys: tuple[Template, ...] = ()
    never_in: tuple[str, ...] = ()  # bucket roles
    one_case: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Where one kind of person's work begins: Home counts the `things` there and leads to them."""

    person: Role
    bucket: str  # its role
    kind: str
    things: str
    action: str


@dataclass(frozen=True, slots=True)
class Review:
    """What listeners reject clips for, and what must have been heard before clips go live."""

    reasons: tuple[Reason, ...] = ()
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Classified:
    """What a key is by its layout; `kind` and `title` are "" where no template fits."""

    kind: str = ""
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Layout:
    """One project. Made by `load_layouts`, which checks that its parts agree."""

    name: str
    title: str
    description: str
    personal_data: bool
    buckets: tuple[Bucket, ...]
    kinds: tuple[KeyKind, ...]
    rules: tuple[Rule, ...] = ()
    access: Mapping[tuple[Role, str], frozenset[Can]] = field(default_factory=dict, hash=False)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """SQL columns that hold paths of this layout, and the kinds they may mean, likeliest first."""
    prefix_env: Mapping[str, str] = field(default_factory=dict, hash=False)
    starts: tuple[Start, ...] = ()
    audio: AudioLimits = field(default_factory=AudioLimits)  # what recordings are held to
    import_dir: str = ""  # local folder to import from
    import_dir_env: str = ""
    access_key_env: str = ""
    secret_key_env: str = ""
    review: Review = field(default_factory=Review)
    promotion: PromotionRules | None = None  # None: nothing is promoted in it

    def bucket(self, role: str) -> Bucket:
        """The bucket of `role`. Raises ConfigError naming the roles there are."""
        for bucket in self.buckets:
            if bucket.role == role:
                return bucket
        raise ConfigError(
            f"The project {self.title!r} has no bucket {role!r}.",
            f"It has: {', '.join(bucket.role for bucket in self.buckets)}.",
        )

    @property
    def default_role(self) -> str:
        """The role a bare key refers to: the first bucket's."""
        return self.buckets[0].role

    def kind(self, name: str) -> KeyKind:
        """The kind called `name`. Raises ConfigError naming the kinds there are."""
        for kind in self.kinds:
            if kind.kind == name:
                return kind
        raise ConfigError(
            f"The project {self.title!r} has no kind {name!r}.",
            f"It has: {', '.join(kind.kind for kind in self.kinds)}.",
        )

    def grants(self, person: Role, bucket_role: str) -> frozenset[Can]:
        """What `person` may do in that bucket; nothing where the layout says nothing."""
        return self.access.get((person, bucket_role), frozenset())

    def classify(self, bucket_role: str, key: str) -> Classified:
        """Kind, title and fields of one key in that bucket. Raises ConfigError for another role."""
        for kind in self._reader(bucket_role).kinds:
            fields = kind.template.match(key)
            if fields is not None:
                return Classified(kind.kind, kind.title, MappingProxyType(fields))
        return Classified()

    def classify_many(self, bucket_role: str, keys: Sequence[str]) -> list[str]:
        """The kind of each key ("" where none fits), in order. Raises ConfigError as `classify`."""
        reader = self._reader(bucket_role)
        if reader.page is not None and _all_fit(reader.page, keys):
            return [reader.names[1]] * len(keys)
        match = reader.union.fullmatch
        return [reader.names[found.lastindex or 0] if (found := match(key)) else "" for key in keys]

    def _reader(self, bucket_role: str) -> _Reader:
        self.bucket(bucket_role)
        return self._readers[bucket_role]

    @cached_property
    def _readers(self) -> dict[str, _Reader]:
        return {
            bucket.role: _Reader.of(tuple(k for k in self.kinds if bucket.role in k.roles))
            for bucket in self.buckets
        }


@dataclass(frozen=True, slots=True)
class _Reader:
    """The compiled templates of one bucket."""

    kinds: tuple[KeyKind, ...]
    names: tuple[str, ...]  # by index of the union's groups; "" for none
    union: re.Pattern[str]
    page: re.Pattern[str] | None  # many keys of the first kind, where it is bounded

    @classmethod
    def of(cls, kinds: tuple[KeyKind, ...]) -> _Reader:
        templates = [kind.template for kind in kinds]
        bounded = bool(templates) and templates[0].bounded
        return cls(
            kinds,
            ("", *(kind.kind for kind in kinds)),
            compile_union(templates),
            re.compile(f"(?:{templates[0].pattern}\0)*+") if bounded else None,
        )


def _all_fit(page: re.Pattern[str], keys: Sequence[str]) -> bool:
    """Whether a page of keys is all of one kind, as pages of clips are: one call, not 1,000."""
    joined = "\0".join([*keys, ""])
    return page.fullmatch(joined) is not None and joined.count("\0") == len(keys)
