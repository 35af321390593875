/** The template's SES properties as this service understands them; strict: a property that is not here stops the start. */
import { z } from "zod";
import { type TemplateResource, UnknownInTemplate } from "../service.ts";

const s3Action = z.strictObject({
  BucketName: z.string(),
  ObjectKeyPrefix: z.string().default(""),
  TopicArn: z.string().optional(),
  IamRoleArn: z.string().optional(),
});
const action = z.strictObject({
  S3Action: s3Action.optional(),
  SNSAction: z.strictObject({ TopicArn: z.string(), Encoding: z.enum(["UTF-8", "Base64"]).default("UTF-8") }).optional(),
  AddHeaderAction: z
    .strictObject({ HeaderName: z.string().regex(/^[A-Za-z0-9-]{1,50}$/), HeaderValue: z.string().regex(/^[^\r\n]{0,2047}$/) })
    .optional(),
  StopAction: z.strictObject({ Scope: z.literal("RuleSet"), TopicArn: z.string().optional() }).optional(),
  BounceAction: z
    .strictObject({
      Sender: z.string(),
      Message: z.string(),
      SmtpReplyCode: z.string().regex(/^\d{3}$/),
      StatusCode: z
        .string()
        .regex(/^\d\.\d{1,3}\.\d{1,3}$/)
        .optional(),
      TopicArn: z.string().optional(),
    })
    .optional(),
});
export type TemplateAction = z.infer<typeof action>;

const flag = z.union([z.boolean(), z.stringbool()]);

export const ruleShape = z.strictObject({
  Name: z.string().optional(),
  Enabled: flag.default(false),
  ScanEnabled: flag.default(false),
  TlsPolicy: z.enum(["Optional", "Require"]).default("Optional"),
  Recipients: z.array(z.string()).max(500).default([]),
  Actions: z.array(action).max(10).default([]),
});

export const identityShape = z.object({
  EmailIdentity: z.string().min(3).max(320),
  DkimAttributes: z.strictObject({ SigningEnabled: flag.optional() }).optional(),
  DkimSigningAttributes: z.strictObject({ NextSigningKeyLength: z.enum(["RSA_1024_BIT", "RSA_2048_BIT"]).optional() }).optional(),
  ConfigurationSetAttributes: z.strictObject({ ConfigurationSetName: z.string().optional() }).optional(),
  MailFromAttributes: z.strictObject({ MailFromDomain: z.string().optional(), BehaviorOnMxFailure: z.string().optional() }).optional(),
});

export const configurationSetShape = z.object({
  Name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
  DeliveryOptions: z
    .strictObject({
      TlsPolicy: z.enum(["REQUIRE", "OPTIONAL", "Require", "Optional"]).optional(),
      SendingPoolName: z.string().optional(),
      MaxDeliverySeconds: z.number().optional(),
    })
    .optional(),
  SendingOptions: z.strictObject({ SendingEnabled: flag.optional() }).optional(),
});

export const eventDestinationShape = z.strictObject({
  Name: z.string().optional(),
  Enabled: flag.default(false),
  MatchingEventTypes: z.array(z.string()).min(1),
  SnsDestination: z.strictObject({ TopicARN: z.string() }),
});

/** Reads a template value or stops the start with the first thing that is wrong with it. */
export const readShape = <Shape extends z.ZodType>(shape: Shape, value: unknown, resource: TemplateResource, at = ""): z.output<Shape> => {
  const outcome = shape.safeParse(value);
  if (outcome.success) return outcome.data;
  const issue = outcome.error.issues[0]!;
  const where = [at, ...issue.path.map(String)].filter(Boolean).join(".");
  throw new UnknownInTemplate(resource, `property ${where || "(whole)"}: ${issue.message}`);
};
