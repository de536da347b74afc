"""The size of YAML with its aliases written out: a few lines may stand for billions of values."""

import yaml

MAX_VALUES = 100_000


def unfolds_too_far(node: yaml.Node) -> bool:
    """Tell whether a node stands for more than ``MAX_VALUES``; one in itself does. Raises RecursionError."""
    return _size(node, {}) > MAX_VALUES


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Count the values of a node with its aliases written out; a node in itself counts as endless."""
    if id(node) in sizes:
        return sizes[id(node)]
    sizes[id(node)] = MAX_VALUES + 1
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [part for pair in node.value for part in pair]
    sizes[id(node)] = 1 + sum(_size(part, sizes) for part in inner)
    return sizes[id(node)]
