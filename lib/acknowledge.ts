/** Findings of the policy checks that are accepted, each where it arises and with its reason. */
import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Accepts findings on a construct and what lies below it. */
export const acknowledge = (construct: IConstruct, reason: string, ...ids: readonly string[]): void => {
  for (const id of ids) Validations.of(construct).acknowledge({ id, reason });
};

/** Accepts a resource with a wildcard in the IAM policies at or below a construct. */
export const acknowledgeWildcard = (construct: IConstruct, resource: string, reason: string): void =>
  acknowledge(construct, reason, `AwsSolutions-IAM5[Resource::${flattened(Stack.of(construct).resolve(resource))}]`);

/** A resolved value as cdk-nag writes it in the id of a finding. */
const flattened = (value: unknown): string => {
  if (typeof value === "string") return value;
  const [name, argument] = Object.entries(value as Record<string, unknown>)[0] ?? ["", undefined];
  if (name === "Fn::Join") {
    const [delimiter, parts] = argument as [string, unknown[]];
    return parts.map(flattened).join(delimiter);
  }
  if (name === "Fn::GetAtt") return `<${(argument as string[]).join(".")}>`;
  if (name === "Fn::ImportValue") return flattened(argument);
  if (name === "Ref") return `<${String(argument)}>`;
  return JSON.stringify(value);
};
