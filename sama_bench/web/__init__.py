"""What the report and the leaderboard page share."""
