import pytest
from pulumi import StringAsset
from pulumi.provider.experimental.property_value import PropertyValue

from emulator.provider.wire import UNKNOWN, is_unknown, read_properties, secret_names, write_properties


def test_values_come_back_as_they_were_sent() -> None:
    values = {"text": "a", "yes": True, "count": 3, "share": 0.5, "none": None, "list": ["a", {"b": []}], "map": {}}

    assert read_properties(write_properties(values)) == values


def test_whole_numbers_arrive_as_floats_and_are_read_as_integers() -> None:
    read = read_properties({"count": PropertyValue(3.0), "yes": PropertyValue(value=True)})

    assert read == {"count": 3, "yes": True}
    assert isinstance(read["count"], int)


def test_both_spellings_of_an_unknown_are_one() -> None:
    read = read_properties({"text": PropertyValue(UNKNOWN), "computed": PropertyValue.computed()})

    assert read == {"text": UNKNOWN, "computed": UNKNOWN}
    assert is_unknown({"a": ["b", UNKNOWN]})
    assert not is_unknown({"a": ["b", None, True]})


def test_what_holds_a_secret_is_written_as_a_secret_as_a_whole() -> None:
    inner = PropertyValue({"key": PropertyValue("s", is_secret=True)})
    names = secret_names({"tags": inner, "location": PropertyValue("westeurope")})

    written = write_properties({"tags": {"key": "s"}, "location": "westeurope"}, secret=names)

    assert names == {"tags"}
    assert written["tags"].is_secret
    assert not written["location"].is_secret


def test_an_asset_is_refused() -> None:
    with pytest.raises(TypeError, match="StringAsset"):
        read_properties({"file": PropertyValue(StringAsset("x"))})
