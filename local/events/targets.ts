import { deliver, sendAsRole } from "../deliver.ts";
import { type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";

/** A target of a rule or schedule. */
export interface Target {
  readonly arn: string;
  readonly roleArn: string | null;
  readonly input: string | null;
  readonly inputPath: string | null;
  readonly deadLetterArn: string | null;
  readonly maximumRetries: number;
}

interface TargetProperties {
  Id?: string;
  Arn: string;
  RoleArn?: string;
  Input?: string;
  InputPath?: string;
  DeadLetterConfig?: { Arn?: string };
  RetryPolicy?: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number };
}

const known = new Set(["Id", "Arn", "RoleArn", "Input", "InputPath", "DeadLetterConfig", "RetryPolicy"]);
const reachable = new Set(["sqs", "sns", "lambda"]);

export function readTarget(resource: TemplateResource, value: unknown): Target {
  const target = value as TargetProperties;
  for (const name of Object.keys(target)) {
    if (!known.has(name)) throw new UnknownInTemplate(resource, `the target property ${name} is not known to the laptop cloud`);
  }
  if (!reachable.has(target.Arn.split(":")[2] ?? ""))
    throw new UnknownInTemplate(resource, `targets such as ${target.Arn} are not known to the laptop cloud`);
  return {
    arn: target.Arn,
    roleArn: target.RoleArn ?? null,
    input: target.Input ?? null,
    inputPath: target.InputPath ?? null,
    deadLetterArn: target.DeadLetterConfig?.Arn ?? null,
    maximumRetries: target.RetryPolicy?.MaximumRetryAttempts ?? 185,
  };
}

/** Sends an event to a target, as the target's role where it has one, else as EventBridge for the rule; what fails goes to the dead-letter queue. */
export async function fire(
  context: ServiceContext,
  target: Target,
  event: object,
  source: { service: string; arn: string },
): Promise<void> {
  const body = target.input ?? JSON.stringify(target.inputPath ? atPath(event, target.inputPath) : event);
  const caller = { service: source.service, sourceArn: source.arn };
  try {
    if (target.roleArn) await sendAsRole(context, target.roleArn, target.arn, body);
    else await deliver(context, target.arn, body, caller);
  } catch (error) {
    context.log.error("a target of a rule could not be reached", { rule: source.arn, target: target.arn, reason: String(error) });
    if (target.deadLetterArn) await context.port("queues").send(target.deadLetterArn, { body }, caller);
  }
}

/** `$.detail.x` */
function atPath(event: object, path: string): unknown {
  const names = path
    .replace(/^\$\.?/, "")
    .split(".")
    .filter((name) => name !== "");
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], event);
}
