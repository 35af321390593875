/** What each function may do, read back from the synthesized templates: for docs/generated/iam.md and the least-privilege tests. */
import type { Environment } from "./environment.ts";
import { penfoldApp } from "./penfold-app.ts";
import { allStages } from "./stage-plan.ts";

interface Right {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Empty when unconditional. */
  readonly condition: string;
}

export interface FunctionRights {
  readonly stage: string;
  readonly rights: readonly Right[];
}

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

const listed = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Rights of every stage's function in the first region of an environment. */
export const functionRights = (environment: Environment): FunctionRights[] => {
  const assembly = penfoldApp(environment).synth();
  const template = assembly.stacks.find((stack) => stack.stackName.startsWith("PenfoldPipeline"))?.template as Template;
  return allStages.map(({ name }) => {
    const made = Object.values(template.Resources).find(
      ({ Type, Properties }) => Type === "AWS::Lambda::Function" && String(Properties.FunctionName).endsWith(`-${name}`),
    );
    const role = logicalIdOf(made?.Properties.Role);
    const policies = Object.values(template.Resources).filter(
      ({ Type, Properties }) =>
        Type === "AWS::IAM::Policy" && (Properties.Roles as unknown[]).some((reference) => logicalIdOf(reference) === role),
    );
    const statements = policies.flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
    return { stage: name, rights: statements.map(readable) };
  });
};

const readable = (statement: Statement): Right => {
  if (statement.Effect !== "Allow") throw new Error("A function's policy denies something; the list of rights does not show denials.");
  return {
    actions: [...listed(statement.Action)].sort(),
    resources: listed(statement.Resource).map(shown).sort(),
    condition: Object.values(statement.Condition ?? {})
      .flatMap((keys) => Object.entries(keys).map(([key, value]) => `${key} = ${shown(value)}`))
      .join(", "),
  };
};

const logicalIdOf = (reference: unknown): string | undefined => {
  const { Ref, "Fn::GetAtt": attribute } = (reference ?? {}) as { Ref?: string; "Fn::GetAtt"?: string[] };
  return Ref ?? attribute?.[0];
};

/** A value with its references named: `MailBucket.Arn`, `SocketApi`. CDK's hashes are left out. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return value;
  const [name, argument] = Object.entries((value ?? {}) as Record<string, unknown>)[0] ?? [];
  switch (name) {
    case "Ref":
      return withoutHash(String(argument));
    case "Fn::GetAtt": {
      const [logicalId, attribute] = argument as [string, string];
      return `${withoutHash(logicalId)}.${attribute}`;
    }
    case "Fn::Join":
      return (argument as [string, unknown[]])[1].map(shown).join("");
    case "Fn::ImportValue": {
      const exported = /ExportsOutput(Ref|FnGetAtt)(.+?)(Arn|StreamArn)?[0-9A-F]{8}$/.exec(String(argument));
      if (!exported) return String(argument);
      return exported[3] ? `${withoutHash(exported[2] as string)}.${exported[3]}` : withoutHash(exported[2] as string);
    }
    default:
      return JSON.stringify(value);
  }
};

const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, "");
