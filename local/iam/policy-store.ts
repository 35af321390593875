import { type CreatedResource, type PolicyDocument, type ResourceProvider, type TemplateResource, UnknownInTemplate } from "../service.ts";
import { isKnownOperator } from "./conditions.ts";
import { awsManagedPolicies } from "./managed-policies.ts";

/** Roles, their policies and the keys' policies, as the template states them. */
export class PolicyStore {
  readonly #accountId: string;
  readonly #partition: string;
  /** Policies of each role by role name. */
  readonly #roles = new Map<string, PolicyDocument[]>();
  readonly #managed = new Map<string, PolicyDocument>();
  readonly #keyPolicies = new Map<string, PolicyDocument>();

  constructor(accountId: string) {
    this.#accountId = accountId;
    this.#partition = "aws";
  }

  policiesOf(roleName: string): readonly PolicyDocument[] {
    return this.#roles.get(roleName) ?? [];
  }

  hasRole(roleName: string): boolean {
    return this.#roles.has(roleName);
  }

  keyPolicy(keyArn: string): PolicyDocument | null {
    return this.#keyPolicies.get(keyArn) ?? null;
  }

  setKeyPolicy(keyArn: string, policy: PolicyDocument): void {
    this.#keyPolicies.set(keyArn, policy);
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::IAM::Role": {
      properties: used(
        "AssumeRolePolicyDocument",
        "Policies",
        "ManagedPolicyArns",
        "RoleName",
        "Path",
        "Description",
        "MaxSessionDuration",
        "Tags",
      ),
      create: async (resource) => this.#createRole(resource),
    },
    "AWS::IAM::Policy": {
      properties: used("PolicyDocument", "PolicyName", "Roles"),
      create: async (resource) => {
        this.#attach(resource, checked(resource, resource.properties.PolicyDocument), (resource.properties.Roles ?? []) as string[]);
        return { ref: String(resource.properties.PolicyName ?? resource.physicalName()), attributes: { Id: resource.physicalName() } };
      },
    },
    "AWS::IAM::ManagedPolicy": {
      properties: used("PolicyDocument", "ManagedPolicyName", "Roles", "Description", "Path"),
      create: async (resource) => {
        const document = checked(resource, resource.properties.PolicyDocument);
        const arn = `arn:${this.#partition}:iam::${this.#accountId}:policy/${resource.properties.ManagedPolicyName ?? resource.physicalName()}`;
        this.#managed.set(arn, document);
        this.#attach(resource, document, (resource.properties.Roles ?? []) as string[]);
        return { ref: arn, attributes: { PolicyArn: arn } };
      },
    },
  };

  #createRole(resource: TemplateResource): CreatedResource {
    const name = String(resource.properties.RoleName ?? resource.physicalName({ maxLength: 64 }));
    const policies: PolicyDocument[] = [];
    for (const inline of (resource.properties.Policies ?? []) as { PolicyDocument: unknown }[]) {
      policies.push(checked(resource, inline.PolicyDocument));
    }
    for (const arn of (resource.properties.ManagedPolicyArns ?? []) as string[]) policies.push(this.#managedPolicy(resource, arn));
    this.#roles.set(name, [...(this.#roles.get(name) ?? []), ...policies]);
    const arn = `arn:${this.#partition}:iam::${this.#accountId}:role/${name}`;
    return { ref: name, attributes: { Arn: arn, RoleId: `AROA${resource.stableId(17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}` } };
  }

  #attach(resource: TemplateResource, document: PolicyDocument, roles: readonly string[]): void {
    for (const role of roles) {
      const policies = this.#roles.get(role);
      if (!policies) throw new UnknownInTemplate(resource, `it attaches to the role ${role}, which the template does not make`);
      policies.push(document);
    }
  }

  #managedPolicy(resource: TemplateResource, arn: string): PolicyDocument {
    const own = this.#managed.get(arn);
    if (own) return own;
    const document = awsManagedPolicies[arn.replace(/^arn:[^:]*:iam::aws:policy\//, "")];
    if (!document) throw new UnknownInTemplate(resource, `the managed policy ${arn} is not known to the laptop cloud`);
    return document;
  }
}

/** A policy whose condition operators are all known: none is passed over in silence. */
function checked(resource: TemplateResource, document: unknown): PolicyDocument {
  const policy = document as PolicyDocument;
  for (const statement of [policy.Statement].flat()) {
    for (const operator of Object.keys(statement.Condition ?? {})) {
      if (!isKnownOperator(operator))
        throw new UnknownInTemplate(resource, `the policy condition ${operator} is not known to the laptop cloud`);
    }
  }
  return policy;
}

/** All of these properties have an effect (or merely describe). */
function used(...names: string[]): Record<string, "used"> {
  return Object.fromEntries(names.map((name) => [name, "used"]));
}
