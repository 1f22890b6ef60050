"""The stories of a stack: deployed, changed, edited by hand, killed, and deployed again."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

MANIFEST = "examples/tenants/role-tags.yaml"
FIRE = '{role: Fire, twins: [B, "3"]}'
EARTH = '{role: Earth, twins: [A, "1", "2"]}'
TABLE = ["earth  1, 2, A", "fire  3, B", "wind  1, 2, 3, A, B", "stranger  (none)"]


def tag(azure: Any, twin_id: str, role: str) -> None:
    patch = [{"op": "add", "path": "/tags", "value": {"role": role}}]
    azure.client().update_digital_twin(twin_id, patch)


def role_tag_lines(text: str) -> list[str]:
    """The lines of a preview that say that a twin's role changes: a key and two texts, or one."""
    return [line.strip() for line in text.splitlines() if re.match(r'\s+[~+-] \S+ *: "', line)]


def table(text: str) -> list[str]:
    """The lines that say who sees what."""
    return [line for line in text.splitlines() if re.match(r"(earth|fire|wind|stranger)  ", line)]


def test_the_first_up_ends_with_who_sees_what(azure: Any) -> None:
    first = (azure.local.parent / "first-up.txt").read_text()

    assert table(first) == TABLE
    assert {twin: azure.role_of(twin) for twin in "AB123"} == {
        "A": "Earth",
        "1": "Earth",
        "2": "Earth",
        "B": "Fire",
        "3": "Fire",
    }
    assert azure.client().get_digital_twin("1")["tags"]["floor"] == "ground"


def test_a_second_up_changes_nothing_and_writes_no_twin(azure: Any) -> None:
    before = azure.twin_writes()

    again = azure.make("up")

    assert again.returncode == 0
    assert re.search(r"Resources:\s+\d+ unchanged", again.stdout)
    assert azure.twin_writes() == before
    assert table(again.stdout) == TABLE


def test_a_twin_moved_in_the_manifest_is_one_line_of_the_preview_and_then_moves(azure: Any) -> None:
    azure.rewrite(MANIFEST, EARTH, '{role: Earth, twins: [A, B, "1", "2"]}')
    azure.rewrite(MANIFEST, FIRE, '{role: Fire, twins: ["3"]}')
    before = azure.twin_writes()

    preview = azure.make("preview")

    assert preview.returncode == 0
    changed = role_tag_lines(preview.stdout)
    assert changed == ['~ B: "Fire" => "Earth"']
    assert azure.twin_writes() == before
    up = azure.make("up")
    assert up.returncode == 0
    assert azure.role_of("B") == "Earth"
    assert azure.twin_writes() == before + 1
    # Read right afterwards, so well within the 10 s that a query may lag behind.
    assert table(up.stdout) == ["earth  1, 2, A, B", "fire  3", "wind  1, 2, 3, A, B", "stranger  (none)"]


def test_a_twin_that_leaves_the_manifest_loses_its_role_whoever_wrote_it(azure: Any) -> None:
    tag(azure, "B", "Wind")
    azure.rewrite(MANIFEST, FIRE, '{role: Fire, twins: ["3"]}')

    preview = azure.make("preview")

    assert re.search(r'- B\s*: "Wind"', preview.stdout)
    assert azure.make("up").returncode == 0
    assert azure.role_of("B") is None


def test_edits_by_hand_are_named_by_preview_and_refresh_and_mended_by_up(azure: Any) -> None:
    tag(azure, "A", "Fire")
    model = "dtmi:digitaltwinsrbac:example:Room;1"
    azure.client().upsert_digital_twin("X", {"$metadata": {"$model": model}, "tags": {"role": "Earth"}})

    preview = azure.pulumi("preview", "--diff")
    refresh = azure.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")

    assert re.search(r'~ A: "Fire" => "Earth"', preview.stdout)
    assert "unlisted: twin X carries Earth" in preview.stdout + preview.stderr
    assert refresh.returncode != 0
    assert re.search(r'~ A: "Earth" => "Fire"', refresh.stdout)

    up = azure.make("up")

    assert up.returncode == 0
    assert azure.role_of("A") == "Earth"
    assert azure.role_of("X") == "Earth"
    assert "unlisted: twin X carries Earth" in up.stdout + up.stderr


def test_a_plain_preview_names_what_was_edited_by_hand(azure: Any) -> None:
    tag(azure, "A", "Fire")

    preview = azure.pulumi("preview")

    assert preview.returncode == 0
    assert "drift: twin A carries Fire, and Earth was declared" in preview.stdout + preview.stderr
    assert re.search(r"RoleTags role-tags update \[diff: ~twins\]", preview.stdout)


def test_unlisted_twins_lose_their_role_when_the_manifest_says_so(azure: Any) -> None:
    model = "dtmi:digitaltwinsrbac:example:Room;1"
    azure.client().upsert_digital_twin("X", {"$metadata": {"$model": model}, "tags": {"role": "Earth", "floor": "top"}})
    azure.rewrite(MANIFEST, "encoding: value", "encoding: value\nunlisted: remove")

    assert azure.make("up").returncode == 0

    assert azure.client().get_digital_twin("X")["tags"] == {"floor": "top"}


def test_a_killed_emulator_has_everything_still_and_nothing_is_redone(azure: Any) -> None:
    before = azure.twin_writes()
    os.kill(int((azure.local / "emulator.pid").read_text()), signal.SIGKILL)

    again = azure.make("up")

    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"Resources:\s+\d+ unchanged", again.stdout)
    assert azure.twin_writes() == before


def test_an_up_killed_between_two_twin_writes_is_finished_by_the_next(azure: Any, control: Any) -> None:
    azure.rewrite(MANIFEST, EARTH, '{role: Earth, twins: [B, "3"]}')
    azure.rewrite(MANIFEST, FIRE, '{role: Fire, twins: [A, "1", "2"]}')
    before = azure.twin_writes()
    control("PUT", "/_control/faults", {"write_latency": 0.7})
    up = subprocess.Popen(
        [azure_root() / "tools" / "pulumi-local", "up", "--skip-preview", "--yes"],
        cwd=azure.project,
        env=azure.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: azure.twin_writes() > before)
    up.kill()  # the wrapper first, so that nobody tidies up
    up.wait()
    os.kill(json.loads((azure.local / "pulumi-run.json").read_text())["leader"], signal.SIGKILL)
    control("PUT", "/_control/faults", {"write_latency": 0})

    again = azure.make("up")

    assert again.returncode == 0, again.stdout + again.stderr
    assert {twin: azure.role_of(twin) for twin in "AB123"} == {
        "B": "Earth",
        "3": "Earth",
        "A": "Fire",
        "1": "Fire",
        "2": "Fire",
    }


def azure_root() -> Path:
    return Path(__file__).parent.parent.parent


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_twin_tagged_by_hand_after_removal_was_switched_on_is_one_line_and_then_loses_its_role(azure: Any) -> None:
    azure.rewrite(MANIFEST, "encoding: value", "encoding: value\nunlisted: remove")
    assert azure.make("up").returncode == 0
    model = "dtmi:digitaltwinsrbac:example:Room;1"
    azure.client().upsert_digital_twin("X", {"$metadata": {"$model": model}, "tags": {"role": "Earth"}})

    preview = azure.make("preview")

    assert role_tag_lines(preview.stdout).count('- X: "Earth"') == 1
    assert azure.make("up").returncode == 0
    assert azure.role_of("X") is None


def test_a_pull_request_is_previewed_without_rights_on_the_instance(azure_at_rest: Any) -> None:
    azure_at_rest.rewrite(MANIFEST, FIRE, '{role: Fire, twins: ["3"]}')

    preview = azure_at_rest.pulumi("--as", "pull-request", "preview", "--diff")

    assert preview.returncode == 0, preview.stdout
    assert role_tag_lines(preview.stdout) == ['- B: "Fire"']
    assert "Microsoft.DigitalTwins/query/action" in preview.stdout + preview.stderr


def test_the_drift_reader_finds_drift_and_nothing_where_there_is_none(azure: Any) -> None:
    arguments = ("--as", "drift", "refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert azure.pulumi(*arguments).returncode == 0
    tag(azure, "A", "Fire")

    drift = azure.pulumi(*arguments)

    assert drift.returncode != 0
    assert re.search(r'~ A: "Earth" => "Fire"', drift.stdout)


def test_a_new_line_of_the_graph_is_seeded_and_tagged_in_one_up(azure: Any) -> None:
    room = '{"$dtId": "4", "$metadata": {"$model": "dtmi:digitaltwinsrbac:example:Room;1"}}\n'
    azure.rewrite(
        "examples/tenants/graph.ndjson", '{"Section": "Relationships"}\n', room + '{"Section": "Relationships"}\n'
    )
    azure.rewrite(MANIFEST, FIRE, '{role: Fire, twins: [B, "3", "4"]}')

    preview = azure.make("preview")

    assert preview.returncode == 0, preview.stdout
    assert '+ 4: "Fire"' in role_tag_lines(preview.stdout)
    assert azure.make("up").returncode == 0
    assert azure.role_of("4") == "Fire"
