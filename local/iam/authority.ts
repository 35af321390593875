import type { IamCheck, Identity, PolicyDocument, ServicePrincipal } from "../service.ts";
import { evaluatePolicies, type PolicyPrincipal, type Question } from "./evaluate.ts";
import type { PolicyStore } from "./policy-store.ts";

export type Decision = { allowed: true } | { allowed: false; explicitDeny: boolean; action: string; resource: string };

/** Answers every access question of the laptop cloud as IAM would for one account: explicit deny, then allow, else deny. */
export class Authority {
  readonly #store: PolicyStore;
  readonly #accountId: string;
  readonly #region: string;

  constructor(store: PolicyStore, place: { accountId: string; region: string }) {
    this.#store = store;
    this.#accountId = place.accountId;
    this.#region = place.region;
  }

  /** All checks of a call must be allowed; tells the first that is not. */
  decide(identity: Identity, checks: readonly IamCheck[]): Decision {
    for (const check of checks) {
      const verdict = this.#verdict(identity, check);
      if (verdict !== "allow") return { allowed: false, explicitDeny: verdict === "deny", action: check.action, resource: check.resource };
    }
    return { allowed: true };
  }

  allowsService(principal: ServicePrincipal, check: IamCheck): boolean {
    const policy = this.#resourcePolicy(check);
    if (!policy) return false;
    const context = this.#context(check, {
      "aws:SourceArn": principal.sourceArn,
      "aws:SourceAccount": this.#accountId,
      "aws:PrincipalIsAWSService": "true",
      "aws:PrincipalServiceName": principal.service,
    });
    const question = { action: check.action, resource: check.resource, context };
    return evaluatePolicies([policy], question, { arns: [], service: principal.service }) === "allow";
  }

  allowsRole(roleArn: string, check: IamCheck): boolean {
    const roleName = roleArn.split("/").at(-1)!;
    const arn = `arn:aws:sts::${this.#accountId}:assumed-role/${roleName}/service`;
    return this.#verdict({ kind: "role", accessKeyId: "", arn, roleName }, check) === "allow";
  }

  #verdict(identity: Identity, check: IamCheck): "allow" | "deny" | "silent" {
    const question: Question = {
      action: check.action,
      resource: check.resource,
      context: this.#context(check, { "aws:PrincipalArn": this.#principalArn(identity) }),
    };
    const resourcePolicy = this.#resourcePolicy(check);
    const byResource = resourcePolicy ? evaluatePolicies([resourcePolicy], question, this.#principal(identity)) : "silent";
    const byIdentity = this.#byIdentity(identity, question);
    if (byResource === "deny" || byIdentity === "deny") return "deny";
    if (check.action.startsWith("kms:")) return this.#byKeyPolicy(identity, resourcePolicy, question, byResource, byIdentity);
    return byResource === "allow" || byIdentity === "allow" ? "allow" : "silent";
  }

  /** A key's own policy must allow, or hand the question to the account (root) so that identity policies count. */
  #byKeyPolicy(
    identity: Identity,
    policy: PolicyDocument | null,
    question: Question,
    byResource: string,
    byIdentity: string,
  ): "allow" | "silent" {
    if (identity.kind === "operator" || byResource === "allow") return "allow";
    if (!policy) return "silent";
    const delegated = evaluatePolicies([policy], question, { arns: [`arn:aws:iam::${this.#accountId}:root`] }) === "allow";
    return delegated && byIdentity === "allow" ? "allow" : "silent";
  }

  #byIdentity(identity: Identity, question: Question): "allow" | "deny" | "silent" {
    if (identity.kind === "operator") return "allow";
    if (identity.kind === "anonymous" || identity.roleName === undefined) return "silent";
    return evaluatePolicies(this.#store.policiesOf(identity.roleName), question, null);
  }

  #resourcePolicy(check: IamCheck): PolicyDocument | null {
    if (check.resourcePolicy !== undefined) return check.resourcePolicy;
    return check.action.startsWith("kms:") ? this.#store.keyPolicy(check.resource) : null;
  }

  #principal(identity: Identity): PolicyPrincipal {
    return { arns: identity.kind === "anonymous" ? [] : [this.#principalArn(identity), identity.arn] };
  }

  /** aws:PrincipalArn is the role's own ARN, not the session's. */
  #principalArn(identity: Identity): string {
    return identity.roleName ? `arn:aws:iam::${this.#accountId}:role/${identity.roleName}` : identity.arn;
  }

  #context(check: IamCheck, of: Record<string, string>): Record<string, string | readonly string[]> {
    return {
      "aws:SecureTransport": "true",
      "aws:RequestedRegion": this.#region,
      "aws:PrincipalAccount": this.#accountId,
      "aws:SourceIp": "127.0.0.1",
      "kms:CallerAccount": this.#accountId,
      ...of,
      ...check.context,
    };
  }
}
