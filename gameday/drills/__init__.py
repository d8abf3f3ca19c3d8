"""Plays experiments from start to verdict."""
