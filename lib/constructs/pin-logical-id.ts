import type { CfnResource } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Fixes the logical id of a stateful resource: a construct that is moved must never become a new, empty resource. */
export const pinLogicalId = (construct: IConstruct, logicalId: string): void => {
  (construct.node.defaultChild as CfnResource).overrideLogicalId(logicalId);
};
