"""Running a model on a split: request, schedule, job, supervisor, workers, leases, progress."""
