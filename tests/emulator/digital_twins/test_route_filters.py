import pytest

from emulator.digital_twins.route_filters import FilterInvalid, check_filter


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "False",
        "type = 'Microsoft.DigitalTwins.Twin.Create'",
        "source = 'adt.api.weu.digitaltwins.azure.net' AND subject != 'A/relationships/r'",
        "dataschema = 'dtmi:example:com:floor4;2'",
        "specversion = '1.0'",
        "STARTS_WITH($body.$metadata.$model, 'dtmi:example:com:floor')",
        "ENDS_WITH($body.$metadata.$model, 'floor;1')",
        "CONTAINS(subject, 'it''s')",
        "$body.errorCode > 200",
        "$body.temperature <= 5.5",
        "$body.poweredOn = true",
        "$body.prop != null",
        "(type != 'microsoft.iot.telemetry' OR datacontenttype = 'application/json') OR (specversion != '1.0')",
    ],
)
def test_what_the_documentation_shows_is_a_filter(text: str) -> None:
    check_filter(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no field"),
        ("   ", "'' is no field"),
        ("type", "a comparison needs one of"),
        ("type = Microsoft", "'MICROSOFT' is no field"),
        ("colour = 'red'", "'COLOUR' is no field"),
        ("type = 'open", 'there is no meaning in "\'open"'),
        ("(type = 'x'", r"'\)' is missing before ''"),
        ("type = 'x' AND", "'' is no field"),
        ("type = 'x' type = 'y'", "nothing more can follow before 'TYPE'"),
        ("STARTS_WITH(subject)", r"',' is missing before '\)'"),
        ("NOT true", "'NOT' is no field"),
        ("SELECT T FROM DIGITALTWINS", "'SELECT' is no field"),
    ],
)
def test_another_text_is_none_and_the_place_is_named(text: str, said: str) -> None:
    with pytest.raises(FilterInvalid, match=said):
        check_filter(text)
