"""Collects experiments as pytest tests."""
