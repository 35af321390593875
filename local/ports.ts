import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { ServicePrincipal } from "./service.ts";

/** What the services of the laptop cloud offer each other inside the process (as AWS services call one another). */
export interface Ports {
  functions: Functions;
  topics: Topics;
  queues: Queues;
  events: Events;
  objects: Objects;
  httpApis: HttpApis;
  socketApis: SocketApis;
  tokenKeys: TokenKeys;
  mail: Mail;
}

/** The AWS service that calls, checked against the resource's policy; null when the caller has checked a role's right itself. */
export type Caller = ServicePrincipal | null;

/** Lambda. The function's resource policy (AWS::Lambda::Permission) must admit the principal. */
interface Functions {
  /** Waits for the answer. `payload` is the JSON event. */
  invoke(functionArn: string, payload: string, caller: Caller): Promise<InvokeOutcome>;
  /** Accepted for asynchronous invocation (retries, on-failure destination). */
  invokeLater(functionArn: string, payload: string, caller: Caller): Promise<void>;
  exists(functionArn: string): boolean;
}

export type InvokeOutcome =
  | { readonly outcome: "returned"; readonly payload: string }
  /** The function threw, timed out or ended; `payload` is Lambda's JSON {errorType, errorMessage, trace}. */
  | { readonly outcome: "failed"; readonly payload: string }
  | {
      readonly outcome: "refused";
      readonly code: "AccessDeniedException" | "TooManyRequestsException" | "ResourceNotFoundException" | "RequestTooLargeException";
    };

/** SNS. Resolves when the message is kept on disk for every subscription. Rejects with ServiceError when the topic's policy refuses. */
interface Topics {
  publish(
    topicArn: string,
    message: { body: string; subject?: string; attributes?: MessageAttributes },
    caller: Caller,
  ): Promise<{ messageId: string }>;
}

export type MessageAttributes = Readonly<Record<string, { readonly type: string; readonly value: string | Buffer }>>;

/** SQS. Resolves when the message is on disk. Rejects with ServiceError when the queue's policy refuses. */
interface Queues {
  send(
    queueArn: string,
    message: { body: string; attributes?: MessageAttributes; delaySeconds?: number; groupId?: string; deduplicationId?: string },
    caller: Caller,
  ): Promise<{ messageId: string }>;
}

/** EventBridge default bus: matched against the template's rules. */
interface Events {
  put(event: {
    source: string;
    detailType: string;
    detail: object;
    resources?: readonly string[];
    time?: number;
  }): Promise<{ eventId: string }>;
}

/** S3, as other AWS services see it. Bodies are streams or buffers of any size. */
interface Objects {
  put(
    bucket: string,
    key: string,
    body: Uint8Array | Readable,
    options: { contentType?: string; metadata?: Readonly<Record<string, string>>; caller: Caller },
  ): Promise<{ etag: string; sizeOctets: number }>;
  /** With a caller, the bucket's policy must let it; without the right to list, a missing object is refused too (as S3 does). */
  get(bucket: string, key: string, caller?: ServicePrincipal): Promise<StoredObject | null>;
  /** Replaces all tags. */
  setTags(bucket: string, key: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Called for each new object before its put is answered (the malware plan scans here). Errors of a listener are logged, never the putter's. */
  onCreated(
    listener: (object: { bucket: string; key: string; versionId: string | null; etag: string; sizeOctets: number }) => Promise<void>,
  ): void;
}

export interface StoredObject {
  readonly body: Readable;
  readonly sizeOctets: number;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** cache-control, content-disposition, content-encoding, content-language, expires: those that the object has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Key that a reader needs rights on, or null. */
  readonly kmsKeyArn: string | null;
}

/** API Gateway HTTP APIs, for the web distribution (origin by API id or execute-api host name). */
interface HttpApis {
  handle(apiId: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The HTTP API of a template that has just one, or null. */
  soleApiId(): string | null;
}

/** API Gateway WebSocket APIs. */
interface SocketApis {
  upgrade(apiId: string, stage: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** The WebSocket API that has this stage, or null. */
  apiIdOfStage(stage: string): string | null;
}

/** Cognito: public keys of an issuer of this laptop ("https://cognito-idp.<region>.amazonaws.com/<poolId>"). */
interface TokenKeys {
  jwks(issuer: string): Promise<{ keys: readonly object[] } | null>;
}

/** SES: mail that comes in as if over SMTP. */
interface Mail {
  receive(envelope: { reversePath: string; recipients: readonly string[] }, octets: Uint8Array): Promise<void>;
}
