"""Results of VLMEvalKit, which runs the general chat benchmarks of the papers."""

from sama_bench.leaderboard.vlmevalkit.files import Imported, Skipped, read_results

__all__ = ["Imported", "Skipped", "read_results"]
