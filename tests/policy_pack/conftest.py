"""What a program declares, as Pulumi's engine would tell it to the policy pack."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import rpc

from policy_pack.rules import RULES, UNKNOWN, Resource, Rule, Stack
from tests.components.conftest import OptionsMonitor, Recorder
from tests.components.scenario import in_pulumis_loop

PROJECT = "digital-twins-rbac"


class Told(OptionsMonitor):
    """Remembers each resource with its URN, its inputs and what they refer to."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.resources_told: dict[str, Resource] = {}
        self._urns: dict[str, str] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the engine's name of the call
        answer = super().RegisterResource(request)
        urn = self._urns[answer.urn] = self._full_urn(request)
        refers = {
            key: frozenset(self._urns[found] for found in value.urns)
            for key, value in request.propertyDependencies.items()
        }
        props = known(rpc.deserialize_properties(request.object, keep_unknowns=True))
        self.resources_told[urn] = Resource(request.type, request.name, urn, props, refers)
        return answer

    def _full_urn(self, request: Any) -> str:
        # The mocks' own name only the parent's type; the engine names all above it, but not the stack.
        chain = self._urns.get(request.parent, "").split("::")[2:3]
        above = [] if chain in ([], ["pulumi:pulumi:Stack"]) else chain
        return f"urn:pulumi:local::{PROJECT}::{'$'.join([*above, request.type])}::{request.name}"


def known(value: Any) -> Any:
    """The value with UNKNOWN for what a preview cannot know."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: known(item) for key, item in value.items()}
    return [known(item) for item in value] if isinstance(value, list) else value


def declared(program: Callable[[], object], config: Mapping[str, object], *, preview: bool = False) -> Stack:
    """The resources of a program, run to its end under Pulumi's mocks."""
    monitor = Told(Recorder(preview))
    with in_pulumis_loop():
        pulumi.runtime.set_mocks(monitor.mocks, project=PROJECT, stack="local", preview=preview, monitor=monitor)
        pulumi.runtime.set_all_config(
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        )

        @pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi's decorator has no types
        def run() -> None:
            program()

        run()
    return Stack(monitor.resources_told)


def resource(type_: str, name: str = "it", parent: str = "", /, **props: Any) -> Resource:
    """A resource of a program that a test writes by hand."""
    chain = f"{parent}${type_}" if parent else type_
    return Resource(type_, name, f"urn:pulumi:local::{PROJECT}::{chain}::{name}", props)


def stack_of(*resources: Resource, **settings: Any) -> Stack:
    return Stack({item.urn: item for item in resources}, settings)


def findings(rule_name: str, stack: Stack) -> list[tuple[str, str]]:
    """The logical name of each resource that breaks a rule, and what the rule says about it."""
    rule = rule_named(rule_name)
    return [(item.name, sentence) for item in stack.resources.values() for sentence in rule.check(item, stack)]


def broken(rule_name: str, *resources: Resource, **settings: Any) -> list[str]:
    """The logical names of the resources that break a rule, in a stack of these alone."""
    return [name for name, _ in findings(rule_name, stack_of(*resources, **settings))]


def rule_named(name: str) -> Rule:
    (rule,) = [rule for rule in RULES if rule.name == name]
    return rule
