"""Provenance: the values of an entry, each with the selector, path or element that gave it."""

from collections.abc import Mapping
from typing import Any

from aggregator.content.metadata.value import Finding


def values_of(found: Mapping[str, Finding]) -> dict[str, Any]:
    """Give the attributes of an entry whose value a rule gave, by their names."""
    return {name: value.value for name, value in found.items() if value.value and value.rule}


def rules_of(found: Mapping[str, Finding]) -> dict[str, str]:
    """Give the rules of these attributes, as :class:`aggregator.model.Entry` keeps them."""
    return {name: value.rule for name, value in found.items() if value.value and value.rule}
