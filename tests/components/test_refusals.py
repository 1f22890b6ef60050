from typing import Any

import pulumi
import pytest
from ruamel.yaml import YAML

from components.refusals import explain_refusal
from tests.components.scenario import ROOT

CASES: list[dict[str, Any]] = YAML(typ="safe").load(ROOT / "tests" / "cases" / "errors" / "refusals.yaml")


def explain(case: dict[str, Any]) -> str | None:
    resource, inputs = case["resource"], case["resource"]["inputs"]
    old, new = (inputs, None) if case["operation"] == "delete" else (None, inputs)
    return explain_refusal(
        pulumi.ErrorHookArgs(
            urn=resource["urn"],
            id="",
            name=resource["name"],
            type=resource["type"],
            old_inputs=old,
            new_inputs=new,
            failed_operation=case["operation"],
            errors=[case["error"], "an older error"],
        )
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_azure_refuses_for_good_is_told_with_what_to_do(case: dict[str, Any]) -> None:
    assert explain(case) == case["says"]


@pytest.mark.parametrize("case", [case for case in CASES if case["says"]], ids=lambda case: case["name"])
def test_an_error_without_its_details_is_still_told_with_blanks_to_fill_in(case: dict[str, Any]) -> None:
    code = case["error"].split("'")[0].split('" Message')[0]
    bare = {**case, "error": code, "resource": {**case["resource"], "inputs": {}}}

    told = explain(bare)

    assert told is not None
    assert "None" not in told
