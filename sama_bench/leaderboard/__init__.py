"""Published results, entries of the leaderboard, their checks and their tables."""
