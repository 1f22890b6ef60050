"""Whether what happens on an instance is written down."""

from collections.abc import Iterator

from .resource import Resource, Stack


def check_diagnostics_present(resource: Resource, stack: Stack) -> Iterator[str]:
    """Each instance that the program makes sends its logs somewhere."""
    if resource.type != "azure-native:digitaltwins:DigitalTwin":
        return
    settings = stack.of_type("azure-native:monitor:DiagnosticSetting")
    if not any(_has_logs(item) and item.is_about("resourceUri", resource, "resourceName") for item in settings):
        yield (
            "Nobody could see later who did what: no diagnostic setting of the stack sends the instance's logs. Leave "
            "instance.diagnostics out, or give the id of a Log Analytics workspace."
        )


def _has_logs(setting: Resource) -> bool:
    logs = setting.get("logs")
    return not isinstance(logs, list) or any(not isinstance(log, dict) or log.get("enabled", True) for log in logs)
