"""Two runs side by side: which metrics differ, how surely, on which videos and samples."""

from sama_bench.comparison.result import Comparison, MetricDifference, SampleGap, VideoGap
from sama_bench.comparison.work import compare

__all__ = ["Comparison", "MetricDifference", "SampleGap", "VideoGap", "compare"]
