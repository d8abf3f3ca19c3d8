"""Stands an emulator, an edge and a region up as one unit, and takes it down."""
