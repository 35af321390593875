/**
 * The functions of the service and what drives each: read by lib/ (to build the stacks) and by docs.
 * Timeouts in seconds, memory in MB. A queue's visibility timeout is six times the function's (AWS guidance for Lambda + SQS).
 */
export type ResourceGrant =
  | "accounts:read"
  | "accounts:write"
  | "accounts:stream"
  | "directory:read"
  | "directory:write"
  | "traces:read"
  | "traces:write"
  | "connections:read"
  | "connections:write"
  | "mail:read"
  | "mail:write"
  | "mail:readTags"
  | "state:read"
  | "state:write"
  | "ses:send"
  | "sockets:post"
  | `queue:${QueueName}:send`;

export type QueueName = "parse" | "scan" | "file" | "submit" | "feedback" | "snapshot" | "index" | "push" | "share";

export type Trigger =
  | { kind: "queue"; queue: QueueName; batchSize: number; maxReceives: number }
  | { kind: "stream"; table: "accounts"; batchSize: number }
  | { kind: "http" }
  | { kind: "socket" }
  | { kind: "socketAuthoriser" }
  | { kind: "schedule"; everyMinutes: number };

/**
 * Settings of the environment that a function is told, beside the names of what its grants reach:
 * `domains` MAIL_DOMAINS; `policy` UNKNOWN_RECIPIENT; `signIn` USER_POOL_ISSUER, USER_POOL_CLIENT_IDS;
 * `addresses` PUBLIC_URL, SOCKET_URL, ALLOWED_ORIGINS; `push` PUSH_LOOPBACK.
 */
export type StageSetting = "domains" | "policy" | "signIn" | "addresses" | "push";

/**
 * What may be written in the mail bucket by a function with `mail:write`. `inbound/` is not among them:
 * what SES stored is never overwritten or deleted by the service's own code.
 */
export const writableMailPrefixes = ["submitted/", "upload/", "composed/", "decoded/"] as const;

export interface Stage {
  readonly name: string;
  /** Sentence for docs and the function's description. */
  readonly purpose: string;
  readonly entry: `lambdas/${string}.ts`;
  readonly trigger: Trigger;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly grants: readonly ResourceGrant[];
  readonly settings: readonly StageSetting[];
}

export const stages = [
  {
    name: "parse",
    purpose: "Reads the hostile octets within bounds, resolves the envelope's recipients; cannot touch a mailbox.",
    entry: "lambdas/parse.ts",
    trigger: { kind: "queue", queue: "parse", batchSize: 10, maxReceives: 5 },
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    grants: ["mail:read", "directory:read", "traces:read", "traces:write", "queue:scan:send"],
    settings: ["domains"],
  },
  {
    name: "scan",
    purpose: "Combines verdicts and policy into deliver, junk, quarantine, bounce or drop, with reasons.",
    entry: "lambdas/scan.ts",
    trigger: { kind: "queue", queue: "scan", batchSize: 10, maxReceives: 20 },
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    // Its own queue: it looks again later while the malware scanner has not looked.
    grants: ["mail:readTags", "traces:read", "traces:write", "queue:scan:send", "queue:file:send", "queue:feedback:send"],
    settings: ["domains"],
  },
  {
    name: "file",
    purpose: "Files a message into the log of each recipient account, once, where the account's rules want it.",
    entry: "lambdas/file.ts",
    trigger: { kind: "queue", queue: "file", batchSize: 10, maxReceives: 20 },
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    // Mail and state are for accounts with filters (tests of headers, redirected copies, answers, mailboxes made on the way) and for reports.
    grants: [
      "accounts:read",
      "accounts:write",
      "traces:read",
      "traces:write",
      "mail:read",
      "mail:write",
      "state:read",
      "queue:feedback:send",
      "queue:submit:send",
    ],
    settings: ["domains"],
  },
  {
    name: "submit",
    purpose: "Sends an EmailSubmission whose undo window has passed: local recipients to parse, others through SES.",
    entry: "lambdas/submit.ts",
    trigger: { kind: "queue", queue: "submit", batchSize: 5, maxReceives: 20 },
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    grants: [
      "accounts:read",
      "accounts:write",
      "directory:read",
      "traces:read",
      "traces:write",
      "mail:read",
      "mail:write",
      "state:read",
      "queue:parse:send",
      "queue:submit:send",
      "queue:feedback:send",
      "ses:send",
    ],
    settings: ["domains"],
  },
  {
    name: "feedback",
    purpose:
      "Tells senders what became of their mail: SES events and refused recipients become delivery status, a readable message or a bounce.",
    entry: "lambdas/feedback.ts",
    trigger: { kind: "queue", queue: "feedback", batchSize: 10, maxReceives: 10 },
    timeoutSeconds: 60,
    memoryMegabytes: 512,
    grants: [
      "accounts:read",
      "accounts:write",
      "traces:read",
      "traces:write",
      "mail:read",
      "mail:write",
      "state:read",
      "queue:parse:send",
      "ses:send",
    ],
    settings: ["domains", "policy"],
  },
  {
    name: "notify",
    purpose: "Reads the account log's stream: pushes state changes, starts submissions, asks for snapshots.",
    entry: "lambdas/notify.ts",
    trigger: { kind: "stream", table: "accounts", batchSize: 100 },
    timeoutSeconds: 60,
    memoryMegabytes: 512,
    grants: [
      "accounts:stream",
      "connections:read",
      "connections:write",
      "sockets:post",
      "queue:submit:send",
      "queue:snapshot:send",
      "queue:push:send",
      "queue:index:send",
      "queue:share:send",
    ],
    settings: [],
  },
  {
    name: "share",
    purpose:
      "Makes what is shared with people known to them, and forgotten when it is taken back; tells them of its changes. Gives no right.",
    entry: "lambdas/share.ts",
    trigger: { kind: "queue", queue: "share", batchSize: 10, maxReceives: 10 },
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
    grants: [
      "accounts:read",
      "accounts:write",
      "directory:read",
      "directory:write",
      "connections:read",
      "connections:write",
      "state:read",
      "sockets:post",
      "queue:push:send",
    ],
    settings: [],
  },
  {
    name: "snapshot",
    purpose: "Writes the fold of an account's log as one compact object.",
    entry: "lambdas/snapshot.ts",
    trigger: { kind: "queue", queue: "snapshot", batchSize: 5, maxReceives: 10 },
    timeoutSeconds: 120,
    memoryMegabytes: 2048,
    grants: ["accounts:read", "accounts:write", "state:read", "state:write"],
    settings: [],
  },
  {
    name: "index",
    purpose: "Puts new mail into the account's search index and merges its segments.",
    entry: "lambdas/index.ts",
    trigger: { kind: "queue", queue: "index", batchSize: 2, maxReceives: 10 },
    timeoutSeconds: 300,
    memoryMegabytes: 2048,
    grants: ["accounts:read", "accounts:write", "mail:read", "state:read", "state:write"],
    settings: [],
  },
  {
    name: "jmap",
    purpose: "The JMAP API (RFC 8620, RFC 8621): session, methods, upload, download.",
    entry: "lambdas/jmap.ts",
    trigger: { kind: "http" },
    timeoutSeconds: 29,
    memoryMegabytes: 1769,
    grants: [
      "accounts:read",
      "accounts:write",
      "directory:read",
      "connections:read",
      "connections:write",
      "mail:read",
      "mail:write",
      "state:read",
      "queue:push:send",
    ],
    settings: ["domains", "signIn", "addresses"],
  },
  {
    name: "socket",
    purpose: "JMAP over WebSocket (RFC 8887): requests and push.",
    entry: "lambdas/socket.ts",
    trigger: { kind: "socket" },
    timeoutSeconds: 29,
    memoryMegabytes: 1769,
    grants: [
      "accounts:read",
      "accounts:write",
      "directory:read",
      "connections:read",
      "connections:write",
      "mail:read",
      "mail:write",
      "state:read",
      "sockets:post",
      "queue:push:send",
    ],
    settings: ["domains", "signIn", "addresses"],
  },
  {
    name: "socket-authorise",
    purpose: "Admits a WebSocket by access token or single-use ticket.",
    entry: "lambdas/socket-authorise.ts",
    trigger: { kind: "socketAuthoriser" },
    timeoutSeconds: 10,
    memoryMegabytes: 512,
    grants: ["connections:read", "connections:write", "directory:read"],
    settings: ["signIn"],
  },
  {
    name: "push",
    purpose: "Posts Web Push messages to the addresses that clients gave; it alone calls such addresses, and it can reach no mail.",
    entry: "lambdas/push.ts",
    trigger: { kind: "queue", queue: "push", batchSize: 10, maxReceives: 5 },
    timeoutSeconds: 60,
    memoryMegabytes: 512,
    grants: ["connections:read", "connections:write", "directory:read", "queue:push:send"],
    settings: ["domains", "push"],
  },
  {
    name: "sweep",
    purpose: "Hands submissions whose hold ends soon over to be sent.",
    entry: "lambdas/sweep.ts",
    trigger: { kind: "schedule", everyMinutes: 15 },
    timeoutSeconds: 300,
    memoryMegabytes: 512,
    grants: ["accounts:read", "accounts:write", "queue:submit:send"],
    settings: [],
  },
] as const satisfies readonly Stage[];
