import { CfnMalwareProtectionPlan } from "aws-cdk-lib/aws-guardduty";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  CfnConfigurationSet,
  CfnConfigurationSetEventDestination,
  CfnEmailIdentity,
  CfnReceiptRule,
  CfnReceiptRuleSet,
} from "aws-cdk-lib/aws-ses";
import { CfnSubscription, Topic } from "aws-cdk-lib/aws-sns";
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import type { Construct } from "constructs";
import { acknowledgeWildcard } from "../acknowledge.ts";
import { acknowledgeHandler, awsCallHandler } from "../constructs/custom-resource-handlers.ts";
import { StageQueue } from "../constructs/stage-queue.ts";
import { ZoneRecords } from "../constructs/zone-records.ts";
import { bounceDomain, domainRecords, sendingRecords } from "../dns-plan.ts";
import { queueStage } from "../stage-plan.ts";
import type { DataStack } from "./data-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

export interface InboundStackProps extends PenfoldStackProps {
  readonly data: DataStack;
}

/** Where mail comes in, and where news of sent mail comes back: SES on one side, the parse and feedback queues on the other. */
export class InboundStack extends PenfoldStack {
  readonly queues: { readonly parse: StageQueue; readonly feedback: StageQueue };
  private readonly data: DataStack;

  constructor(scope: Construct, props: InboundStackProps) {
    super(scope, "Inbound", "receiving mail and delivery feedback", props);
    this.data = props.data;
    this.queues = { parse: this.createQueue("parse"), feedback: this.createQueue("feedback") };
    const received = this.createTopic("ReceivedTopic", "Received mail", this.queues.parse);
    const events = this.createTopic("FeedbackTopic", "Delivery, bounce and complaint events", this.queues.feedback);
    this.createOutbound(events);
    this.settings.domains.forEach((domain, index) => {
      const identity = this.createIdentity(domain, index);
      const everywhere = this.isPrimary ? domainRecords(this.settings, domain) : [];
      new ZoneRecords(this, `Records${index + 1}`, [...everywhere, ...sendingRecords(domain, this.place, dkimRecords(identity))]);
    });
    this.createReceipt(received);
    this.createMalwarePlan();
  }

  private createQueue(name: "parse" | "feedback"): StageQueue {
    const stage = queueStage(name);
    return new StageQueue(this, `${name[0]?.toUpperCase()}${name.slice(1)}Queue`, {
      queue: name,
      keyArn: this.data.keys.transit.keyArn,
      timeoutSeconds: stage.timeoutSeconds,
      maxReceives: stage.trigger.maxReceives,
    });
  }

  /** A topic that only this account's SES publishes to, handed on raw to one queue. */
  private createTopic(id: string, displayName: string, target: StageQueue): Topic {
    const topic = new Topic(this, id, {
      displayName: `Penfold: ${displayName}`,
      masterKey: Key.fromKeyArn(this, `${id}Key`, this.data.keys.transit.keyArn),
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "SesPublishes",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("ses.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": this.account } },
      }),
    );
    target.queue.addToResourcePolicy(
      new PolicyStatement({
        sid: "TopicHandsOn",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("sns.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [target.queue.queueArn],
        conditions: { ArnEquals: { "aws:SourceArn": topic.topicArn } },
      }),
    );
    target.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        sid: "TopicDeadLetters",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("sns.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [target.deadLetters.queueArn],
        conditions: { ArnEquals: { "aws:SourceArn": topic.topicArn } },
      }),
    );
    new CfnSubscription(this, `${id}Subscription`, {
      topicArn: topic.topicArn,
      protocol: "sqs",
      endpoint: target.queue.queueArn,
      rawMessageDelivery: true,
      redrivePolicy: { deadLetterTargetArn: target.deadLetters.queueArn },
    });
    return topic;
  }

  private createOutbound(events: Topic): void {
    const set = new CfnConfigurationSet(this, "ConfigurationSet", {
      name: this.names.configurationSet(),
      reputationOptions: { reputationMetricsEnabled: true },
      sendingOptions: { sendingEnabled: true },
      // Bounced and complaining addresses are recorded by us per sender; a bounce must not silence an address for everyone.
      suppressionOptions: { suppressedReasons: [] },
      deliveryOptions: { tlsPolicy: "OPTIONAL" },
    });
    const destination = new CfnConfigurationSetEventDestination(this, "ConfigurationSetEvents", {
      configurationSetName: this.names.configurationSet(),
      eventDestination: {
        name: "feedback",
        enabled: true,
        matchingEventTypes: ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY"],
        snsDestination: { topicArn: events.topicArn },
      },
    });
    destination.node.addDependency(set, events);
  }

  private createIdentity(domain: string, index: number): CfnEmailIdentity {
    const identity = new CfnEmailIdentity(this, `Domain${index + 1}`, {
      emailIdentity: domain,
      dkimAttributes: { signingEnabled: true },
      dkimSigningAttributes: { nextSigningKeyLength: "RSA_2048_BIT" },
      configurationSetAttributes: { configurationSetName: this.names.configurationSet() },
      feedbackAttributes: { emailForwardingEnabled: false },
      mailFromAttributes: { mailFromDomain: bounceDomain(domain, this.place.role), behaviorOnMxFailure: "USE_DEFAULT_VALUE" },
    });
    identity.node.addDependency(this.node.findChild("ConfigurationSet"));
    return identity;
  }

  private createReceipt(topic: Topic): void {
    const ruleSet = new CfnReceiptRuleSet(this, "ReceiptRuleSet", { ruleSetName: this.names.receiptRuleSet() });
    const rule = new CfnReceiptRule(this, "ReceiptRule", {
      ruleSetName: ruleSet.ref,
      rule: {
        name: this.names.receiptRule(),
        enabled: true,
        recipients: [...this.settings.domains],
        scanEnabled: true,
        // Enforcing TLS on inbound mail would lose clinical mail: accept and mark.
        tlsPolicy: "Optional",
        actions: [{ s3Action: { bucketName: this.data.stores.mail.bucketName, objectKeyPrefix: "inbound/", topicArn: topic.topicArn } }],
      },
    });
    rule.node.addDependency(topic);
    // CloudFormation cannot choose the active rule set; one SES call does.
    const activation = new AwsCustomResource(this, "ActiveReceiptRuleSet", {
      resourceType: "Custom::ActiveReceiptRuleSet",
      installLatestAwsSdk: false,
      onUpdate: {
        service: "SES",
        action: "SetActiveReceiptRuleSet",
        parameters: { RuleSetName: ruleSet.ref },
        physicalResourceId: PhysicalResourceId.of("active-receipt-rule-set"),
      },
      onDelete: { service: "SES", action: "SetActiveReceiptRuleSet", parameters: {} },
      policy: AwsCustomResourcePolicy.fromStatements([new PolicyStatement({ actions: ["ses:SetActiveReceiptRuleSet"], resources: ["*"] })]),
    });
    activation.node.addDependency(rule);
    acknowledgeWildcard(activation, "*", "SES has no resource types for SetActiveReceiptRuleSet.");
    acknowledgeHandler(this, awsCallHandler);
  }

  /** GuardDuty looks at each new object once and leaves its verdict as a tag, which the scan stage reads. */
  private createMalwarePlan(): void {
    const { mail } = this.data.stores;
    const objects = `${this.bucketArn("mail")}/*`;
    const managedRule = this.arn("events", "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*");
    const role = new Role(this, "MalwareScannerRole", {
      description: "GuardDuty Malware Protection reads new mail and tags it with its verdict",
      assumedBy: new ServicePrincipal("malware-protection-plan.guardduty.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": this.account } },
      }),
    });
    const allow = (sid: string, actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
      role.addToPolicy(new PolicyStatement({ sid, actions, resources, conditions }));
    allow("ManageRule", ["events:PutRule", "events:DeleteRule", "events:PutTargets", "events:RemoveTargets"], [managedRule], {
      StringLike: { "events:ManagedBy": "malware-protection-plan.guardduty.amazonaws.com" },
    });
    allow("WatchRule", ["events:DescribeRule", "events:ListTargetsByRule"], [managedRule]);
    allow(
      "TagObjects",
      ["s3:PutObjectTagging", "s3:GetObjectTagging", "s3:PutObjectVersionTagging", "s3:GetObjectVersionTagging"],
      [objects],
    );
    allow("ReadObjects", ["s3:GetObject", "s3:GetObjectVersion"], [objects]);
    allow("WatchBucket", ["s3:PutBucketNotification", "s3:GetBucketNotification", "s3:ListBucket"], [mail.bucketArn]);
    allow("ProveOwnership", ["s3:PutObject"], [mail.arnForObjects("malware-protection-resource-validation-object")]);
    allow("Decrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [this.data.keys.data.keyArn], {
      StringEquals: { "kms:ViaService": `s3.${this.region}.amazonaws.com` },
    });
    const plan = new CfnMalwareProtectionPlan(this, "MalwareProtectionPlan", {
      role: role.roleArn,
      protectedResource: { s3Bucket: { bucketName: mail.bucketName, objectPrefixes: ["inbound/", "submitted/", "upload/"] } },
      actions: { tagging: { status: "ENABLED" } },
    });
    plan.node.addDependency(role);
    acknowledgeWildcard(role, managedRule, "GuardDuty names its rule itself, with this beginning.");
    acknowledgeWildcard(role, objects, "Every object of the mail bucket is scanned, and tagged with the verdict.");
  }
}

/** Names and values of the three DKIM records that SES asks for. */
const dkimRecords = (identity: CfnEmailIdentity): { name: string; value: string }[] => [
  { name: identity.attrDkimDnsTokenName1, value: identity.attrDkimDnsTokenValue1 },
  { name: identity.attrDkimDnsTokenName2, value: identity.attrDkimDnsTokenValue2 },
  { name: identity.attrDkimDnsTokenName3, value: identity.attrDkimDnsTokenValue3 },
];
