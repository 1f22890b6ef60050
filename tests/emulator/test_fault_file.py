from pathlib import Path

import pytest

from emulator.errors import FileDamaged
from emulator.fault_file import check_faults, load_faults


def test_a_file_names_faults_as_the_control_interface_does(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("query_lag: 2\nfailing_calls: [{method: PATCH, status: 412}]\n")

    assert load_faults(path) == {"query_lag": 2, "failing_calls": [{"method": "PATCH", "status": 412}]}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "a mapping"),
        ({"query_leg": 1}, "unknown fault 'query_leg'; there are: query_lag"),
        ({"latency": "long"}, "long"),
        ({"latency": None}, "NoneType"),
        ({"failing_calls": [{"stattus": 500}]}, "stattus"),
        ({"failing_calls": [{"path": "("}]}, "unterminated subpattern"),
        ({"failing_calls": 3}, "not iterable"),
        ({"outside": "false"}, "outside is 'false': give true or false"),
    ],
)
def test_what_is_no_fault_is_refused_before_it_acts(document: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_faults(document)


@pytest.mark.parametrize("text", ["query_leg: 1", "a: [", "- 1"])
def test_a_wrong_file_is_named_with_what_to_do(text: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)

    with pytest.raises(FileDamaged, match=r"(?s)faults\.yaml: .*leave --faults out"):
        load_faults(path)


def test_a_missing_file_is_named_too(tmp_path: Path) -> None:
    with pytest.raises(FileDamaged, match=r"none\.yaml: .*No such file"):
        load_faults(tmp_path / "none.yaml")
