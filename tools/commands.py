"""What `make up`, `make preview` and `make down` do, once the Python environment exists."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.arguments import check_arguments
from tools.checkout import CHECKOUT, local_folder, project_folder
from tools.engine import get_engine
from tools.errors import StepFailed, ToolError
from tools.policies import get_policy_pack
from tools.pulumi_local import DEFAULT_PRINCIPAL, LocalPulumi, open_local_pulumi
from tools.stack import LocalStack
from tools.steps import to_stderr
from tools.who import print_who

NEXT_COMMANDS = """
Try next:
  tools/pulumi-local stack output                 what was deployed
  .venv/bin/python -m emulator token earth        a tenant's own token, for the gateway
  .venv/bin/twin-rbac tags verify --stack local   is every twin tagged as the manifest says?
  $EDITOR examples/tenants/role-tags.yaml         change a role, then:
  make preview                                    what would change
  make up                                         change it
  make down                                       remove everything again"""


def up() -> None:
    """Deploys the stack and shows who sees what through its gateway.

    Raises:
        ToolError: a step failed; it has said why.
    """
    pulumi = _start()
    _run(pulumi, "up", "--skip-preview", "--yes")
    print("\nWho sees what, asked through the gateway:", flush=True)
    print_who(pulumi)
    print(NEXT_COMMANDS)


def preview() -> None:
    """Shows what `up` would change, and stops at what the policy pack refuses; changes nothing.

    Raises:
        ToolError: a step failed, or a policy is violated; it has said why.
    """
    pulumi = _start()
    _run(pulumi, "preview", "--diff", "--policy-pack", str(get_policy_pack(report=to_stderr)))
    print("Every policy of policy_pack passed.", flush=True)


def down() -> None:
    """Removes all resources and the stack, and stops the local Azure; content if there is nothing to remove.

    Raises:
        ToolError: a step failed; it has said why.
    """
    if LocalStack(local_folder(os.environ), project_folder(Path.cwd())).exists:
        pulumi = _start()
        _run(pulumi, "destroy", "--skip-preview", "--yes")
        _run(pulumi, "stack", "rm", "--yes")
    else:
        print("There is no stack to remove.", flush=True)
    _emulator("down")


def _start() -> LocalPulumi:
    """Everything that a run of pulumi needs: the engine, and the local Azure."""
    _refuse_other_ports()
    engine = get_engine(os.environ, report=to_stderr)
    to_stderr(f"Pulumi engine {engine.version} ({engine.origin}: {engine.folder})")
    _emulator("up", "--detach")
    return open_local_pulumi(DEFAULT_PRINCIPAL, environ=os.environ, current=Path.cwd())


def _refuse_other_ports() -> None:
    """Refuses a PORT that would move the local Azure away from under a stack, whose state holds its addresses.

    Raises:
        ToolError: it would.
    """
    folder = local_folder(os.environ)
    asked, ports_file = os.environ.get("PORT"), folder / "ports.json"
    if not asked or not ports_file.exists() or not LocalStack(folder, project_folder(Path.cwd())).exists:
        return
    kept = str(json.loads(ports_file.read_text()).get("resourceManager"))
    if asked != kept:
        raise ToolError(f"the stack was deployed at PORT={kept}; run `make down` without PORT first, then up again")


def _emulator(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "emulator", *arguments], cwd=CHECKOUT, check=False)
    if done.returncode:
        raise StepFailed(f"python -m emulator {arguments[0]}", done.returncode)


def _run(pulumi: LocalPulumi, *arguments: str) -> None:
    if code := pulumi.run(check_arguments(arguments)):
        raise StepFailed(f"tools/pulumi-local {arguments[0]}", code)
