from typing import Any

from emulator.digital_twins.instance import drop_instance


def test_a_dropped_instance_leaves_nothing_behind_and_no_other_one_is_touched(house: Any, room: str) -> None:
    storage, key = house.instance.storage, house.instance.key
    storage.put("digital-twins|other|twins", "t", {"$dtId": "t"})
    storage.put("event-routes", f"{key}/r", {"id": "r"})
    storage.put("event-routes", "/other/r", {"id": "r"})
    drop_instance(storage, key)
    for what in ("models", "twins", "relationships"):
        assert storage.items(house.instance.kind(what)) == []
    assert storage.items("digital-twins|other|twins") != []
    assert [key for key, _ in storage.items("event-routes")] == ["/other/r"]
