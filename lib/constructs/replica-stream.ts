import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { acknowledgeHandler, awsCallHandler } from "./custom-resource-handlers.ts";

/** ARN of the stream of a table's replica in `stack`'s region: its last part is a time that only DynamoDB knows. */
export const replicaStreamArn = (stack: PenfoldStack, tableName: string): string => {
  const description = new AwsCustomResource(stack, "ReplicaStream", {
    resourceType: "Custom::ReplicaStream",
    installLatestAwsSdk: false,
    onUpdate: {
      service: "DynamoDB",
      action: "DescribeTable",
      parameters: { TableName: tableName },
      outputPaths: ["Table.LatestStreamArn"],
      physicalResourceId: PhysicalResourceId.of(`${tableName}-stream`),
    },
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({ actions: ["dynamodb:DescribeTable"], resources: [stack.arn("dynamodb", `table/${tableName}`)] }),
    ]),
  });
  acknowledgeHandler(stack, awsCallHandler);
  return description.getResponseField("Table.LatestStreamArn");
};
