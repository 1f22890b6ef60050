import pytest

from components.built_in_roles import BUILT_IN_ROLES, built_in_role_id


def test_the_built_in_roles_have_the_ids_of_the_service() -> None:
    # Fact sheets adt-rbac 3 and pulumi-azure 1.2, 1.3, 2.3 and 4.2.
    assert BUILT_IN_ROLES == {
        "Azure Digital Twins Data Owner": "bcd981a7-7f74-457b-83e1-cceb9e632ffe",
        "Azure Digital Twins Data Reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
        "Azure Event Hubs Data Owner": "f526a384-b230-433a-b45c-95f59c4a2dec",
        "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
        "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
        "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
        "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    }


def test_a_built_in_role_is_found_by_its_name_in_the_form_that_azure_answers_with() -> None:
    expected = (
        "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    )
    assert built_in_role_id("sub", "Reader") == expected


def test_an_unknown_role_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="unknown built-in role 'Owner'; there are: Azure Digital Twins Data Owner"):
        built_in_role_id("sub", "Owner")


@pytest.mark.parametrize("kind", ["Owner", "Reader"])
def test_a_name_of_the_services_preview_is_told_with_todays(kind: str) -> None:
    with pytest.raises(ValueError, match=rf"Twins {kind} \(Preview\)' is now called 'Azure Digital Twins Data {kind}'"):
        built_in_role_id("sub", f"Azure Digital Twins {kind} (Preview)")
