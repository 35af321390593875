/** What one request carries from call to call: who asks, accounts as loaded, ids created so far. */
import type { AccountId, EntryId } from "../../ids.ts";
import type { AccountState } from "../../log/api.ts";
import type { AccessibleAccount, Principal } from "../../ports/directory-store.ts";
import { type AccessRight, accessTo, mayWrite, viewOf } from "../access.ts";
import type { JmapPorts } from "../api.ts";
import { accountSupports } from "../capabilities.ts";
import { type MethodError, methodError, type Outcome, ok } from "../errors.ts";

export interface LoadedAccount {
  readonly account: AccessibleAccount;
  readonly accountId: AccountId;
  /** Who is asking. */
  readonly entryId: EntryId;
  /** As the one who asks may see it. */
  readonly state: AccountState;
}

export class RequestContext {
  readonly principal: Principal;
  readonly ports: JmapPorts;
  readonly using: ReadonlySet<string>;
  /** RFC 8620 §5.3: creation id → id, all types together. */
  readonly createdIds = new Map<string, string>();
  readonly #states = new Map<AccountId, AccountState>();

  constructor(principal: Principal, ports: JmapPorts, using: ReadonlySet<string>) {
    this.principal = principal;
    this.ports = ports;
    this.using = using;
  }

  get actor(): string {
    return `principal:${this.principal.entryId}`;
  }

  /** The only way to an account's state: through the gate, then loaded once a request. */
  async account(accountId: string, right: AccessRight, capability: string): Promise<Outcome<LoadedAccount, MethodError>> {
    const access = accessTo(this.principal, accountId, right);
    if (access.outcome === "refused") return methodError(access.reason === "absent" ? "accountNotFound" : "accountReadOnly");
    const { account } = access;
    const { entryId } = this.principal;
    const supports = accountSupports(this.ports, this.principal, account, capability);
    // A share may have been taken back, and then the account must look as if it did not exist, whatever is asked of it.
    if (!supports && account.rights !== "shared") return methodError("accountNotSupportedByMethod");
    const known = this.#states.get(account.accountId);
    const whole = known ?? (await this.ports.log.load(account.accountId));
    const state = whole && viewOf(entryId, account, whole);
    if (!whole || !state) return methodError("accountNotFound");
    if (!supports) return methodError("accountNotSupportedByMethod");
    this.#states.set(account.accountId, whole);
    if (right !== "read" && !mayWrite(entryId, account, state)) return methodError("accountReadOnly");
    return ok({ account, accountId: account.accountId, entryId, state });
  }

  /** A whole account as the principal may see it at that moment; null: nothing of it any more. */
  viewOf(whole: AccountState): { account: AccessibleAccount; view: AccountState } | null {
    const account = this.principal.accounts.find(({ accountId }) => accountId === whole.accountId);
    const view = account && viewOf(this.principal.entryId, account, whole);
    return view ? { account: account!, view } : null;
  }

  /** After a commit the next call of this request sees its effect. The whole account, not a view of it. */
  remember(state: AccountState): void {
    this.#states.set(state.accountId, state);
  }

  /** Drops what was loaded, so that the next call reads the account again. */
  forget(accountId: AccountId): void {
    this.#states.delete(accountId);
  }

  /** `#creationId` → the id, or null when nothing was created under it; any other text is itself. */
  resolveId(value: string): string | null {
    return value.startsWith("#") ? (this.createdIds.get(value.slice(1)) ?? null) : value;
  }
}

/** One method call, its references resolved. */
interface MethodCall {
  readonly context: RequestContext;
  readonly args: Record<string, unknown>;
}

export type Reply = [name: string, args: Record<string, unknown>];
export type MethodResult = Outcome<readonly Reply[], MethodError>;
export type Method = (call: MethodCall) => Promise<MethodResult>;
