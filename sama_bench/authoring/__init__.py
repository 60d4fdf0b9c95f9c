"""For authors of adapters and metrics: template, contract check, recorded inputs, selftest."""
