import type { AccountId } from "../ids.ts";
import type { Subscriber } from "./push-subscription-store.ts";

/** An open WebSocket (RFC 8887) that asked for push. `types` null means all. */
export interface Connection {
  readonly connectionId: string;
  readonly accountIds: readonly AccountId[];
  /** Those of `accountIds` of which only some Mailboxes are shared with the person. */
  readonly sharedAccountIds?: readonly AccountId[];
  readonly subject: string;
  readonly pushTypes: readonly string[] | null;
  readonly pushEnabled: boolean;
  /** ms since 1970 UTC: the token's expiry; nothing is pushed after it. */
  readonly expiresAt: number;
}

/** A connection as one account's changes find it. */
export interface Listener extends Connection {
  /** Only some Mailboxes of that account are shared with the person. */
  readonly isShared: boolean;
}

export interface ConnectionStore {
  put(connection: Connection): Promise<void>;
  get(connectionId: string): Promise<Connection | null>;
  remove(connectionId: string): Promise<void>;
  ofAccount(accountId: AccountId): Promise<Connection[]>;
  /** Everything that a change of the account leads to, in one look. */
  listeners(accountId: AccountId): Promise<{ connections: Listener[]; subscribers: Subscriber[] }>;
  /** Has an open connection hear of an account of which something was shared with its person; and no more. */
  startListening(connection: Connection, accountId: AccountId): Promise<void>;
  stopListening(connection: Connection, accountId: AccountId): Promise<void>;
  /** Single-use sign-in ticket for browsers, which cannot set a header on a WebSocket. */
  putTicket(ticket: string, subject: string, expiresAt: number, tokenExpiresAt: number): Promise<void>;
  takeTicket(ticket: string, now: number): Promise<{ subject: string; tokenExpiresAt: number } | null>;
}

export interface PushChannel {
  /** `gone` when the peer has left: the caller removes the connection. */
  post(connectionId: string, payload: string): Promise<"posted" | "gone">;
}
