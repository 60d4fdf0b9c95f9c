"""Getting the files of the benchmarks ready: fetching them, and extracting frames from videos."""
