import pytest

from emulator.digital_twins.errors import EnvelopeError, error_of_fault


def test_a_throttled_call_gets_the_gateways_own_body() -> None:
    error = error_of_fault(status=429, code=None, retry_after=6)
    assert error.document == {
        "error": {
            "statusCode": 429,
            "message": "Maximum request rate limit reached. For Azure Digital Twins rate limiting details please see "
            "http://aka.ms/dtv2limits.",
        }
    }
    assert error.headers == {"Content-Type": "application/json", "Retry-After": "6"}


def test_the_quota_of_queries_may_come_with_status_200_and_no_time_to_wait() -> None:
    error = error_of_fault(status=200, code=None, retry_after=None)
    assert error.status == 200
    assert error.document["error"]["code"] == "QuotaReachedError"
    assert "Retry-After" not in error.headers
    assert error_of_fault(status=429, code="QuotaReachedError", retry_after=None).headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (412, None, "PreconditionFailed"),
        (403, None, "Forbidden"),
        (500, None, "InternalServerError"),
        (400, "JsonPatchInvalid", "JsonPatchInvalid"),
    ],
)
def test_a_failing_call_gets_the_code_that_the_status_usually_has(status: int, code: str | None, expected: str) -> None:
    error = error_of_fault(status=status, code=code, retry_after=None)
    assert isinstance(error, EnvelopeError)
    assert (error.status, error.code, error.headers["x-ms-error-code"]) == (status, expected, expected)


def test_an_unauthorized_call_gets_the_front_doors_body() -> None:
    assert error_of_fault(status=401, code=None, retry_after=None).document == {
        "statusCode": 401,
        "message": "Unauthorized",
    }
