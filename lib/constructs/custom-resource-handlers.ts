/** What the policy checks find in the functions that CDK itself adds to run custom resources, and why it is accepted. */
import type { Stack } from "aws-cdk-lib";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { acknowledge, acknowledgeWildcard } from "../acknowledge.ts";

const basicExecution = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]";
const handlerFindings = [
  "AwsSolutions-L1",
  "Serverless-LambdaDLQ",
  "Serverless-LambdaDefaultMemorySize",
  "Serverless-LambdaLatestVersion",
  "Serverless-LambdaTracing",
];
const reason = "A handler of CDK's own: it runs at deployments only, fails the deployment when it fails, and its version comes with CDK.";

/** The function that makes the calls of AwsCustomResource: one a stack, always under this id. */
export const awsCallHandler = "AWS679f53fac002430cb0da5b7982bd2287";

/** Accepts the findings on a custom resource handler, found by the id that CDK gives it in each stack. */
export const acknowledgeHandler = (stack: Stack, id: string): void => {
  const handler = stack.node.tryFindChild(id);
  if (handler === undefined) throw new Error(`${stack.stackName} has no custom resource handler ${id}; CDK has renamed it.`);
  acknowledge(handler, reason, basicExecution, ...handlerFindings);
};

/** The handler that copies files into a bucket. */
export const acknowledgeDeployment = (stack: Stack, bucket: IBucket): void => {
  const handlers = stack.node.children.filter((child) => child.node.id.startsWith("Custom::CDKBucketDeployment"));
  for (const handler of handlers) {
    acknowledgeHandler(stack, handler.node.id);
    const actions = ["Abort*", "DeleteObject*", "GetBucket*", "GetObject*", "List*"].map(
      (action) => `AwsSolutions-IAM5[Action::s3:${action}]`,
    );
    acknowledge(handler, "CDK's grant to copy files: reading the assets, writing the web bucket.", ...actions);
    const copies = "Files of the web application, whose names follow from its build.";
    acknowledgeWildcard(handler, `${bucket.bucketArn}/*`, copies);
    acknowledgeWildcard(handler, "*", "CloudFront invalidations are granted by CDK without a resource.");
    acknowledgeWildcard(handler, `arn:aws:s3:::cdk-hnb659fds-assets-${stack.account}-${stack.region}/*`, copies);
  }
};
