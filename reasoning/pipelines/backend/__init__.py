"""What all pipelines share behind their rows: filters, duplicates, contamination, splits, shards, card and manifest.

built = await build(settings, Path("runs/first"))
built.dataset           # PosixPath('runs/first/dataset'), for datasets.load_dataset
"""

from reasoning.pipelines.backend.build import Built, build

__all__ = ["Built", "build"]
