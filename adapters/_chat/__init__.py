"""Chat models: prompts, requests, and what a reply means."""
