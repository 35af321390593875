/**
 * What the HTTP and WebSocket edges see of JMAP: requests in, values out; no framework, no AWS.
 * Implemented by jmap.ts (`createJmap`).
 */
import type { PushJob } from "../flows/jobs.ts";
import type { AccountId, BlobId } from "../ids.ts";
import type { AccountLog } from "../log/api.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { DirectoryStore, Principal } from "../ports/directory-store.ts";
import type { PushSubscriptionStore } from "../ports/push-subscription-store.ts";
import type { TextSearch } from "../ports/text-search.ts";

export interface JmapPorts {
  readonly log: AccountLog;
  readonly store: AccountLogStore;
  readonly blobs: BlobStore;
  readonly directory: DirectoryStore;
  /** Absent: candidate messages are read and searched one by one. */
  readonly search?: TextSearch;
  /** Whether delivery sends vacation responses (RFC 8621 §8): until it does, the capability is not offered. */
  readonly answersVacations?: boolean;
  /** Web Push (RFC 8620 §7.2): where subscriptions are kept, and how a push is asked for. */
  readonly pushes?: { readonly subscriptions: PushSubscriptionStore; send(job: PushJob): Promise<void> };
  /** The public half of the VAPID key (RFC 9749), base64url; null while it is not known. */
  readonly applicationServerKey?: () => string | null;
  /** ms since 1970 UTC. */
  now(): number;
  /** Unpredictable octets, for ids. */
  randomOctets(count: number): Uint8Array;
  /** Told of failures that the client only sees as serverFail or serverUnavailable. Must not log content. */
  failed(error: unknown, method: string): void;
  /** As clients see them: https origin without a trailing slash, wss URL of the socket. */
  readonly publicUrl: string;
  readonly socketUrl: string;
}

/** Ports of one request, which have begun to read what it will probably ask for. */
export type ReadingAhead = Partial<Pick<JmapPorts, "log" | "search">>;

/** RFC 8620 §2. */
export interface SessionObject {
  readonly capabilities: Readonly<Record<string, object>>;
  readonly accounts: Readonly<Record<string, SessionAccount>>;
  readonly primaryAccounts: Readonly<Record<string, string>>;
  readonly username: string;
  readonly apiUrl: string;
  readonly downloadUrl: string;
  readonly uploadUrl: string;
  readonly eventSourceUrl: string;
  readonly state: string;
}

export interface SessionAccount {
  readonly name: string;
  readonly isPersonal: boolean;
  readonly isReadOnly: boolean;
  readonly accountCapabilities: Readonly<Record<string, object>>;
}

/** RFC 8620 §3.2: [name, arguments, method call id]. */
export type Invocation = [name: string, args: Record<string, unknown>, callId: string];

/** RFC 8620 §3.4. */
interface ResponseObject {
  readonly methodResponses: readonly Invocation[];
  readonly createdIds?: Readonly<Record<string, string>>;
  readonly sessionState: string;
}

/** RFC 7807 document as RFC 8620 §3.6.1 uses it; the edge answers with `status` and application/problem+json. */
export interface ProblemDocument {
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly limit?: string;
}

export type ApiAnswer = { outcome: "answered"; json: ResponseObject } | { outcome: "refused"; problem: ProblemDocument };

/** RFC 8887 §4.3: what one WebSocket text message asks for. Replies are ready to be sent. */
export type SocketAnswer =
  | { outcome: "reply"; json: object }
  | { outcome: "pushEnable"; dataTypes: readonly string[] | null; pushState: string | null }
  | { outcome: "pushDisable" };

export type UploadAnswer =
  /** RFC 8620 §6.1; status 200. */
  | { outcome: "stored"; json: { accountId: AccountId; blobId: BlobId; type: string; size: number } }
  | { outcome: "refused"; problem: ProblemDocument };

export type DownloadAnswer =
  | {
      outcome: "found";
      sizeOctets: number;
      /** Key of an object that is exactly this blob (it can be presigned); null when the blob is a decoded part. */
      storedKey: string | null;
      /** Octets of the blob, or of a range of it. Null only when they vanished meanwhile. */
      read(range?: { offset: number; length: number }): Promise<Uint8Array | null>;
    }
  | { outcome: "refused"; problem: ProblemDocument };

export interface Jmap {
  session(principal: Principal): SessionObject;
  /** One Request object. `contentType` is the HTTP header's value, or null when the edge has none; `ahead` ports that read ahead for it. */
  api(principal: Principal, body: string | Uint8Array, contentType: string | null, ahead?: ReadingAhead): Promise<ApiAnswer>;
  socket(principal: Principal, text: string): Promise<SocketAnswer>;
  upload(principal: Principal, accountId: string, octets: Uint8Array, contentType: string | null): Promise<UploadAnswer>;
  /** A foreign, unknown or destroyed blob, and one of a foreign account, are answered alike. */
  download(principal: Principal, accountId: string, blobId: string): Promise<DownloadAnswer>;
}
