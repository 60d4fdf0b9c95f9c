"""The report of one run, or of two side by side: a static folder that needs no network."""

from sama_bench.report.pages import Report, write_report
from sama_bench.report.select import Filter, parse_filter

__all__ = ["Filter", "Report", "parse_filter", "write_report"]
