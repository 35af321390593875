/**
 * The one file that says what a deployment is: domains, regions, alarm address, retention and the few choices.
 * Read with `-c environment=config/x.json`. A wrong or missing value is one sentence: where, what it is, what is accepted.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

/** Retention periods that CloudWatch Logs accepts, in days. */
const logRetentionDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

/** Regions where Amazon SES receives mail and Cognito, GuardDuty and HTTP APIs are all offered. */
const receivingRegions = [
  "af-south-1",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-south-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "il-central-1",
  "me-south-1",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
] as const;

const hostName = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
/** A page that came without TLS could be anyone's, save on one's own machine. */
const browserOrigin =
  /^(https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|http:\/\/(localhost|127\.0\.0\.1))(:\d{1,5})?$/;
const mailAddress = /^[^\s@<>"]{1,64}@([a-z0-9-]+\.)+[a-z0-9-]{2,63}$/i;
const edgeCertificate = /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/;

/** A value with the sentence part that says what is accepted in its place. */
const text = (pattern: RegExp, accepted: string) => z.string({ error: accepted }).regex(pattern, { error: accepted });
const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `one of ${values.map((value) => `"${value}"`).join(", ")}` });
const days = (most: number) => {
  const accepted = `a whole number of days from 1 to ${most}`;
  return z.int({ error: accepted }).min(1, { error: accepted }).max(most, { error: accepted });
};

const domainName = text(hostName, "a domain name in lower case such as mail.example.org");
const address = text(mailAddress, "an e-mail address such as operations@example.org");
const certificateArn = text(edgeCertificate, "the ARN of an ACM certificate in us-east-1, where CloudFront reads it");
const epochAccepted = "a whole number from 1 to 999999, different in each region";

const regionSchema = z.strictObject(
  {
    name: z.enum(receivingRegions, { error: `a region where Amazon SES receives mail: ${receivingRegions.join(", ")}` }),
    role: oneOf(["primary", "secondary"]),
    /** The epoch that this region's log entries are written under; raised at a takeover. */
    epoch: z.int({ error: epochAccepted }).min(1, { error: epochAccepted }).max(999_999, { error: epochAccepted }),
  },
  { error: 'an object with "name", "role" and "epoch"' },
);

const environmentSchema = z
  .strictObject(
    {
      serviceName: text(
        /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/,
        "3 to 20 characters of a-z, 0-9 and hyphen, beginning with a letter (it begins every resource's name)",
      ),
      account: text(/^\d{12}$/, "an AWS account number of 12 digits, or nothing to take the one you deploy with").optional(),
      regions: z
        .array(regionSchema, { error: "a list of one or two regions" })
        .min(1, { error: "one or two regions" })
        .max(2, { error: "one or two regions" }),
      domains: z
        .array(domainName, { error: "a list of the domains that receive mail" })
        .min(1, { error: "at least one domain" })
        .max(100, { error: "at most 100 domains (Amazon SES takes 100 recipients a receipt rule)" }),
      hostedZone: z.union([z.literal("none"), z.strictObject({ id: text(/^Z[A-Z0-9]{5,31}$/, "a Route 53 zone id"), name: domainName })], {
        error: '"none", or an object with the "id" (Z…) and "name" of a Route 53 hosted zone',
      }),
      web: z
        .strictObject({ domain: domainName, certificateArn }, { error: 'an object with "domain" and "certificateArn", or nothing' })
        .optional(),
      mtaSts: z
        .strictObject(
          { mode: oneOf(["testing", "enforce"]), certificateArn },
          { error: 'an object with "mode" and "certificateArn", or nothing to publish no MTA-STS policy' },
        )
        .optional(),
      dmarcPolicy: oneOf(["none", "quarantine", "reject"]).default("none"),
      publicEndpoint: oneOf(["web", "api"]),
      browserOrigins: z
        .array(text(browserOrigin, "an origin such as https://calendar.example.org, without a path (http only for this machine)"), {
          error: "a list of origins, empty when none but the webmail's own may call the API from a browser",
        })
        .max(20, { error: "at most 20 origins" }),
      pushToLoopback: z.boolean({ error: "true (push subscriptions may name this machine; for the laptop only) or false" }).default(false),
      alarmAddress: address,
      reportAddress: address,
      retention: z.strictObject(
        {
          logDays: z.union(
            logRetentionDays.map((value) => z.literal(value)),
            { error: `one of the periods CloudWatch Logs knows: ${logRetentionDays.join(", ")}` },
          ),
          accessLogDays: days(3650),
          replacedObjectDays: days(3650),
        },
        { error: 'an object with "logDays", "accessLogDays" and "replacedObjectDays"' },
      ),
      unknownRecipient: oneOf(["drop", "bounce"]),
      removalProtection: z.boolean({ error: "true (keeps data when a stack is deleted) or false (for throw-away test deployments only)" }),
      logLevel: oneOf(["DEBUG", "INFO", "WARN", "ERROR"]),
    },
    { error: "a JSON object" },
  )
  .superRefine((environment, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const [first, second] = environment.regions;
    if (first?.role !== "primary") refuse(["regions", 0, "role"], '"primary" for the first region');
    if (second !== undefined) {
      if (second.role !== "secondary") refuse(["regions", 1, "role"], '"secondary" for the second region');
      if (second.name === first?.name) refuse(["regions", 1, "name"], "a region other than the first");
      if (second.epoch === first?.epoch) refuse(["regions", 1, "epoch"], epochAccepted);
    }
    const { web, hostedZone } = environment;
    if (web && (environment.domains.includes(web.domain) || (hostedZone !== "none" && hostedZone.name === web.domain))) {
      refuse(["web", "domain"], "a name below the mail domain such as webmail.mail.example.org, because it becomes a CNAME");
    }
    environment.domains.forEach((domain, index) => {
      if (environment.domains.indexOf(domain) !== index) refuse(["domains", index], "each domain once");
      const zone = environment.hostedZone;
      if (zone !== "none" && !isWithin(domain, zone.name)) {
        refuse(["domains", index], `a domain in the hosted zone ${zone.name}, or "hostedZone": "none"`);
      }
    });
  });

export type Environment = z.infer<typeof environmentSchema>;
export type EnvironmentRegion = Environment["regions"][number];

/** True when `domain` is `zone` or lies below it. */
export const isWithin = (domain: string, zone: string): boolean => domain === zone || domain.endsWith(`.${zone}`);

/** Something in the environment file is missing or wrong. The message is the whole sentence. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

const shown = (value: unknown): string => (value === undefined ? "missing" : JSON.stringify(value).slice(0, 80));

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], root);

const dotted = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, key) => (typeof key === "number" ? `${name}[${key}]` : name ? `${name}.${String(key)}` : String(key)), "");

/** Checks what an environment file holds; throws EnvironmentError with a sentence for the first fault. */
export const parseEnvironment = (value: unknown, source: string): Environment => {
  const outcome = environmentSchema.safeParse(value);
  if (outcome.success) return outcome.data;
  const issue = outcome.error.issues[0];
  if (issue === undefined) throw new EnvironmentError(`${source} is not an environment file.`);
  if (issue.code === "unrecognized_keys") {
    const name = dotted([...issue.path, issue.keys[0] ?? ""]);
    throw new EnvironmentError(`${source}: "${name}" is not a setting; docs and config/ list those that are accepted.`);
  }
  const name = dotted(issue.path);
  const found = shown(valueAt(value, issue.path));
  throw new EnvironmentError(
    name === "" ? `${source} must hold ${issue.message}.` : `${source}: "${name}" is ${found}; accepted is ${issue.message}.`,
  );
};

/** Reads and checks an environment file. */
export const readEnvironment = (path: string | undefined): Environment => {
  if (!path) throw new EnvironmentError("No environment file is named; give one with -c environment=config/example-one-region.json.");
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (cause) {
    throw new EnvironmentError(`${path} cannot be read; -c environment= must name a JSON file such as config/example-one-region.json.`, {
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw new EnvironmentError(`${path} is not JSON; compare it with config/example-one-region.json.`, { cause });
  }
  return parseEnvironment(value, path);
};
