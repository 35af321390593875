import type { PolicyDocument, PolicyStatement } from "../service.ts";
import { conditionsHold, type RequestContext } from "./conditions.ts";
import { matchesPattern } from "./pattern.ts";

export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** Who is matched against the Principal of a resource policy: ARNs for "AWS", a name for "Service". */
export interface PolicyPrincipal {
  readonly arns: readonly string[];
  readonly service?: string;
}

export type Verdict = "allow" | "deny" | "silent";

/** What one policy says: an explicit deny wins over any allow; silence is neither. */
export function evaluatePolicies(policies: readonly PolicyDocument[], question: Question, principal: PolicyPrincipal | null): Verdict {
  let verdict: Verdict = "silent";
  for (const policy of policies) {
    for (const statement of [policy.Statement].flat()) {
      if (!applies(statement, question, principal)) continue;
      if (statement.Effect === "Deny") return "deny";
      verdict = "allow";
    }
  }
  return verdict;
}

function applies(statement: PolicyStatement, question: Question, principal: PolicyPrincipal | null): boolean {
  return (
    (principal === null || principalMatches(statement, principal)) &&
    actionMatches(statement, question.action) &&
    resourceMatches(statement, question) &&
    (statement.Condition === undefined || conditionsHold(statement.Condition, question.context))
  );
}

/** Actions are matched without regard to case. */
function actionMatches(statement: PolicyStatement, action: string): boolean {
  const lower = action.toLowerCase();
  const any = (patterns: string | readonly string[]) => [patterns].flat().some((pattern) => matchesPattern(pattern.toLowerCase(), lower));
  if (statement.Action !== undefined) return any(statement.Action);
  return statement.NotAction !== undefined && !any(statement.NotAction);
}

function resourceMatches(statement: PolicyStatement, question: Question): boolean {
  const any = (patterns: string | readonly string[]) =>
    [patterns].flat().some((pattern) => matchesPattern(withVariables(pattern, question.context), question.resource));
  if (statement.Resource !== undefined) return any(statement.Resource);
  return statement.NotResource !== undefined && !any(statement.NotResource);
}

/** Policy variables: `${aws:PrincipalTag/x}` and the like; one that the request does not carry matches nothing. */
function withVariables(pattern: string, context: RequestContext): string {
  if (!pattern.includes("${")) return pattern;
  return pattern.replace(/\$\{([^}]+)\}/g, (_match, name: string) => String([context[name] ?? "\u0000"].flat()[0]));
}

function principalMatches(statement: PolicyStatement, principal: PolicyPrincipal): boolean {
  const stated = statement.Principal;
  if (stated === undefined) return false;
  if (stated === "*") return true;
  const aws = [stated.AWS ?? []].flat();
  if (aws.some((pattern) => pattern === "*" || principal.arns.includes(pattern))) return true;
  return principal.service !== undefined && [stated.Service ?? []].flat().includes(principal.service);
}
