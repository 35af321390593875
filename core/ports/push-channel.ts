import type { AccountId } from "../ids.ts";
import type { Subscriber } from "./push-subscription-store.ts";

/** An open WebSocket (RFC 8887) that asked for push. `types` null means all. */
export interface Connection {
  readonly connectionId: string;
  readonly accountIds: readonly AccountId[];
  readonly subject: string;
  readonly pushTypes: readonly string[] | null;
  readonly pushEnabled: boolean;
  /** ms since 1970 UTC: the token's expiry; nothing is pushed after it. */
  readonly expiresAt: number;
}

export interface ConnectionStore {
  put(connection: Connection): Promise<void>;
  get(connectionId: string): Promise<Connection | null>;
  remove(connectionId: string): Promise<void>;
  ofAccount(accountId: AccountId): Promise<Connection[]>;
  /** Everything that a change of the account leads to, in one look. */
  listeners(accountId: AccountId): Promise<{ connections: Connection[]; subscribers: Subscriber[] }>;
  /** Single-use sign-in ticket for browsers, which cannot set a header on a WebSocket. */
  putTicket(ticket: string, subject: string, expiresAt: number, tokenExpiresAt: number): Promise<void>;
  takeTicket(ticket: string, now: number): Promise<{ subject: string; tokenExpiresAt: number } | null>;
}

export interface PushChannel {
  /** `gone` when the peer has left: the caller removes the connection. */
  post(connectionId: string, payload: string): Promise<"posted" | "gone">;
}
