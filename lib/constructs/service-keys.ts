import { RemovalPolicy } from "aws-cdk-lib";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { pinLogicalId } from "./pin-logical-id.ts";

type KeyName = "data" | "transit" | "logs";

const purposes: Record<KeyName, string> = {
  data: "mail, the account log, the directory and traces at rest",
  transit: "queues and topics",
  logs: "logs",
};

/**
 * Customer keys by what they protect, so that a role which may send to a queue cannot read mail.
 * AWS services that act for themselves (not for one of our roles) are named in the key policies, each for this account only.
 */
export class ServiceKeys extends Construct {
  readonly data: Key;
  readonly transit: Key;
  readonly logs: Key;

  constructor(stack: PenfoldStack, id: string) {
    super(stack, id);
    this.data = this.create(stack, "data", "DataKey");
    this.transit = this.create(stack, "transit", "TransitKey");
    this.logs = this.create(stack, "logs", "LogsKey");
    // SES stores received mail in the encrypted bucket.
    const ownAccount = { StringEquals: { "aws:SourceAccount": stack.account } };
    this.allow(this.data, "SesStoresMail", "ses.amazonaws.com", ownAccount);
    this.allow(this.transit, "SesPublishes", "ses.amazonaws.com", ownAccount);
    // These do not say in a call to KMS for whom they act. Whose topic may use a queue is what the queue's policy says.
    this.allow(this.transit, "SnsHandsOn", "sns.amazonaws.com");
    this.allow(this.transit, "CloudWatchRaisesAlarms", "cloudwatch.amazonaws.com");
    this.allow(this.transit, "EventBridgeDeadLetters", "events.amazonaws.com");
    this.logs.addToResourcePolicy(
      new PolicyStatement({
        sid: "CloudWatchLogs",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"],
        resources: ["*"],
        conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": stack.arn("logs", "log-group:*") } },
      }),
    );
  }

  private create(stack: PenfoldStack, name: KeyName, logicalId: string): Key {
    const key = new Key(this, logicalId, {
      alias: stack.names.keyAlias(name),
      description: `Penfold: ${purposes[name]}`,
      enableKeyRotation: true,
      removalPolicy: stack.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    pinLogicalId(key, logicalId);
    return key;
  }

  private allow(key: Key, sid: string, service: string, conditions: Record<string, Record<string, string>> = {}): void {
    key.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(service)],
        actions: ["kms:GenerateDataKey", "kms:Decrypt"],
        resources: ["*"],
        conditions,
      }),
    );
  }
}
