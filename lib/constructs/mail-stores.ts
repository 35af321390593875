import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  HttpMethods,
  ObjectOwnership,
  StorageClass,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { pinLogicalId } from "./pin-logical-id.ts";
import type { ServiceKeys } from "./service-keys.ts";

/** Objects smaller than this never pay for tiering. */
const tierableOctets = 128 * 1024;

/** The buckets: raw mail and uploads, snapshots of account state, and the access logs of both. */
export class MailStores extends Construct {
  readonly mail: Bucket;
  readonly state: Bucket;
  readonly accessLogs: Bucket;

  constructor(stack: PenfoldStack, id: string, props: { readonly keys: ServiceKeys }) {
    super(stack, id);
    const { accessLogDays, replacedObjectDays } = stack.settings.retention;
    const removalPolicy = stack.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const guarded = { blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true, minimumTLSVersion: 1.2, removalPolicy };

    // S3 and CloudFront deliver logs only to buckets with S3's own encryption; CloudFront needs an ACL.
    this.accessLogs = new Bucket(this, "AccessLogsBucket", {
      ...guarded,
      bucketName: stack.names.bucket("access-logs", stack.region),
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ id: "expire", expiration: Duration.days(accessLogDays) }],
    });
    const encrypted: BucketProps = {
      ...guarded,
      encryption: BucketEncryption.KMS,
      encryptionKey: props.keys.data,
      bucketKeyEnabled: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      serverAccessLogsBucket: this.accessLogs,
    };
    const tidy = {
      abortIncompleteMultipartUploadAfter: Duration.days(2),
      noncurrentVersionExpiration: Duration.days(replacedObjectDays),
    };
    this.mail = new Bucket(this, "MailBucket", {
      ...encrypted,
      bucketName: stack.names.bucket("mail", stack.region),
      serverAccessLogsPrefix: "mail/",
      // A large download is a link to S3 that lives minutes and is its own secret; the browser must be let read the answer.
      cors: [
        {
          allowedMethods: [HttpMethods.GET, HttpMethods.HEAD],
          allowedOrigins: ["*"],
          exposedHeaders: ["Content-Disposition"],
          maxAge: 3600,
        },
      ],
      lifecycleRules: [
        { id: "tidy", ...tidy },
        // Parts decoded for a download link that lives minutes.
        { id: "decoded", prefix: "decoded/", expiration: Duration.days(1) },
        {
          id: "tier",
          objectSizeGreaterThan: tierableOctets,
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) }],
        },
      ],
    });
    this.state = new Bucket(this, "StateBucket", {
      ...encrypted,
      bucketName: stack.names.bucket("state", stack.region),
      serverAccessLogsPrefix: "state/",
      lifecycleRules: [{ id: "tidy", ...tidy }],
    });
    pinLogicalId(this.accessLogs, "AccessLogsBucket");
    pinLogicalId(this.mail, "MailBucket");
    pinLogicalId(this.state, "StateBucket");
    // GuardDuty and anything else that must see each object listen to EventBridge; set here so that it does not drift.
    (this.mail.node.defaultChild as CfnBucket).addPropertyOverride(
      "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
      true,
    );
    acknowledge(
      this.mail,
      "CDK writes the size as a number; CloudFormation reads it as the text it wants.",
      "CloudFormation-Validate::W9003",
    );
    this.admitReceipt(stack);
    this.admitWebLogs(stack);
  }

  /** The web bucket lies in a later stack: its access logs are admitted by its name. */
  private admitWebLogs(stack: PenfoldStack): void {
    this.accessLogs.addToResourcePolicy(
      new PolicyStatement({
        sid: "WebBucketLogs",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("logging.s3.amazonaws.com")],
        actions: ["s3:PutObject"],
        resources: [this.accessLogs.arnForObjects("web/*")],
        conditions: { ArnLike: { "aws:SourceArn": stack.bucketArn("web") }, StringEquals: { "aws:SourceAccount": stack.account } },
      }),
    );
  }

  /** SES may store what this account's own receipt rule received, and nothing else may use its name. */
  private admitReceipt(stack: PenfoldStack): void {
    const rule = `receipt-rule-set/${stack.names.receiptRuleSet()}:receipt-rule/${stack.names.receiptRule()}`;
    this.mail.addToResourcePolicy(
      new PolicyStatement({
        sid: "SesStoresMail",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("ses.amazonaws.com")],
        actions: ["s3:PutObject"],
        resources: [this.mail.arnForObjects("inbound/*")],
        conditions: { StringEquals: { "aws:SourceAccount": stack.account, "aws:SourceArn": stack.arn("ses", rule) } },
      }),
    );
  }
}
