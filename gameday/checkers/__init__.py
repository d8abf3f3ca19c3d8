"""Judges of a recorded history, one hazard a module."""
