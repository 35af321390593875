/** Templates of an environment as CloudFormation would get them, synthesized once a test file. */
import { readFileSync } from "node:fs";
import { type Environment, parseEnvironment } from "../../lib/environment.ts";
import { penfoldApp } from "../../lib/penfold-app.ts";
import { projectPath } from "../../lib/project-path.ts";

export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are what the test asks about
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface Synthesized {
  readonly stacks: ReadonlyMap<string, { readonly terminationProtection: boolean | undefined; readonly region: string }>;
  readonly resources: readonly Resource[];
  ofType(type: string): Resource[];
}

export const exampleFile = (name: string): unknown => JSON.parse(readFileSync(projectPath(`config/${name}.json`), "utf8"));

export const example = (name: string): Environment => parseEnvironment(exampleFile(name), name);

/** Synthesizes with the policy checks on: an unacknowledged finding throws. */
export const synthesize = (environment: Environment): Synthesized => {
  const assembly = penfoldApp(environment).synth();
  const resources = assembly.stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources as Record<string, Omit<Resource, "stack" | "logicalId">>).map(
      ([logicalId, resource]): Resource => ({ ...resource, stack: stack.stackName, logicalId }),
    ),
  );
  return {
    stacks: new Map(
      assembly.stacks.map((stack) => [
        stack.stackName,
        { terminationProtection: stack.terminationProtection, region: stack.environment.region },
      ]),
    ),
    resources,
    ofType: (type) => resources.filter((resource) => resource.Type === type),
  };
};

/** Resolved text of a value in a template, with references by name: for comparing, not for deploying. */
export const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (value && typeof value === "object") {
    const [key, argument] = Object.entries(value)[0] ?? [];
    if (key === "Fn::Join") return (argument as [string, unknown[]])[1].map(textOf).join((argument as [string, unknown[]])[0]);
    if (key === "Fn::GetAtt") return (argument as string[]).join(".");
    if (key === "Ref") return String(argument);
    if (key === "Fn::ImportValue") return textOf(argument).replace(/^[^:]*:ExportsOutput(Ref|FnGetAtt)/, "");
  }
  return JSON.stringify(value);
};
