"""The campaign: attacks drawn at random, and what may not come of any of them.

``python -m tests.campaign --minutes 10 --seed 1`` runs it;
``docs/reliability.md`` shows its figures.
"""
