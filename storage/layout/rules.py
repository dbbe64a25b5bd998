"""THE RULE and its kin, over keys alone: refused before a write, found where it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storage.errors import RuleViolation
from storage.layout.profile import KeyKind, Layout, Rule
from storage.layout.template import compile_union
from storage.model.findings import Finding


def check_write(layout: Layout, bucket_role: str, key: str) -> None:
    """Raises RuleViolation where a rule of the layout forbids `key` in that bucket.

    A key whose UUID is not in its written case is refused where a rule allows only one.
    """
    bucket = layout.bucket(bucket_role)
    for rule in layout.rules:
        if _misplaced(layout, rule, bucket_role, [key]):
            raise RuleViolation(
                f"{rule.text} {key!r} may not be written to {bucket.title}.",
                rule.remedy,
                bucket=bucket.bucket,
                key=key,
            )
        if rule.one_case:
            for kind in _kinds(layout, rule, bucket_role):
                fields = kind.template.match(key)
                if fields is not None and kind.template.render(fields) != key:
                    raise RuleViolation(
                        f"{key!r} is not written in the case of its kind ({kind.title}).",
                        f"Write it as {kind.template.render(fields)!r}.",
                        bucket=bucket.bucket,
                        key=key,
                    )


def check_keys(layout: Layout, bucket_role: str, keys: Sequence[str]) -> tuple[Finding, ...]:
    """Every broken rule among `keys` of that bucket, rule by rule in the layout's order.

    Raises ConfigError for a role the layout does not have.
    """
    layout.bucket(bucket_role)  # an unknown role is an error, not a bucket without findings
    found: list[Finding] = []
    for rule in layout.rules:
        found += [
            _finding(layout, rule, bucket_role, key, rule.text)
            for key in _misplaced(layout, rule, bucket_role, keys)
        ]
        if rule.one_case:
            found += _in_two_cases(layout, rule, bucket_role, keys)
    return tuple(found)


def refused_keys(layout: Layout, bucket_role: str, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that `check_write` refuses in that bucket, in their order."""
    refused: set[str] = set()
    for rule in layout.rules:
        refused.update(_misplaced(layout, rule, bucket_role, keys))
        if rule.one_case:
            for kind in _kinds(layout, rule, bucket_role):
                refused.update(key for key in keys if not _as_written(kind, key))
    return [key for key in keys if key in refused]


def _as_written(kind: KeyKind, key: str) -> bool:
    fields = kind.template.match(key)
    return fields is None or kind.template.render(fields) == key


def _kinds(layout: Layout, rule: Rule, bucket_role: str) -> list[KeyKind]:
    kinds = (layout.kind(name) for name in rule.kinds)
    return [kind for kind in kinds if bucket_role in kind.roles]


def _misplaced(layout: Layout, rule: Rule, bucket_role: str, keys: Sequence[str]) -> list[str]:
    if bucket_role not in rule.never_in:
        return []
    templates = [*(layout.kind(name).template for name in rule.kinds), *rule.keys]
    forbidden = compile_union(templates).fullmatch
    return [key for key in keys if forbidden(key)]


def _in_two_cases(
    layout: Layout, rule: Rule, bucket_role: str, keys: Sequence[str]
) -> Iterator[Finding]:
    """A finding for each spelling but one: the written case where it is there, else the first."""
    alike: dict[str, list[str]] = {}
    for key in dict.fromkeys(keys):
        alike.setdefault(key.lower(), []).append(key)
    twins = [key for group in alike.values() if len(group) > 1 for key in group]
    for kind in _kinds(layout, rule, bucket_role):
        spellings: dict[str, list[str]] = {}
        for key in twins:
            fields = kind.template.match(key)
            if fields is not None:
                spellings.setdefault(kind.template.render(fields), []).append(key)
        for written, group in spellings.items():
            kept = written if written in group else group[0]
            for key in group:
                if key != kept:
                    text = f"{rule.text} The other one is {kept!r}."
                    yield _finding(layout, rule, bucket_role, key, text)


def _finding(layout: Layout, rule: Rule, bucket_role: str, key: str, text: str) -> Finding:
    return Finding(
        rule=rule.code,
        bucket=layout.bucket(bucket_role).bucket,
        key=key,
        severity=rule.severity,
        text=text,
        remedy=rule.remedy,
    )
