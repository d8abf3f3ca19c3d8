"""Thin boto3: the only importer of boto3, botocore, localstack_client, tenacity."""
