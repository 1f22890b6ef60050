from typing import Any

import pytest

from emulator.digital_twins.interfaces import InterfaceInvalid, parse_interface

V2, V3 = "dtmi:dtdl:context;2", "dtmi:dtdl:context;3"
PROPERTY = {"@type": "Property", "name": "p", "schema": "string"}
ARRAY = {"@type": "Property", "name": "p", "schema": {"@type": "Array", "elementSchema": "string"}}


def interface(context: Any = V3, **changes: Any) -> Any:
    return {"@id": "dtmi:x:Y;1", "@type": "Interface", "@context": context, **changes}


@pytest.mark.parametrize(
    "document",
    [
        interface(),
        interface(V2, **{"@type": ["Interface"]}),
        interface([V3, "dtmi:dtdl:extension:quantitativeTypes;1"]),
        interface(**{"@id": "dtmi:x:Y"}),
        interface(**{"@id": "dtmi:x:Y;1.2"}),
        interface(contents=PROPERTY),
        interface(contents=[{**PROPERTY, "@type": ["Property", "Temperature"], "unit": "kelvin", "writable": True}]),
        interface(contents=[ARRAY]),
        interface(V2, contents=[{**ARRAY, "@type": "Telemetry"}]),
        interface(V2, extends=["dtmi:x:A;1", "dtmi:x:B;1"]),
        interface(extends=[f"dtmi:x:A{number};1" for number in range(3)]),
        interface(contents=[{"@type": "Relationship", "name": "anyOf"}], displayName={"en": "x"}),
    ],
)
def test_an_interface_by_the_rules_is_taken(document: Any) -> None:
    parse_interface(document)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (interface(**{"@id": "x"}), "has an invalid identifier"),
        (interface(**{"@id": "dtmi:x:_y;1"}), "has an invalid identifier"),
        (interface(V2, **{"@id": "dtmi:x:Y"}), "has an invalid identifier"),
        (interface(V2, **{"@id": "dtmi:x:Y;1.2"}), "has an invalid identifier"),
        (interface(**{"@id": f"dtmi:{'x' * 128};1"}), "has an invalid identifier"),
        (interface(**{"@id": "dtmi:standard:Y;1"}), "has an identifier whose prefix is reserved"),
        (interface(None), "has no valid '@context'"),
        (interface("dtmi:dtdl:context;4"), "has no valid '@context'"),
        (interface(["dtmi:dtdl:extension:quantitativeTypes;1", V3]), "has no valid '@context'"),
        (interface(**{"@type": "Property"}), "is not of type Interface"),
        (interface(extends=[interface()]), "has a value of 'extends' that is not a valid DTMI reference"),
        (interface(V2, extends=["dtmi:x:A;1", "dtmi:x:B;1", "dtmi:x:C;1"]), "extends 3 interfaces"),
        (interface(contents=["p"]), "has a value of 'contents' that is no JSON object"),
        (interface(contents=[{**PROPERTY, "name": "1st"}]), "has 'contents' value with name '1st'"),
        (interface(contents=[{**PROPERTY, "name": "x_"}]), "has 'contents' value with name 'x_'"),
        (interface(V2, contents=[{**PROPERTY, "name": "x" * 65}]), "has 'contents' value with name"),
        (interface(contents=[PROPERTY, PROPERTY]), "has more than one 'contents' value with name 'p'"),
        (
            interface(contents=[{**PROPERTY, "@type": "Command"}]),
            "has 'contents' value with name 'p' that is a Command",
        ),
        (
            interface(contents=[{**PROPERTY, "@type": "Thing"}]),
            "has 'contents' value with name 'p' whose '@type' is not",
        ),
        (
            interface(contents=[{**PROPERTY, "schema": None}]),
            "has 'contents' value with name 'p' whose property 'schema'",
        ),
        (interface(V2, contents=[ARRAY]), "has 'contents' value with name 'p' whose property 'schema' is or contains"),
        (
            interface(contents=[{"@type": "Relationship", "name": "r", "target": "x"}]),
            "has 'contents' value with name 'r'",
        ),
        (
            interface(contents=[{"@type": "Relationship", "name": "r", "properties": [{**PROPERTY, "name": ""}]}]),
            "has 'contents' value with name 'r' with a property that has no valid name",
        ),
        (interface(displayName="x" * 513), "has a 'displayName' on it that is not a text"),
        (interface(description=5), "has a 'description' on it that is not a text"),
    ],
)
def test_an_interface_against_the_rules_is_refused(document: Any, problem: str) -> None:
    with pytest.raises(InterfaceInvalid) as caught:
        parse_interface(document)
    assert caught.value.problems[0].startswith(f"{document['@id']} {problem}")


@pytest.mark.parametrize("document", [None, [], "x", {}, {"@id": 5}])
def test_a_model_without_an_id_is_refused(document: object) -> None:
    with pytest.raises(InterfaceInvalid, match="requires an identifer but none provided"):
        parse_interface(document)


def test_every_problem_is_named() -> None:
    with pytest.raises(InterfaceInvalid) as caught:
        parse_interface(interface(contents=["p", {**PROPERTY, "schema": None}]))
    assert len(caught.value.problems) == 2
