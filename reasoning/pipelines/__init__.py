"""How datasets are made: each pipeline turns problems into rows that a verifier has accepted.

>>> find_pipeline("rejection").name
'rejection'
"""

from reasoning.pipelines.base import (
    PIPELINES,
    Discarded,
    Outcome,
    Pipeline,
    PipelineError,
    Row,
    find_pipeline,
    option,
    pipeline_names,
)

__all__ = [
    "PIPELINES",
    "Discarded",
    "Outcome",
    "Pipeline",
    "PipelineError",
    "Row",
    "find_pipeline",
    "option",
    "pipeline_names",
]
