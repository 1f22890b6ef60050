"""Hands the rules to Pulumi, and to each rule what Pulumi tells: the only file that knows pulumi_policy."""

from functools import partial

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from rules import RULES, Resource, Rule, Stack
from rules.adapter import remember, remember_all

SEEN: dict[str, Resource] = {}
"""Each resource of this run by its URN, with its inputs.

A rule about the whole stack would otherwise get the outputs, in which Azure does not repeat what a setting is about.
"""


def check_resource(rule: Rule, args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Runs a rule on one resource, before that is created or changed."""
    resource = remember(SEEN, args)
    for sentence in rule.check(resource, Stack(dict(SEEN), args.get_config())):
        report(sentence)


def check_stack(rule: Rule, args: StackValidationArgs, report: ReportViolation) -> None:
    """Runs a rule on each resource, after all are known."""
    stack = Stack(remember_all(SEEN, args), args.get_config())
    for resource in stack.resources.values():
        for sentence in rule.check(resource, stack):
            report(sentence, resource.urn)


def make_policy(rule: Rule) -> Policy:
    """The rule as Pulumi takes it."""
    schema = PolicyConfigSchema(dict(rule.settings)) if rule.settings else None
    if rule.needs_all:
        return StackValidationPolicy(rule.name, rule.sentence, partial(check_stack, rule), config_schema=schema)
    return ResourceValidationPolicy(rule.name, rule.sentence, partial(check_resource, rule), config_schema=schema)


PolicyPack(
    "digital-twins-rbac",
    [make_policy(rule) for rule in RULES],
    enforcement_level=EnforcementLevel.MANDATORY,
)
