"""The programs under test: ordinary boto3 that knows nothing of the harness."""
