"""Clusters of feature vectors: sets that no feature separates by a gap.

    labels = cluster(features, gaps=(0.1, 0.05, 0.02))      # shape (items,): from 0 on, -1 for what stands alone

Each part is split at the gaps of one feature after another until none splits it further (single linkage, in the largest
of the scaled distances along one axis at a time). It needs no number of clusters, and no order of the items matters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["cluster"]


def cluster(features: npt.NDArray[np.float64], gaps: Sequence[float], smallest: int = 2) -> npt.NDArray[np.int64]:
    """Number of each item's cluster.

    Args:
        features: shape (items, columns), all finite.
        gaps: for each column the least distance of neighbours that separates them.
        smallest: items that a cluster must have.
    """
    labels = np.zeros(len(features), dtype=np.int64)
    count = 0
    while True:
        for column, gap in enumerate(gaps):
            order = np.lexsort((features[:, column], labels))
            values, parts = features[order, column], labels[order]
            cut = np.ones(len(order), dtype=bool)
            cut[1:] = (parts[1:] != parts[:-1]) | (values[1:] - values[:-1] > gap)
            labels[order] = np.cumsum(cut) - 1
        found = int(labels.max(initial=-1)) + 1
        if found == count:
            break
        count = found
    sizes = np.bincount(labels, minlength=count)
    numbers = np.full(count, -1, dtype=np.int64)
    kept = np.flatnonzero(sizes >= smallest)
    numbers[kept] = np.arange(len(kept))
    return numbers[labels]
