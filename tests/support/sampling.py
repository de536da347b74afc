"""Large corpora and long series: a sample of them in every run, the whole in the slow one."""

from __future__ import annotations

import pytest


def sampled(sample: int, whole: int = 1, *, name: str = "step") -> pytest.MarkDecorator:
    """Give a test the argument ``step``: ``sample`` in every run, ``whole`` in the slow one.

    As a step through a list the sample is every so-manieth item, from the first one on.
    """
    return pytest.mark.parametrize(
        name, [sample, pytest.param(whole, marks=pytest.mark.slow)], ids=["sample", "whole"]
    )
