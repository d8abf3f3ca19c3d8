"""Where does each promise of AWS stand?

Documents by their title, and logs of real accounts by the public issue that
shows them. Nothing here was tried on a live account.
"""

from __future__ import annotations

__all__ = [
    "ALIAS_SYNTAX",
    "ALIAS_TARGET_LOG",
    "CHANGE_BATCH",
    "CNAME_LOG",
    "CONDITIONS",
    "CONDITION_ERRORS",
    "CREATE_LOG",
    "DELETE_LOG",
    "DNS_NAMES",
    "DYNAMODB_LIMITS",
    "GET_CHANGE",
    "LISTING",
    "NOT_FOUND_LOG",
    "QUERY",
    "READ_CONSISTENCY",
    "RECORD_TYPES",
    "ROUTE53_LIMITS",
    "ROUTE53_THROTTLING",
    "TRANSACTIONS",
    "TRANSACT_WRITE",
    "WHOLE_BATCH_LOG",
]

CHANGE_BATCH = "Route 53 API, ChangeResourceRecordSets"
LISTING = "Route 53 API, ListResourceRecordSets"
GET_CHANGE = "Route 53 API, GetChange"
ALIAS_SYNTAX = "Route 53 API, AliasTarget"
DNS_NAMES = "Route 53 guide, DNS domain name format"
RECORD_TYPES = "Route 53 guide, supported DNS record types"
ROUTE53_LIMITS = "Route 53 guide, quotas"
ROUTE53_THROTTLING = "Route 53 guide, throttling API requests"

CREATE_LOG = "log in kubernetes-sigs/external-dns#5939"
DELETE_LOG = "log in kubernetes-sigs/external-dns#732"
NOT_FOUND_LOG = "log in boto/boto#2887"
WHOLE_BATCH_LOG = "log in kubernetes-sigs/external-dns#1517"
CNAME_LOG = "log in kubernetes-sigs/external-dns#1517"
ALIAS_TARGET_LOG = "log in rust-lang/simpleinfra#907"

CONDITIONS = "DynamoDB guide, condition expressions"
CONDITION_ERRORS = "DynamoDB API, ReturnValuesOnConditionCheckFailure"
TRANSACT_WRITE = "DynamoDB API, TransactWriteItems"
TRANSACTIONS = "DynamoDB guide, transactions: how it works"
QUERY = "DynamoDB API, Query"
READ_CONSISTENCY = "DynamoDB guide, read consistency"
DYNAMODB_LIMITS = "DynamoDB guide, quotas"
