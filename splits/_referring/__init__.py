"""What the benchmarks of referring expressions over videos share."""
