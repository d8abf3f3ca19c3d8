"""Which variables lead any SDK to the region's names?"""

from __future__ import annotations

from gameday.aws.service_endpoints import endpoint_variables


def variables(*endpoints: str, port: int = 80) -> dict[str, str]:
    return endpoint_variables(endpoints, aws_region="us-east-1", port=port)


def test_a_name_of_awss_form_is_that_services_endpoint():
    assert variables("dynamodb.us-east-1.gameday.test") == {
        "AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb.us-east-1.gameday.test"
    }


def test_the_first_of_several_names_is_taken():
    assert variables(
        "sqs.us-east-1.gameday.test", "sqs.us-east-1.api.gameday.test"
    ) == {"AWS_ENDPOINT_URL_SQS": "http://sqs.us-east-1.gameday.test"}


def test_the_variable_is_named_after_the_services_id_and_not_its_prefix():
    assert variables("monitoring.us-east-1.gameday.test", port=8080) == {
        "AWS_ENDPOINT_URL_CLOUDWATCH": "http://monitoring.us-east-1.gameday.test:8080"
    }


def test_other_names_are_nobodys():
    assert not variables(
        "orders.gameday.test",
        "orders.us-east-1.gameday.test",
        "dynamodb.eu-west-1.gameday.test",
        "dynamodb-fips.us-east-1.gameday.test",
    )
