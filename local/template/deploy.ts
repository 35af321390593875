import { createHash } from "node:crypto";
import { type CreatedResource, type LocalService, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { Assembly, AssemblyStack, RawResource } from "./assembly.ts";
import { inertTypes } from "./inert.ts";
import { isTrue, resolveValue, type Scope } from "./intrinsics.ts";
import { referencesOf } from "./references.ts";

/** A resource that stands, with what it resolved to. */
export interface DeployedResource extends CreatedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Deployed {
  readonly resources: readonly DeployedResource[];
  /** Outputs by stack, then by name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Makes every resource of the assembly with the services' providers, each after what it refers to. */
export async function deploy(assembly: Assembly, services: readonly LocalService[]): Promise<Deployed> {
  const deployment = new Deployment(assembly, services);
  await deployment.createAll();
  return { resources: [...deployment.created.values()], outputs: deployment.outputs() };
}

class Deployment {
  readonly created = new Map<string, DeployedResource>();
  readonly #assembly: Assembly;
  readonly #services: readonly LocalService[];
  readonly #exports = new Map<string, { stack: AssemblyStack; value: unknown }>();
  /** Resources being created now, outermost first: a repeat is a circle. */
  readonly #path: string[] = [];

  constructor(assembly: Assembly, services: readonly LocalService[]) {
    this.#assembly = assembly;
    this.#services = services;
    for (const stack of assembly.stacks) {
      for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
        if (!output.Export) continue;
        const exported = resolveValue(output.Export.Name, this.#scope(stack, { logicalId: name, type: "Output" }));
        this.#exports.set(String(exported), { stack, value: output.Value });
      }
    }
  }

  async createAll(): Promise<void> {
    this.#checkTypes();
    for (const stack of this.#assembly.stacks) {
      for (const logicalId of Object.keys(stack.template.Resources)) await this.#create(stack, logicalId);
    }
  }

  outputs(): Record<string, Record<string, string>> {
    const all: Record<string, Record<string, string>> = {};
    for (const stack of this.#assembly.stacks) {
      const outputs: Record<string, string> = {};
      for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
        const scope = this.#scope(stack, { logicalId: name, type: "Output" });
        if (output.Condition && !scope.condition(output.Condition)) continue;
        outputs[name] = String(resolveValue(output.Value, scope));
      }
      all[stack.name] = outputs;
    }
    return all;
  }

  /** Before anything is made: every type and every property must be known. */
  #checkTypes(): void {
    for (const stack of this.#assembly.stacks) {
      for (const [logicalId, raw] of Object.entries(stack.template.Resources)) {
        const where = { stack: stack.name, logicalId, type: raw.Type };
        if (inertTypes[raw.Type] || isAwsCall(raw)) continue;
        const provider = this.#providerOf(raw.Type);
        if (!provider) throw new UnknownInTemplate(where, "this resource type is not known to the laptop cloud");
        for (const name of Object.keys(raw.Properties ?? {})) {
          if (!provider.properties[name]) throw new UnknownInTemplate(where, `the property ${name} is not known to the laptop cloud`);
        }
      }
    }
  }

  async #create(stack: AssemblyStack, logicalId: string): Promise<void> {
    const key = keyOf(stack, logicalId);
    const raw = stack.template.Resources[logicalId];
    if (!raw || this.created.has(key)) return;
    const where = { stack: stack.name, logicalId, type: raw.Type };
    if (this.#path.includes(key)) {
      throw new UnknownInTemplate(where, `it depends on itself through ${[...this.#path.slice(this.#path.indexOf(key)), key].join(" → ")}`);
    }
    const scope = this.#scope(stack, { logicalId, type: raw.Type });
    if (raw.Condition && !scope.condition(raw.Condition)) return;
    this.#path.push(key);
    await this.#createDependencies(stack, raw);
    this.#path.pop();
    const properties = resolveValue(raw.Properties ?? {}, scope) as Record<string, unknown>;
    const resource = templateResource(where, properties);
    const made = isAwsCall(raw) ? await this.#customCall(resource) : await this.#make(resource);
    this.created.set(key, { ...where, properties, ...made });
  }

  async #createDependencies(stack: AssemblyStack, raw: RawResource): Promise<void> {
    const { names, imports } = referencesOf(raw.Properties ?? {});
    for (const name of raw.DependsOn === undefined ? [] : [raw.DependsOn].flat()) names.add(name);
    for (const name of names) await this.#create(stack, name);
    for (const name of imports) {
      const exported = this.#exports.get(name);
      if (!exported) continue;
      for (const reference of referencesOf(exported.value).names) await this.#create(exported.stack, reference);
    }
  }

  async #make(resource: TemplateResource): Promise<CreatedResource> {
    const inert = inertTypes[resource.type];
    if (inert) return inert.create?.(resource, this.#assembly.stacks[0]!) ?? { ref: resource.physicalName(), attributes: {} };
    return this.#providerOf(resource.type)!.create(resource);
  }

  /** AwsCustomResource: its Create call is a JSON string {service, action, parameters}. */
  async #customCall(resource: TemplateResource): Promise<CreatedResource> {
    const call = JSON.parse(String(resource.properties.Create ?? resource.properties.Update ?? "null")) as CustomCall | null;
    if (!call) return { ref: resource.physicalName(), attributes: {} };
    const name = `${call.service.replace(/^@aws-sdk\/client-/, "")}.${call.action.replace(/Command$/, "")}`.toLowerCase();
    const handler = this.#services.map((service) => service.customCalls?.[name]).find((found) => found !== undefined);
    if (!handler) throw new UnknownInTemplate(resource, `the AWS call ${name} of a custom resource is not known to the laptop cloud`);
    const answer = await handler(call.parameters ?? {});
    const attributes = Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, String(value)]));
    return { ref: call.physicalResourceId?.id ?? resource.physicalName(), attributes };
  }

  #providerOf(type: string) {
    return this.#services.map((service) => service.resources[type]).find((provider) => provider !== undefined);
  }

  #scope(stack: AssemblyStack, resource: { logicalId: string; type: string }): Scope {
    const { template } = stack;
    const scope: Scope = {
      where: { stack: stack.name, ...resource },
      ref: (name) => pseudo(stack, name) ?? this.created.get(keyOf(stack, name))?.ref ?? template.Parameters?.[name]?.Default,
      attribute: (logicalId, attribute) => this.created.get(keyOf(stack, logicalId))?.attributes[attribute],
      condition: (name) => isTrue(template.Conditions?.[name], scope),
      importValue: (name) => {
        const exported = this.#exports.get(name);
        if (!exported) throw new UnknownInTemplate(scope.where, `Fn::ImportValue names "${name}", which no stack of the assembly exports`);
        return resolveValue(exported.value, this.#scope(exported.stack, resource));
      },
      mapping: (map, first, second) => template.Mappings?.[map]?.[first]?.[second],
    };
    return scope;
  }
}

/** CDK's AwsCustomResource, whatever type name it was given: one AWS call at creation, one at deletion. */
function isAwsCall(raw: RawResource): boolean {
  return raw.Type.startsWith("Custom::") && raw.Properties !== undefined && "InstallLatestAwsSdk" in raw.Properties;
}

interface CustomCall {
  service: string;
  action: string;
  parameters?: Record<string, unknown>;
  physicalResourceId?: { id?: string };
}

function pseudo(stack: AssemblyStack, name: string): unknown {
  switch (name) {
    case "AWS::AccountId":
      return stack.accountId;
    case "AWS::Region":
      return stack.region;
    case "AWS::Partition":
      return "aws";
    case "AWS::URLSuffix":
      return "amazonaws.com";
    case "AWS::StackName":
      return stack.name;
    case "AWS::StackId":
      return `arn:aws:cloudformation:${stack.region}:${stack.accountId}:stack/${stack.name}/${hashOf(stack.name).slice(0, 12)}`;
    case "AWS::NotificationARNs":
      return [];
    default:
      return undefined;
  }
}

function templateResource(
  where: { stack: string; logicalId: string; type: string },
  properties: Record<string, unknown>,
): TemplateResource {
  const digest = hashOf(`${where.stack}/${where.logicalId}`);
  return {
    ...where,
    properties,
    physicalName: ({ maxLength = 63, lowerCase = false } = {}) => {
      const suffix = `-${digest.slice(0, 8)}`;
      const name = `${where.stack}-${where.logicalId}`.slice(0, maxLength - suffix.length) + suffix;
      return lowerCase ? name.toLowerCase() : name;
    },
    stableId: (length, alphabet = "abcdefghijklmnopqrstuvwxyz0123456789") => {
      const octets = createHash("shake256", { outputLength: length }).update(`${where.stack}/${where.logicalId}`).digest();
      return [...octets].map((octet) => alphabet[octet % alphabet.length]).join("");
    },
  };
}

function keyOf(stack: AssemblyStack, logicalId: string): string {
  return `${stack.name}/${logicalId}`;
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
