/** Takes one thing out of a synthesized template, as somebody might forget it in lib/. Throws when it is not there: a test would prove nothing. */
import type { CloudOptions } from "../../../local/cloud.ts";
import type { RawResource, Template } from "../../../local/template/assembly.ts";

export type Mutation = NonNullable<CloudOptions["mutateTemplate"]>;
// biome-ignore lint/suspicious/noExplicitAny: a template's properties are of every shape
type Properties = any;

const changing = (type: string, isMeant: (logicalId: string, properties: Properties) => boolean, change: Change): Mutation => {
  return (template) => {
    const found = Object.entries(template.Resources).filter(
      ([logicalId, { Type, Properties }]) => Type === type && isMeant(logicalId, Properties),
    );
    for (const [logicalId] of found) template = change(template, logicalId);
    return template;
  };
};
type Change = (template: Template, logicalId: string) => Template;

const without =
  (alter: (properties: Properties) => void): Change =>
  (template, logicalId) => {
    const { Properties, ...rest } = template.Resources[logicalId]!;
    const properties = structuredClone(Properties);
    alter(properties);
    return { ...template, Resources: { ...template.Resources, [logicalId]: { ...rest, Properties: properties } as RawResource } };
  };

/** A statement of a function's role, by its Sid. */
export const statement = (stage: string, sid: string): Mutation =>
  changing(
    "AWS::IAM::Policy",
    (logicalId) => logicalId.startsWith(`${pascal(stage)}RoleDefaultPolicy`),
    without(({ PolicyDocument }) => {
      PolicyDocument.Statement = kept(PolicyDocument.Statement, ({ Sid }: { Sid?: string }) => Sid !== sid, `${sid} of ${stage}`);
    }),
  );

const kept = <Item>(items: readonly Item[], keep: (item: Item) => boolean, what: string): Item[] => {
  const left = items.filter(keep);
  if (left.length !== items.length - 1) throw new Error(`The template holds ${what} ${items.length - left.length} times.`);
  return left;
};

/** A variable of a function. */
export const variable = (stage: string, name: string): Mutation =>
  changing(
    "AWS::Lambda::Function",
    (_, { FunctionName }) => FunctionName === `penfold-${stage}`,
    without(({ Environment }) => {
      if (!(name in Environment.Variables)) throw new Error(`${stage} has no variable ${name}.`);
      delete Environment.Variables[name];
    }),
  );

/** A resource that nothing refers to: a mapping, a subscription, a route, a permission. */
export const resource = (type: string, logicalId: string): Mutation =>
  changing(
    type,
    (candidate) => candidate === logicalId,
    (template) => {
      const Resources: Record<string, RawResource> = { ...template.Resources };
      delete Resources[logicalId];
      for (const [name, { DependsOn, ...rest }] of Object.entries(Resources)) {
        const others = [DependsOn ?? []].flat().filter((other) => other !== logicalId);
        Resources[name] = { ...rest, ...(others.length > 0 && { DependsOn: others }) } as RawResource;
      }
      return { ...template, Resources };
    },
  );

/** The mutation, and whether it found what it was to remove. */
export const watched = (mutation: Mutation): { readonly mutateTemplate: Mutation; readonly removed: () => number } => {
  let removed = 0;
  return {
    mutateTemplate: (template, stack) => {
      const changed = mutation(template, stack) ?? template;
      if (changed !== template) removed += 1;
      return changed;
    },
    removed: () => removed,
  };
};

const pascal = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
