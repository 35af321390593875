import type { PolicyDocument, TemplateResource } from "../service.ts";
import { UnknownInTemplate } from "../service.ts";
import type { Bucket, CorsRule, NotificationTarget } from "./bucket.ts";

type Properties = Readonly<Record<string, unknown>>;
const list = (value: unknown): Properties[] => (Array.isArray(value) ? (value as Properties[]) : []);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** `AWS::S3::Bucket` properties and what becomes of each. */
export const bucketProperties = {
  BucketName: "used",
  BucketEncryption: "used",
  VersioningConfiguration: "used",
  CorsConfiguration: "used",
  NotificationConfiguration: "used",
  LifecycleConfiguration: { inert: "nothing is expired or tiered on a laptop: remove the data folder instead" },
  PublicAccessBlockConfiguration: { inert: "nothing here is public: each call needs a signature or an origin access control" },
  OwnershipControls: { inert: "one account owns everything, access control lists are not served" },
  LoggingConfiguration: { inert: "the gateway's log shows each call" },
  ReplicationConfiguration: { inert: "a second region is a second laptop cloud; its replicator copies the objects" },
  IntelligentTieringConfigurations: { inert: "there is one storage class on a laptop" },
  MetricsConfigurations: { inert: "request metrics are not collected on a laptop" },
  Tags: { inert: "bucket tags are for cost reports" },
} as const;

/** The bucket's name is stable over starts, so its objects are found again. */
export function bucketFromTemplate(resource: TemplateResource, createdMs: number): Bucket {
  const { properties } = resource;
  const encryption = encryptionOf(resource);
  const notifications = (properties.NotificationConfiguration ?? {}) as Properties;
  return {
    name: String(properties.BucketName ?? resource.physicalName({ maxLength: 63, lowerCase: true })),
    versioning: versioningOf(resource),
    kmsKeyArn: encryption.kmsKeyArn,
    bucketKeyEnabled: encryption.bucketKeyEnabled,
    cors: list((properties.CorsConfiguration as Properties | undefined)?.CorsRules).map(corsRuleOf),
    notifications: [
      ...list(notifications.TopicConfigurations).map((one) => targetOf("topic", one, "Topic")),
      ...list(notifications.QueueConfigurations).map((one) => targetOf("queue", one, "Queue")),
      ...list(notifications.LambdaConfigurations).map((one) => targetOf("function", one, "Function")),
    ],
    eventBridge: notifications.EventBridgeConfiguration !== undefined,
    policy: null,
    createdMs,
  };
}

function versioningOf(resource: TemplateResource): Bucket["versioning"] {
  const status = (resource.properties.VersioningConfiguration as Properties | undefined)?.Status;
  switch (status) {
    case undefined:
      return "off";
    case "Enabled":
      return "enabled";
    case "Suspended":
      return "suspended";
    default:
      throw new UnknownInTemplate(resource, `VersioningConfiguration.Status is ${String(status)}, not Enabled or Suspended`);
  }
}

function encryptionOf(resource: TemplateResource): { kmsKeyArn: string | null; bucketKeyEnabled: boolean } {
  const rule = list((resource.properties.BucketEncryption as Properties | undefined)?.ServerSideEncryptionConfiguration)[0];
  const byDefault = rule?.ServerSideEncryptionByDefault as Properties | undefined;
  const algorithm = byDefault?.SSEAlgorithm;
  if (algorithm === undefined || algorithm === "AES256") return { kmsKeyArn: null, bucketKeyEnabled: false };
  if (algorithm !== "aws:kms")
    throw new UnknownInTemplate(resource, `BucketEncryption uses ${String(algorithm)}; AES256 and aws:kms are known`);
  return { kmsKeyArn: String(byDefault?.KMSMasterKeyID ?? "alias/aws/s3"), bucketKeyEnabled: rule?.BucketKeyEnabled === true };
}

const corsRuleOf = (rule: Properties): CorsRule => ({
  allowedOrigins: strings(rule.AllowedOrigins),
  allowedMethods: strings(rule.AllowedMethods),
  allowedHeaders: strings(rule.AllowedHeaders),
  exposedHeaders: strings(rule.ExposedHeaders),
  maxAgeSeconds: rule.MaxAge === undefined ? null : Number(rule.MaxAge),
});

/** One entry of AWS::S3::Bucket's NotificationConfiguration. */
function targetOf(kind: NotificationTarget["kind"], entry: Properties, arnProperty: string): NotificationTarget {
  const rules = list(((entry.Filter as Properties | undefined)?.S3Key as Properties | undefined)?.Rules);
  return { id: String(entry.Id ?? kind), kind, arn: String(entry[arnProperty]), events: [String(entry.Event)], ...filterOf(rules) };
}

const filterOf = (rules: Properties[]): { prefix: string; suffix: string } => {
  const value = (name: string) => String(rules.find((rule) => String(rule.Name).toLowerCase() === name)?.Value ?? "");
  return { prefix: value("prefix"), suffix: value("suffix") };
};

/** `Custom::S3BucketNotifications`, by which CDK sets notifications with PutBucketNotificationConfiguration's JSON. */
export function applyBucketNotifications(bucket: Bucket, properties: Properties): void {
  const configuration = (properties.NotificationConfiguration ?? {}) as Properties;
  const targets = (name: string, kind: NotificationTarget["kind"], arn: string): NotificationTarget[] =>
    list(configuration[name]).map((entry) => {
      const rules = list(((entry.Filter as Properties | undefined)?.Key as Properties | undefined)?.FilterRules);
      return { id: String(entry.Id ?? kind), kind, arn: String(entry[arn]), events: strings(entry.Events), ...filterOf(rules) };
    });
  bucket.notifications.push(
    ...targets("TopicConfigurations", "topic", "TopicArn"),
    ...targets("QueueConfigurations", "queue", "QueueArn"),
    ...targets("LambdaFunctionConfigurations", "function", "LambdaFunctionArn"),
  );
  if (configuration.EventBridgeConfiguration !== undefined) bucket.eventBridge = true;
}

export const policyOf = (properties: Properties): PolicyDocument => properties.PolicyDocument as PolicyDocument;
