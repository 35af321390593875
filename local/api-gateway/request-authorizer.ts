import { z } from "zod";
import type { InvokeOutcome } from "../ports.ts";

/** What a Lambda authoriser said. `context` reaches the integration. */
export type AuthorizerOutcome =
  | { verdict: "allow"; context: Record<string, unknown>; principalId?: string }
  | { verdict: "deny" }
  | { verdict: "unauthorized" }
  | { verdict: "failed" };

const context = z.record(z.string(), z.unknown()).nullish();
const simpleSchema = z.object({ isAuthorized: z.boolean(), context });
const list = z.union([z.string(), z.array(z.string())]);
const policySchema = z.object({
  principalId: z.coerce.string(),
  policyDocument: z.object({
    Statement: z.array(z.object({ Effect: z.enum(["Allow", "Deny"]), Action: list, Resource: list })),
  }),
  context,
});

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "s",
  );

/** Developer guide, "API Gateway Lambda authorizers": an IAM policy for execute-api:Invoke on the method, or the simple form of HTTP APIs. */
export function readAuthorizer(outcome: InvokeOutcome, methodArn: string, simple: boolean): AuthorizerOutcome {
  if (outcome.outcome === "refused") return { verdict: "failed" };
  if (outcome.outcome === "failed") return { verdict: errorMessageOf(outcome.payload) === "Unauthorized" ? "unauthorized" : "failed" };
  let answer: unknown;
  try {
    answer = JSON.parse(outcome.payload);
  } catch {
    return { verdict: "failed" };
  }
  if (simple) {
    const parsed = simpleSchema.safeParse(answer);
    if (!parsed.success) return { verdict: "failed" };
    return parsed.data.isAuthorized ? { verdict: "allow", context: parsed.data.context ?? {} } : { verdict: "deny" };
  }
  const parsed = policySchema.safeParse(answer);
  if (!parsed.success) return { verdict: "failed" };
  const matching = parsed.data.policyDocument.Statement.filter(
    (statement) =>
      [statement.Action].flat().some((action) => wildcard(action).test("execute-api:Invoke")) &&
      [statement.Resource].flat().some((resource) => wildcard(resource).test(methodArn)),
  );
  const allowed = matching.length > 0 && matching.every((statement) => statement.Effect === "Allow");
  return allowed ? { verdict: "allow", context: parsed.data.context ?? {}, principalId: parsed.data.principalId } : { verdict: "deny" };
}

function errorMessageOf(payload: string): unknown {
  try {
    return (JSON.parse(payload) as { errorMessage?: unknown }).errorMessage;
  } catch {
    return undefined;
  }
}
