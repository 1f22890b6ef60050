import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.errors import FileDamaged, PortInUse, PortNotUsable
from emulator.home import Home
from emulator.ports import BLOB, ENTRA, RESOURCE_MANAGER, Ports, Sockets, close, listen, load_ports, parse_first_port

SITE = "/subscriptions/s/resourcegroups/rg/providers/microsoft.web/sites/app-1"
INSTANCE = "/subscriptions/s/resourcegroups/rg/providers/microsoft.digitaltwins/digitaltwinsinstances/adt-1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "local")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listen_all(ports: Ports, opened: ExitStack) -> list[Sockets]:
    sockets = [ports.listen_service(name) for name in (RESOURCE_MANAGER, ENTRA, BLOB)]
    sockets += [ports.listen_instance(INSTANCE), *ports.listen_site(SITE)]
    for each in sockets:
        opened.callback(close, each)
    return sockets


def test_ports_are_chosen_free_once_and_then_kept(home: Home, opened: ExitStack) -> None:
    ports = load_ports(home)
    sockets = listen_all(ports, opened)
    ports.save()

    again = load_ports(home)

    assert (again.services, again.instances) == (ports.services, ports.instances)
    assert (again.sites, again.scm_sites) == (ports.sites, ports.scm_sites)
    numbers = [*ports.services.values(), ports.instances[INSTANCE], ports.sites[SITE], ports.scm_sites[SITE]]
    assert len(set(numbers)) == 6
    assert [each[0].getsockname()[1] for each in sockets] == numbers


def test_the_file_has_the_shape_that_other_programs_read(home: Home, opened: ExitStack) -> None:
    ports = load_ports(home)
    listen_all(ports, opened)
    ports.save()

    document = json.loads(home.ports_file.read_text())

    assert list(document) == ["resourceManager", "entra", "blob", "instances", "sites", "scmSites"]
    assert [list(document[name]) for name in ("instances", "sites", "scmSites")] == [[INSTANCE], [SITE], [SITE]]


def test_only_loopback_is_listened_on(home: Home, opened: ExitStack) -> None:
    ports = load_ports(home)

    addresses = {listener.getsockname()[0] for sockets in listen_all(ports, opened) for listener in sockets}

    assert addresses <= {"127.0.0.1", "::1"}
    assert "127.0.0.1" in addresses


def test_a_kept_port_in_use_is_named_with_its_service_and_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"port {port} .*the service.*make up PORT="):
            listen(port, "the service")


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_a_port_that_another_program_has_for_ipv6_alone_is_in_use_too() -> None:
    try:
        taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with taken, pytest.raises(PortInUse):
        listen(taken.getsockname()[1], "the service")


def test_a_given_first_port_moves_everything_in_order(home: Home) -> None:
    home.folder.mkdir()
    kept = {"resourceManager": 20001, "entra": 20007, "instances": {"a": 20003, "b": 20002}}
    kept |= {"sites": {"s": 20004}, "scmSites": {"s": 20005}}
    home.ports_file.write_text(json.dumps(kept))

    ports = load_ports(home, first=43000)

    assert ports.services == {"resourceManager": 43000, "entra": 43001, "blob": 43002}
    assert ports.instances == {"a": 43003, "b": 43004}
    assert (ports.sites, ports.scm_sites) == ({"s": 43005}, {"s": 43006})


def test_a_first_port_that_holds_already_moves_nothing(home: Home) -> None:
    home.folder.mkdir()
    kept = {"resourceManager": 43000, "entra": 43001, "instances": {"a": 43005}}
    home.ports_file.write_text(json.dumps(kept))

    assert load_ports(home, first=43000).instances == {"a": 43005}


def test_a_new_instance_takes_the_next_free_port_after_the_given_first(home: Home, opened: ExitStack) -> None:
    taken = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    first = taken.getsockname()[1] - 2
    ports = load_ports(home, first=first)

    opened.callback(close, ports.listen_instance("a"))

    assert ports.instances["a"] > first + 2


@pytest.mark.parametrize("value", ["0", "80", "65001", "-1", "4e3", "many", "²"])
def test_a_first_port_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(PortNotUsable, match=r"PORT is .*1024 to 65000"):
        parse_first_port(value)


def test_without_a_first_port_the_kept_ones_count() -> None:
    assert parse_first_port(None) is None
    assert parse_first_port("") is None
    assert parse_first_port("43000") == 43000


@pytest.mark.parametrize("text", ['{"resourceManager": "many"}', '{"instances": []}', '{"entra": null}'])
def test_a_damaged_file_is_named_with_what_to_do(text: str, home: Home) -> None:
    home.folder.mkdir()
    home.ports_file.write_text(text)

    with pytest.raises(FileDamaged, match=r"ports\.json.*delete it"):
        load_ports(home)


def test_any_free_port_is_one_port_on_every_address_and_its_answers_are_not_held_back() -> None:
    sockets = listen(0, "anything")
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
        # asyncio turns TCP_NODELAY on only where the protocol is named.
        assert {each.proto for each in sockets} == {socket.IPPROTO_TCP}
    finally:
        close(sockets)


def test_a_site_that_gets_one_of_its_ports_alone_listens_on_neither(home: Home, opened: ExitStack) -> None:
    taken = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    free = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = free.getsockname()[1]
    free.close()
    ports = Ports(home, sites={SITE: port}, scm_sites={SITE: taken.getsockname()[1]})

    with pytest.raises(PortInUse, match=r"the SCM site of app-1"):
        ports.listen_site(SITE)

    close(listen(port, "nothing listens there any more"))
