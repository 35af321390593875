import { PolicyStatement, Role, ServicePrincipal, type PolicyStatement as Statement } from "aws-cdk-lib/aws-iam";
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import { Construct } from "constructs";
import { acknowledgeWildcard } from "../acknowledge.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { acknowledgeHandler, awsCallHandler } from "./custom-resource-handlers.ts";
import type { MailStores } from "./mail-stores.ts";

type StoreName = "mail" | "state";
const stores: readonly StoreName[] = ["mail", "state"];

/** S3 promises 99.99 % of objects in the other region within this time (Replication Time Control). */
const replicationMinutes = 15;
export const replicationRuleId = "other-region";

/**
 * Copies raw mail and snapshots between two regions, both ways. It lies in the primary's stack, which is deployed when
 * both regions' buckets exist: CloudFormation sets the primary's rules, one S3 call each sets the other region's.
 */
export class OtherRegionReplication extends Construct {
  constructor(stack: PenfoldStack, id: string, props: { readonly stores: MailStores; readonly otherRegion: string }) {
    super(stack, id);
    const { otherRegion } = props;
    const outgoing = this.createRole(stack, "OutgoingRole", stack.region, otherRegion);
    const incoming = this.createRole(stack, "IncomingRole", otherRegion, stack.region);
    for (const name of stores) {
      const bucket = props.stores[name].node.defaultChild as CfnBucket;
      bucket.addPropertyOverride("ReplicationConfiguration", configuration(stack, name, outgoing.roleArn, otherRegion, "Id"));
      this.replicateBack(stack, name, incoming, otherRegion);
    }
    acknowledgeHandler(stack, awsCallHandler);
  }

  private replicateBack(stack: PenfoldStack, name: StoreName, role: Role, otherRegion: string): void {
    const call = {
      service: "S3",
      action: "PutBucketReplication",
      region: otherRegion,
      parameters: {
        Bucket: stack.names.bucket(name, otherRegion),
        ReplicationConfiguration: configuration(stack, name, role.roleArn, stack.region, "ID"),
      },
      physicalResourceId: PhysicalResourceId.of(`${name}-replication`),
    };
    const resource = new AwsCustomResource(this, `${name === "mail" ? "Mail" : "State"}Back`, {
      resourceType: "Custom::BucketReplication",
      installLatestAwsSdk: false,
      onUpdate: call,
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({
          actions: ["s3:PutReplicationConfiguration"],
          resources: [`arn:aws:s3:::${stack.names.bucket(name, otherRegion)}`],
        }),
        new PolicyStatement({ actions: ["iam:PassRole"], resources: [role.roleArn] }),
      ]),
    });
    resource.node.addDependency(role, stack.node.findChild("Stores"));
  }

  private createRole(stack: PenfoldStack, id: string, from: string, to: string): Role {
    const role = new Role(this, id, {
      description: `S3 copies mail from ${from} to ${to}`,
      assumedBy: new ServicePrincipal("s3.amazonaws.com", { conditions: { StringEquals: { "aws:SourceAccount": stack.account } } }),
    });
    for (const name of stores) {
      const source = `arn:aws:s3:::${stack.names.bucket(name, from)}`;
      const target = `arn:aws:s3:::${stack.names.bucket(name, to)}/*`;
      role.addToPolicy(allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source));
      role.addToPolicy(allow(["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"], `${source}/*`));
      role.addToPolicy(allow(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], target));
      for (const objects of [`${source}/*`, target])
        acknowledgeWildcard(role, objects, "Every object is copied; keys are not known beforehand.");
    }
    this.allowKey(stack, role, "kms:Decrypt", from);
    this.allowKey(stack, role, "kms:Encrypt", to);
    return role;
  }

  /** The other region's key has an id that this stack cannot know: its alias says which is meant. */
  private allowKey(stack: PenfoldStack, role: Role, action: string, region: string): void {
    const keys = stack.arn("kms", "key/*", region);
    role.addToPolicy(
      new PolicyStatement({
        actions: [action],
        resources: [keys],
        conditions: {
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": stack.names.keyAlias("data") },
          StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` },
        },
      }),
    );
    acknowledgeWildcard(role, keys, "Narrowed by condition to the key that carries the service's alias.");
  }
}

const allow = (actions: string[], resource: string): Statement => new PolicyStatement({ actions, resources: [resource] });

/** The replication configuration of one bucket. S3's API and CloudFormation spell it alike but for the rule's name. */
const configuration = (stack: PenfoldStack, name: StoreName, roleArn: string, to: string, idKey: "ID" | "Id"): object => ({
  Role: roleArn,
  Rules: [
    {
      [idKey]: replicationRuleId,
      Status: "Enabled",
      Priority: 1,
      Filter: { Prefix: "" },
      DeleteMarkerReplication: { Status: "Enabled" },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" } },
      Destination: {
        Bucket: `arn:aws:s3:::${stack.names.bucket(name, to)}`,
        EncryptionConfiguration: { ReplicaKmsKeyID: stack.arn("kms", stack.names.keyAlias("data"), to) },
        ReplicationTime: { Status: "Enabled", Time: { Minutes: replicationMinutes } },
        Metrics: { Status: "Enabled", EventThreshold: { Minutes: replicationMinutes } },
      },
    },
  ],
});
