/** Makes the template's SES resources. */
import { type CreatedResource, type ResourceProvider, type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import { type EventDestination, eventTypes, type ReceiptAction, type ReceiptRule, type SendingEventType, type SesModel } from "./model.ts";
import type { DkimKeys } from "./outbound/dkim-keys.ts";
import {
  configurationSetShape,
  eventDestinationShape,
  identityShape,
  readShape,
  ruleShape,
  type TemplateAction,
} from "./template-shapes.ts";

interface Made {
  readonly model: SesModel;
  context(): ServiceContext;
  dkimKeys(): DkimKeys;
}

export const sesResources = (made: Made): Record<string, ResourceProvider> => ({
  "AWS::SES::ReceiptRuleSet": {
    properties: { RuleSetName: "used", Tags: { inert: "tags are for billing" } },
    create: async (resource) => {
      const name = String(resource.properties.RuleSetName ?? resource.physicalName({ maxLength: 64 }));
      if (!made.model.ruleSets.has(name)) made.model.ruleSets.set(name, []);
      return { ref: name, attributes: {} };
    },
  },
  "AWS::SES::ReceiptRule": {
    properties: { RuleSetName: "used", After: "used", Rule: "used" },
    create: async (resource) => createRule(made, resource),
  },
  "AWS::SES::EmailIdentity": {
    properties: {
      EmailIdentity: "used",
      DkimAttributes: "used",
      DkimSigningAttributes: "used",
      ConfigurationSetAttributes: "used",
      MailFromAttributes: "used",
      FeedbackAttributes: { inert: "feedback travels as events of the configuration set" },
      Tags: { inert: "tags are for billing" },
    },
    create: async (resource) => createIdentity(made, resource),
  },
  "AWS::SES::ConfigurationSet": {
    properties: {
      Name: "used",
      DeliveryOptions: "used",
      SendingOptions: "used",
      ReputationOptions: { inert: "there is no sending reputation on a laptop" },
      SuppressionOptions: { inert: "the account's suppression list is not kept; suppressionlist@ shows its effect" },
      TrackingOptions: { inert: "opens and clicks are not tracked" },
      VdmOptions: { inert: "the deliverability dashboard is not served" },
      Tags: { inert: "tags are for billing" },
    },
    create: async (resource) => createConfigurationSet(made, resource),
  },
  "AWS::SES::ConfigurationSetEventDestination": {
    properties: { ConfigurationSetName: "used", EventDestination: "used" },
    create: async (resource) => createEventDestination(made, resource),
  },
});

const arnOf = (made: Made, path: string): string => {
  const { partition, region, accountId } = made.context();
  return `arn:${partition}:ses:${region}:${accountId}:${path}`;
};

const createRule = ({ model, ...made }: Made, resource: TemplateResource): CreatedResource => {
  const ruleSet = String(resource.properties.RuleSetName);
  const rules = model.ruleSets.get(ruleSet);
  if (!rules) throw new UnknownInTemplate(resource, `rule set ${ruleSet} does not exist`);
  const shape = readShape(ruleShape, resource.properties.Rule, resource, "Rule");
  const name = shape.Name ?? resource.physicalName({ maxLength: 64 });
  const rule: ReceiptRule = {
    name,
    arn: arnOf({ model, ...made }, `receipt-rule-set/${ruleSet}:receipt-rule/${name}`),
    enabled: shape.Enabled,
    scanEnabled: shape.ScanEnabled,
    tlsRequired: shape.TlsPolicy === "Require",
    recipients: shape.Recipients,
    actions: shape.Actions.map((action, index) => readAction(action, resource, index)),
  };
  // SES: a rule without After goes to the front of its set.
  const after = resource.properties.After;
  const at = after === undefined ? 0 : rules.findIndex((other) => other.name === after) + 1;
  if (after !== undefined && at === 0)
    throw new UnknownInTemplate(resource, `After names ${String(after)}, which is no rule of ${ruleSet}`);
  rules.splice(at, 0, rule);
  return { ref: name, attributes: {} };
};

const readAction = (action: TemplateAction, resource: TemplateResource, index: number): ReceiptAction => {
  if (Object.keys(action).length !== 1)
    throw new UnknownInTemplate(resource, `property Rule.Actions.${index} must hold exactly one action`);
  const { S3Action: s3, SNSAction: sns, AddHeaderAction: header, StopAction: stop, BounceAction: bounce } = action;
  if (s3)
    return { type: "S3", bucketName: s3.BucketName, objectKeyPrefix: s3.ObjectKeyPrefix, topicArn: s3.TopicArn, roleArn: s3.IamRoleArn };
  if (sns) return { type: "SNS", topicArn: sns.TopicArn, encoding: sns.Encoding };
  if (header) return { type: "AddHeader", headerName: header.HeaderName, headerValue: header.HeaderValue };
  if (stop) return { type: "Stop", scope: stop.Scope, topicArn: stop.TopicArn };
  if (!bounce) throw new UnknownInTemplate(resource, `property Rule.Actions.${index} is no action that the laptop knows`);
  return {
    type: "Bounce",
    sender: bounce.Sender,
    message: bounce.Message,
    smtpReplyCode: bounce.SmtpReplyCode,
    statusCode: bounce.StatusCode,
    topicArn: bounce.TopicArn,
  };
};

const createIdentity = (made: Made, resource: TemplateResource): CreatedResource => {
  const shape = readShape(identityShape, resource.properties, resource);
  const name = shape.EmailIdentity.toLowerCase();
  const signs = !name.includes("@") && shape.DkimAttributes?.SigningEnabled !== false;
  const dkim = signs ? made.dkimKeys().of(name) : null;
  made.model.identities.set(name, {
    name,
    arn: arnOf(made, `identity/${name}`),
    configurationSet: shape.ConfigurationSetAttributes?.ConfigurationSetName,
    mailFromDomain: shape.MailFromAttributes?.MailFromDomain,
    dkim,
  });
  const tokens = (dkim?.selectors ?? []).flatMap((selector, index) => [
    [`DkimDNSTokenName${index + 1}`, `${selector}._domainkey.${name}`],
    [`DkimDNSTokenValue${index + 1}`, `${selector}.dkim.amazonses.com`],
  ]);
  return { ref: name, attributes: Object.fromEntries(tokens) };
};

const createConfigurationSet = (made: Made, resource: TemplateResource): CreatedResource => {
  const shape = readShape(configurationSetShape, resource.properties, resource);
  const name = shape.Name ?? resource.physicalName({ maxLength: 64 });
  made.model.configurationSets.set(name, {
    name,
    arn: arnOf(made, `configuration-set/${name}`),
    sendingEnabled: shape.SendingOptions?.SendingEnabled ?? true,
    tlsRequired: shape.DeliveryOptions?.TlsPolicy?.toUpperCase() === "REQUIRE",
    destinations: new Map(),
  });
  return { ref: name, attributes: {} };
};

const createEventDestination = (made: Made, resource: TemplateResource): CreatedResource => {
  const setName = String(resource.properties.ConfigurationSetName);
  const set = made.model.configurationSets.get(setName);
  if (!set) throw new UnknownInTemplate(resource, `configuration set ${setName} does not exist`);
  const shape = readShape(eventDestinationShape, resource.properties.EventDestination, resource, "EventDestination");
  const name = shape.Name ?? resource.physicalName({ maxLength: 64 });
  const destination: EventDestination = {
    name,
    enabled: shape.Enabled,
    types: new Set(shape.MatchingEventTypes.flatMap((type) => readEventType(type, resource))),
    topicArn: shape.SnsDestination.TopicARN,
  };
  set.destinations.set(name, destination);
  return { ref: `${setName}|${name}`, attributes: { Id: `${setName}|${name}` } };
};

/** "deliveryDelay" (CloudFormation) and "DELIVERY_DELAY" (API) name the same. Opens, clicks and the like never happen here. */
const readEventType = (type: string, resource: TemplateResource): SendingEventType[] => {
  const plain = type.replaceAll("_", "").toLowerCase();
  const known = eventTypes.find((name) => name.toLowerCase() === plain);
  if (known) return [known];
  if (["open", "click", "renderingfailure", "subscription"].includes(plain)) return [];
  throw new UnknownInTemplate(resource, `property EventDestination.MatchingEventTypes: ${type} is no event type`);
};
