from pathlib import Path

import pytest

from tools.arguments import Kind, check_arguments
from tools.errors import NotLocal


@pytest.mark.parametrize(
    "line",
    [
        "up --stack prod",
        "up --stack=prod",
        "up -s prod",
        "up -s",
        "up --stack local --stack prod",
        "--stack prod up",
        "stack output -s organization/digital-twins-rbac/prod",
        "stack select prod",
        "stack init prod",
        "stack new prod",
        "stack rm prod",
        "stack remove prod",
        "cancel prod",
    ],
)
def test_every_stack_but_local_is_refused_and_named(line: str) -> None:
    with pytest.raises(NotLocal, match="the stack's name is `local`"):
        check_arguments(line.split())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("login https://api.pulumi.com", "login"),
        ("logout", "logout"),
        ("--color never login", "login"),
        ("stack rename other", "stack rename"),
        ("stack migrate", "stack migrate"),
        ("stack change-secrets-provider passphrase", "stack change-secrets-provider"),
        ("state move --dest prod urn", "state move"),
        ("config set key value", "config set"),
        ("config cp --dest prod", "config cp"),
        ("plugin install resource azure-native", "plugin install"),
        ("new python", "new"),
        ("env ls", "env"),
        ("up --remote", "--remote"),
        ("up --remote-git-branch main", "--remote-git-branch"),
        ("up --cloud-url https://api.pulumi.com", "--cloud-url"),
        ("up --cwd ../other", "--cwd"),
        ("up -C ../other", "-C"),
        ("up --config-file other.yaml", "--config-file"),
        ("up --config-file=other.yaml", "--config-file=other.yaml"),
        ("stack init local --secrets-provider passphrase", "--secrets-provider"),
        ("stack init local --copy-config-from prod", "--copy-config-from"),
        ("destroy --remove --yes", "--remove"),
    ],
)
def test_what_could_leave_the_local_stack_is_refused_and_named(line: str, named: str) -> None:
    with pytest.raises(NotLocal) as caught:
        check_arguments(line.split())
    assert caught.value.argument == named
    assert f"`{named}`" in str(caught.value)


@pytest.mark.parametrize("flag", ["-sprod", "-ysprod", "-C../other", "-s=prod"])
def test_a_stack_or_folder_cannot_hide_behind_a_short_flag(flag: str) -> None:
    with pytest.raises(NotLocal):
        check_arguments(["up", flag])


@pytest.mark.parametrize(
    ("line", "kind", "takes_config_file"),
    [
        ("up --skip-preview --yes", Kind.PROGRAM, True),
        ("up -y -s local -v 3", Kind.PROGRAM, True),
        ("up -v3 --stack=local", Kind.PROGRAM, True),
        ("--color always preview --diff", Kind.PROGRAM, True),
        ("up -m moved -c digital-twins-rbac:bypass=warn", Kind.PROGRAM, True),
        ("refresh --preview-only --diff --expect-no-changes", Kind.PROGRAM, True),
        ("destroy --yes", Kind.PROGRAM, True),
        ("cancel --yes", Kind.STATE, False),
        ("cancel local", Kind.STATE, False),
        ("state delete urn:pulumi:local::p::t::n --yes", Kind.STATE, False),
        ("stack init local", Kind.STATE, False),
        ("stack import --file state.json", Kind.STATE, False),
        ("stack output --json", Kind.READ, False),
        ("stack output digitalTwinsEndpoint", Kind.READ, False),
        ("stack", Kind.READ, False),
        ("stack select local", Kind.READ, False),
        ("stack export", Kind.READ, False),
        ("config get digital-twins-rbac:manifest", Kind.READ, True),
        ("version", Kind.READ, False),
        ("--help", Kind.READ, False),
        ("", Kind.READ, False),
    ],
)
def test_what_stays_local_is_handed_on_unchanged(line: str, kind: Kind, takes_config_file: bool) -> None:  # noqa: FBT001 - a column of the table
    invocation = check_arguments(line.split())
    assert invocation.arguments == tuple(line.split())
    assert (invocation.kind, invocation.takes_config_file) == (kind, takes_config_file)


@pytest.mark.parametrize("word", ["rm", "remove", "delete"])
def test_removing_the_stack_keeps_its_config_file(word: str) -> None:
    assert check_arguments(["stack", word, "--yes"]).arguments == ("stack", word, "--yes", "--preserve-config")


@pytest.mark.parametrize("flag", ["--file Pulumi.yaml", "--file=Pulumi.yaml"])
def test_an_export_does_not_overwrite_a_file(flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_arguments(f"stack export {flag}".split()).kind is Kind.READ

    (tmp_path / "Pulumi.yaml").touch()

    with pytest.raises(NotLocal, match="the file exists"):
        check_arguments(f"stack export {flag}".split())
