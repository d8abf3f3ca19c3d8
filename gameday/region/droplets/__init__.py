"""Leases on droplets, and the launches that need them."""
