#!/usr/bin/env bash
# Makes the home of Pulumi's state in a subscription of yours: a blob container without keys, and a key for secrets.
# Safe to run again. Needs the Azure CLI, signed in as somebody who may make resources and assign roles there.
set -euo pipefail

usage() {
  cat >&2 <<'TEXT'
usage: tools/azure/make-state.sh GROUP LOCATION ACCOUNT VAULT DEPLOYER [READER]...

  GROUP     resource group that holds state and key, such as rg-pulumi-state
  LOCATION  region, such as westeurope
  ACCOUNT   storage account: 3-24 lower-case letters and digits, unique in the world
  VAULT     key vault: 3-24 letters, digits and hyphens, unique in the world
  DEPLOYER  object id of the service principal that runs `pulumi up`: may write the state and use the key
  READER    object ids of service principals that only preview or look for drift: may read the state and use the key

Whoever may read a container reads the state of every stack in it: run this once for each level of trust, such as one
for dev, whose pull requests run anybody's code, and one for prod. The caller is a person, signed in by `az login`.
TEXT
  exit 1
}

[ $# -ge 5 ] || usage
group=$1 location=$2 account=$3 vault=$4 deployer=$5
shift 5
if ! [[ $account =~ ^[a-z0-9]{3,24}$ ]]; then
  echo "ACCOUNT is '$account', and must be 3-24 lower-case letters and digits" >&2
  exit 1
fi
if ! [[ $vault =~ ^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$ ]]; then
  echo "VAULT is '$vault', and must be 3-24 letters, digits and hyphens, with a letter first" >&2
  exit 1
fi
for id in "$deployer" "$@"; do
  if ! [[ $id =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]]; then
    echo "'$id' is no object id of a principal, such as 77b20000-0000-4000-8000-000000000001" >&2
    exit 1
  fi
done

# Without a look into the directory, which the caller may not be allowed and a new principal may not be in yet.
assign() {
  az role assignment create --assignee-object-id "$1" --assignee-principal-type "${4:-ServicePrincipal}" --role "$2" \
    --scope "$3" --output none
}

az group create --name "$group" --location "$location" --output none
az storage account create --name "$account" --resource-group "$group" --location "$location" --sku Standard_ZRS \
  --kind StorageV2 --min-tls-version TLS1_2 --allow-blob-public-access false --allow-shared-key-access false --output none
# An overwritten or deleted state can be had back for a month.
az storage account blob-service-properties update --account-name "$account" --resource-group "$group" \
  --enable-versioning true --enable-delete-retention true --delete-retention-days 30 --output none
az storage container-rm create --storage-account "$account" --resource-group "$group" --name state --output none
if ! az keyvault show --name "$vault" --resource-group "$group" --output none 2>/dev/null; then
  az keyvault create --name "$vault" --resource-group "$group" --location "$location" --enable-rbac-authorization true \
    --enable-purge-protection true --output none
fi

account_id=$(az storage account show --name "$account" --resource-group "$group" --query id --output tsv)
vault_id=$(az keyvault show --name "$vault" --resource-group "$group" --query id --output tsv)
# Making a key is a right of the data plane, which nobody has by making the vault.
assign "$(az ad signed-in-user show --query id --output tsv)" "Key Vault Crypto Officer" "$vault_id" User
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if az keyvault key show --vault-name "$vault" --name pulumi --output none 2>/dev/null ||
    az keyvault key create --vault-name "$vault" --name pulumi --kty RSA --size 3072 --output none 2>/dev/null; then
    break
  fi
  [ "$attempt" = 10 ] && { echo "the key could not be made: the role 'Key Vault Crypto Officer' does not act yet; run this again" >&2; exit 1; }
  echo "waiting until the role on the vault acts ($attempt of 10)" >&2
  sleep "${TWIN_RBAC_PAUSE:-30}"
done

container_id="$account_id/blobServices/default/containers/state"
assign "$deployer" "Storage Blob Data Contributor" "$container_id"
assign "$deployer" "Key Vault Crypto User" "$vault_id/keys/pulumi"
for reader in "$@"; do
  assign "$reader" "Storage Blob Data Reader" "$container_id"
  assign "$reader" "Key Vault Crypto User" "$vault_id/keys/pulumi"
done

cat <<TEXT
pulumi login "azblob://state?storage_account=$account"
pulumi stack init <stack> --secrets-provider "azurekeyvault://$vault.vault.azure.net/keys/pulumi"
TEXT
