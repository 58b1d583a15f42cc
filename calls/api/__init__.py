"""The REST API of calls (S2.1-S2.3), at /api/v1/calls."""
