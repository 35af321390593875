import type { PolicyDocument, ResourceProvider } from "../service.ts";
import type { PolicyStore } from "./policy-store.ts";

/**
 * Customer keys. Nothing is encrypted on a laptop, but a key's policy and the right to use it are enforced:
 * services ask kms:Decrypt and kms:GenerateDataKey of the caller as AWS does for a resource under a customer key.
 */
export function keyProviders(store: PolicyStore, place: { region: string; accountId: string }): Record<string, ResourceProvider> {
  return {
    "AWS::KMS::Key": {
      properties: {
        KeyPolicy: "used",
        Description: "used",
        Enabled: "used",
        EnableKeyRotation: { inert: "no key material" },
        RotationPeriodInDays: { inert: "no key material" },
        KeySpec: { inert: "no key material" },
        KeyUsage: { inert: "no key material" },
        MultiRegion: { inert: "one region" },
        PendingWindowInDays: { inert: "never deleted" },
        Tags: { inert: "describes" },
      },
      create: async (resource) => {
        const hex = resource.stableId(32, "0123456789abcdef");
        const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
        const arn = `arn:aws:kms:${place.region}:${place.accountId}:key/${id}`;
        const policy = resource.properties.KeyPolicy as PolicyDocument | undefined;
        store.setKeyPolicy(arn, policy ?? rootOnly(arn, place.accountId));
        return { ref: id, attributes: { Arn: arn, KeyId: id } };
      },
    },
    "AWS::KMS::Alias": {
      properties: { AliasName: "used", TargetKeyId: "used" },
      create: async (resource) => ({ ref: String(resource.properties.AliasName), attributes: {} }),
    },
  };
}

/** A key without a stated policy: the account decides by identity policies. */
function rootOnly(arn: string, accountId: string): PolicyDocument {
  return { Statement: { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: "kms:*", Resource: arn } };
}
