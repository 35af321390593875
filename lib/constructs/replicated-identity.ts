/**
 * The user pool in two regions. Cognito keeps one replica of a pool under the same pool id, if the pool has a customer
 * key that exists in both regions and an issuer that both answer for. The replica cannot create people or reset passwords.
 */
import { Fn, RemovalPolicy } from "aws-cdk-lib";
import { type CfnUserPool, CfnUserPoolReplica, type UserPool } from "aws-cdk-lib/aws-cognito";
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import { acknowledgeWildcard } from "../acknowledge.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { acknowledgeHandler, awsCallHandler } from "./custom-resource-handlers.ts";
import { pinLogicalId } from "./pin-logical-id.ts";

export interface IdentityReference {
  readonly userPoolId: string;
  readonly webmailClientId: string;
  readonly mailProgramsClientId: string;
}

/** Gives the pool its key and issuer, makes the replica, and leaves the ids where the other region's stacks read them. */
export const replicateIdentity = (stack: PenfoldStack, pool: UserPool, reference: IdentityReference, otherRegion: string): void => {
  const key = createKey(stack);
  const keyReplica = new AwsCustomResource(stack, "IdentityKeyReplica", {
    resourceType: "Custom::KeyReplica",
    installLatestAwsSdk: false,
    onCreate: {
      service: "KMS",
      action: "ReplicateKey",
      parameters: { KeyId: key.keyId, ReplicaRegion: otherRegion, Policy: JSON.stringify(keyPolicy(stack).toJSON()) },
      physicalResourceId: PhysicalResourceId.of(`identity-key-${otherRegion}`),
      ignoreErrorCodesMatching: "AlreadyExistsException",
    },
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({ actions: ["kms:ReplicateKey"], resources: [key.keyArn] }),
      new PolicyStatement({ actions: ["kms:CreateKey"], resources: ["*"] }),
    ]),
  });
  acknowledgeWildcard(keyReplica, "*", "kms:CreateKey, which making a replica needs in the other region, has no resource.");
  acknowledgeHandler(stack, awsCallHandler);
  const resource = pool.node.defaultChild as CfnUserPool;
  resource.keyConfiguration = { keyType: "CUSTOMER_MANAGED_KEY", kmsKeyArn: key.keyArn };
  resource.issuerConfiguration = { type: "UPDATED" };
  const replica = new CfnUserPoolReplica(stack, "UserPoolReplica", { userPoolId: reference.userPoolId, regionName: otherRegion });
  replica.node.addDependency(keyReplica);
  new StringParameter(stack, "IdentityReference", {
    parameterName: stack.names.identityParameter(),
    description: "Ids of the user pool and its clients, for the other region's stacks",
    stringValue: [reference.userPoolId, reference.webmailClientId, reference.mailProgramsClientId].join(","),
  });
};

/** Reads, in the other region, what the primary region's identity stack left. */
export const readIdentity = (stack: PenfoldStack, primaryRegion: string): IdentityReference => {
  const read = new AwsCustomResource(stack, "ReadIdentityReference", {
    resourceType: "Custom::IdentityReference",
    installLatestAwsSdk: false,
    onUpdate: {
      service: "SSM",
      action: "GetParameter",
      region: primaryRegion,
      parameters: { Name: stack.names.identityParameter() },
      outputPaths: ["Parameter.Value"],
      physicalResourceId: PhysicalResourceId.of("identity-reference"),
    },
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({
        actions: ["ssm:GetParameter"],
        resources: [stack.arn("ssm", `parameter${stack.names.identityParameter()}`, primaryRegion)],
      }),
    ]),
  });
  acknowledgeHandler(stack, awsCallHandler);
  const part = (index: number): string => Fn.select(index, Fn.split(",", read.getResponseField("Parameter.Value")));
  return { userPoolId: part(0), webmailClientId: part(1), mailProgramsClientId: part(2) };
};

const createKey = (stack: PenfoldStack): Key => {
  const key = new Key(stack, "IdentityKey", {
    alias: stack.names.keyAlias("identity"),
    description: "Penfold: people and their credentials, in both regions",
    enableKeyRotation: true,
    multiRegion: true,
    policy: keyPolicy(stack),
    removalPolicy: stack.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  pinLogicalId(key, "IdentityKey");
  return key;
};

const keyPolicy = (stack: PenfoldStack): PolicyDocument =>
  new PolicyDocument({
    statements: [
      new PolicyStatement({ sid: "Account", principals: [new AccountRootPrincipal()], actions: ["kms:*"], resources: ["*"] }),
      new PolicyStatement({
        sid: "Cognito",
        principals: [new ServicePrincipal("cognito-idp.amazonaws.com")],
        actions: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        conditions: { StringEquals: { "aws:SourceAccount": stack.account } },
      }),
    ],
  });
