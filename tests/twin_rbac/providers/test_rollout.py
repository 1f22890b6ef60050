import asyncio
from typing import Any

import pytest

from twin_rbac.clients.errors import AccessDenied, InstanceNotFound, InvalidRequest, ServiceUnavailable
from twin_rbac.clients.scm import Deployment, Health
from twin_rbac.providers.errors import PublishFailed
from twin_rbac.providers.rollout import Rollout

ENDPOINT = "https://app.example"
NEW, OLD = "sha256:new", "sha256:old"
UNDER_WAY, DONE = Deployment(status=1, text="Building"), Deployment(status=4, text="")
UNAVAILABLE = ServiceUnavailable("publishing", "503")
CONFLICT = InvalidRequest("publishing", status=409, code="", reason="one runs already")


class Answers:
    """A publish endpoint and an app that answer from a list, and go on with its last item."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def publish(self, package: bytes) -> str | None:
        assert package == b"zip"
        return self._next()  # type: ignore[no-any-return]

    async def get_deployment(self, deployment_id: str) -> Deployment | None:
        assert deployment_id == "0a1b"
        return self._next()  # type: ignore[no-any-return]

    async def health(self, endpoint: str) -> Health:
        assert endpoint == ENDPOINT
        return self._next()  # type: ignore[no-any-return]

    def _next(self) -> Any:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def hand_in(time: Any, said: list[str]) -> Any:
    def run(answers: Answers) -> str | None:
        return asyncio.run(Rollout(answers, say=said.append, clock=time.clock, sleep=time.sleep).hand_in(b"zip"))

    return run


@pytest.fixture
def follow(time: Any, said: list[str]) -> Any:
    def run(answers: Answers) -> bool:
        return asyncio.run(Rollout(answers, say=said.append, clock=time.clock, sleep=time.sleep).follow("0a1b"))

    return run


@pytest.fixture
def await_start(time: Any, said: list[str]) -> Any:
    def run(answers: Answers, *, is_confirmed: bool = True) -> None:
        rollout = Rollout(answers, say=said.append, clock=time.clock, sleep=time.sleep)
        asyncio.run(rollout.await_start(ENDPOINT, NEW, answers.health, is_confirmed=is_confirmed))

    return run


def reports(package: str) -> Health:
    return Health(status=200, package=package, reason=f"reports package {package}")


def fails(status: int | None) -> Health:
    return Health(status=status, package=None, reason=f"answers {status}")


def test_a_package_is_handed_in_once_and_nothing_is_said(hand_in: Any, said: list[str]) -> None:
    answers = Answers("0a1b")

    assert hand_in(answers) == "0a1b"
    assert (answers.asked, said) == (1, [])


@pytest.mark.parametrize("error", [UNAVAILABLE, InstanceNotFound("https://scm", "no reason given")])
def test_a_new_sites_publish_endpoint_is_waited_for_and_the_reason_said_once(
    hand_in: Any, said: list[str], time: Any, error: Exception
) -> None:
    assert hand_in(Answers(error, error, "0a1b")) == "0a1b"
    assert time.slept == [5, 5]
    assert len(said) == 1
    assert said[0].startswith("waiting to publish: the publish endpoint is not there: ")


def test_a_publish_endpoint_that_never_answers_is_a_failure_after_two_minutes(hand_in: Any, time: Any) -> None:
    with pytest.raises(PublishFailed, match="the publish endpoint is not there: publishing failed for good: 503"):
        hand_in(Answers(UNAVAILABLE))

    assert sum(time.slept) == 120


def test_another_deployment_is_waited_for_up_to_ten_minutes(hand_in: Any, said: list[str], time: Any) -> None:
    assert hand_in(Answers(CONFLICT, "0a1b")) == "0a1b"
    assert said == ["waiting to publish: another deployment is under way (one runs already)"]

    time.slept.clear()
    with pytest.raises(PublishFailed, match="another deployment is under way"):
        hand_in(Answers(CONFLICT))
    assert sum(time.slept) == 600


@pytest.mark.parametrize(
    "error", [AccessDenied("publish", "https://scm"), InvalidRequest("p", status=400, code="BadZip", reason="r")]
)
def test_a_refusal_is_final(hand_in: Any, error: Exception) -> None:
    answers = Answers(error)

    with pytest.raises(type(error)):
        hand_in(answers)
    assert answers.asked == 1


def test_a_deployment_is_polled_each_second_until_it_has_succeeded(follow: Any, said: list[str], time: Any) -> None:
    follow(Answers(Deployment(status=0, text=""), UNDER_WAY, UNDER_WAY, Deployment(status=2, text="Deploying"), DONE))

    assert time.slept == [1, 1, 1, 1]
    assert said == ["deployment 0a1b: Building", "deployment 0a1b: Deploying"]


@pytest.mark.parametrize(
    ("status", "words"), [(-1, "was cancelled"), (3, "failed"), (5, "is in conflict"), (6, "was carried out in part")]
)
def test_a_deployment_that_did_not_succeed_is_a_failure_with_the_platforms_reason(
    follow: Any, status: int, words: str
) -> None:
    with pytest.raises(PublishFailed, match=f"deployment 0a1b {words}.*: Azure Storage responded with Forbidden; "):
        follow(Answers(UNDER_WAY, Deployment(status=status, text="Azure Storage responded with Forbidden")))


def test_a_failed_deployment_without_a_reason_says_so(follow: Any) -> None:
    with pytest.raises(PublishFailed, match="deployment 0a1b failed: no reason given"):
        follow(Answers(Deployment(status=3, text="")))


def test_a_deployment_may_take_its_time_to_show(follow: Any, time: Any) -> None:
    answers = Answers(None, None, UNDER_WAY, DONE)

    follow(answers)

    assert answers.asked == 4


def test_a_deployment_that_never_shows_is_left_to_the_app_after_a_minute(follow: Any, time: Any) -> None:
    follow(Answers(None))

    assert sum(time.slept) == 60


def test_a_deployment_that_shows_no_more_is_left_to_the_app_at_once(follow: Any, time: Any) -> None:
    follow(Answers(UNDER_WAY, None))

    assert time.slept == [1]


def test_a_publish_endpoint_that_restarts_is_asked_again(follow: Any) -> None:
    answers = Answers(UNDER_WAY, UNAVAILABLE, DONE)

    follow(answers)

    assert answers.asked == 3


def test_a_deployment_that_takes_nine_minutes_is_waited_for(follow: Any, time: Any) -> None:
    follow(Answers(*[UNDER_WAY] * 540, DONE))

    assert sum(time.slept) == 540


def test_a_deployment_that_is_not_done_after_ten_minutes_is_a_failure(follow: Any, time: Any) -> None:
    with pytest.raises(PublishFailed, match=r"deployment 0a1b is not done after 10 minutes \(Building\)"):
        follow(Answers(UNDER_WAY))

    assert sum(time.slept) == 600


def test_an_app_is_asked_until_it_runs_the_new_package(await_start: Any, said: list[str], time: Any) -> None:
    await_start(Answers(reports(OLD), fails(503), fails(None), fails(404), reports(NEW)))

    assert (time.slept, said) == ([2, 2, 2, 2], [])


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (reports(OLD), "reports package sha256:old"),
        (fails(503), "answers 503"),
        (fails(401), "answers 401"),
        (fails(None), "answers None"),
    ],
)
def test_an_app_that_does_not_run_it_after_three_minutes_is_a_failure_that_says_where_to_look(
    await_start: Any, time: Any, health: Health, words: str
) -> None:
    with pytest.raises(PublishFailed) as caught:
        await_start(Answers(health))

    assert sum(time.slept) == 180
    assert str(caught.value) == (
        f"the package is published, but https://app.example/healthz {words} after 3 minutes, not package sha256:new; "
        "look at the function app's log stream and Application Insights for why it does not start, then run again"
    )


@pytest.mark.parametrize(
    ("is_confirmed", "hint"),
    [(True, "its deployment succeeded"), (False, "ask its /healthz from an address that it allows")],
)
def test_an_app_that_lets_nobody_of_this_address_in_is_judged_by_its_deployment_alone_and_at_once(
    await_start: Any, said: list[str], time: Any, *, is_confirmed: bool, hint: str
) -> None:
    await_start(Answers(fails(403)), is_confirmed=is_confirmed)

    assert time.slept == []
    (line,) = said
    assert line == (
        "warning: https://app.example takes no calls from this address, so it was not asked whether it runs the "
        f"package; {hint}"
    )


FORBIDDEN = Deployment(status=3, text="Azure Storage responded with Forbidden")


@pytest.fixture
def deploy(time: Any, said: list[str]) -> Any:
    def run(answers: Answers) -> bool:
        return asyncio.run(Rollout(answers, say=said.append, clock=time.clock, sleep=time.sleep).deploy(b"zip"))

    return run


def test_a_deployment_that_storage_refuses_is_tried_again_while_the_role_is_new(
    deploy: Any, said: list[str], time: Any
) -> None:
    answers = Answers("0a1b", FORBIDDEN, "0a1b", FORBIDDEN, "0a1b", DONE)

    deploy(answers)

    assert (answers.asked, time.slept) == (6, [15, 15])
    assert said == ["waiting to publish: the app's identity may not write its storage yet; a new role takes minutes"]


@pytest.mark.parametrize(
    ("answers", "is_confirmed"),
    [(("0a1b", UNDER_WAY, DONE), True), (("0a1b", UNDER_WAY, None), False), ((None,), False)],
)
def test_a_deployment_is_confirmed_when_the_platform_said_that_it_succeeded(
    deploy: Any, answers: tuple[Any, ...], *, is_confirmed: bool
) -> None:
    assert deploy(Answers(*answers)) is is_confirmed


def test_a_storage_that_keeps_refusing_is_a_failure_after_ten_minutes(deploy: Any, time: Any) -> None:
    with pytest.raises(PublishFailed, match="failed: Azure Storage responded with Forbidden"):
        deploy(Answers(*["0a1b", FORBIDDEN] * 50))

    assert sum(time.slept) == 600


def test_a_deployment_that_failed_for_another_reason_is_not_tried_again(deploy: Any, time: Any) -> None:
    with pytest.raises(PublishFailed, match=r"failed: no host\.json"):
        deploy(Answers("0a1b", Deployment(status=3, text="no host.json")))

    assert time.slept == []
