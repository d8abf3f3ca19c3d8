"""The services downstream, one module a service.

Each is a small boto3 program over decisions of `model/`. It fails when what it needs
fails, and comes back when that does, or does not.
"""
