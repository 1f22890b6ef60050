import json

import pytest

from benchmarks.__main__ import main


def test_a_second_run_against_the_no_op_server_finds_every_twin_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["role-tags", "second-run", "--twins", "40", "--output", "json"]) == 0

    ways = json.loads(capsys.readouterr().out)["second-run"]
    assert [(way["writes"], way["unchanged"]) for way in ways] == [(0, 40), (0, 40)]


def test_a_part_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["role-tags", "reads"])
    assert "role-tags has no part reads" in capsys.readouterr().err
