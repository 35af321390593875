import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Ports } from "./ports.ts";

/**
 * What a part of the laptop cloud (S3, SQS, Cognito …) implements. Order of life:
 * `start` (open data on disk, `provide` its ports) → `create` of each template resource in dependency order →
 * `opened` (all resources exist: listen, poll, deliver) → `handle` calls → `stop`.
 */
export interface LocalService {
  readonly name: string;
  /** SigV4 signing names (credential scope) whose calls come here, e.g. ["s3"]. */
  readonly signingNames: readonly string[];
  /** Shapes errors that the gateway itself answers (AccessDenied, SignatureDoesNotMatch …). */
  readonly protocol: WireProtocol;
  /** For a service with more than one protocol (SES v1 and v2): that of this request; `protocol` otherwise. */
  protocolOf?(head: RequestHead): WireProtocol;
  /** `buffered`: the gateway reads and hashes the body (call.body). `streamed`: the service reads call.request and verifies call.payloadHash itself. */
  readonly body: "buffered" | "streamed";
  /** CloudFormation types that this service makes, e.g. "AWS::S3::Bucket", "Custom::S3BucketNotifications". */
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  /** Calls of the AwsCustomResource construct, by "<service>.<action>" in lower case, e.g. "ses.setactivereceiptruleset". */
  readonly customCalls?: Readonly<Record<string, (parameters: Record<string, unknown>) => Promise<Record<string, unknown>>>>;

  start(context: ServiceContext): Promise<void>;
  opened?(): Promise<void>;
  /** True for a request without any signature that this service answers (sign-in calls, JWKS). It then comes with an anonymous identity and no IAM check. */
  claimsUnsigned?(head: RequestHead): boolean;
  /**
   * The IAM question(s) of a call; all must be allowed. An empty list means the call needs no right.
   * Throw ServiceError for a call that cannot be read.
   */
  iamOf(call: ApiCall): IamCheck[] | Promise<IamCheck[]>;
  handle(call: ApiCall, response: ServerResponse): Promise<void>;
  /** Lets open calls end, flushes, closes. Data must also survive without it (kill -9). */
  stop(): Promise<void>;
}

/** `json`: x-amz-target JSON 1.0/1.1; `rest-json`: paths and JSON; `query`: form in, XML out; `s3`: S3's XML. */
export type WireProtocol = "json" | "rest-json" | "query" | "s3";

export interface RequestHead {
  readonly method: string;
  /** Undecoded path, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface ApiCall extends RequestHead {
  readonly request: IncomingMessage;
  readonly service: string;
  /** Id for x-amzn-requestid and error bodies. */
  readonly requestId: string;
  readonly identity: Identity;
  /** Whole body for `buffered` services, empty for `streamed` ones. */
  readonly body: Buffer;
  /** `x-amz-content-sha256` as signed: hex digest, UNSIGNED-PAYLOAD, STREAMING-…; "" when absent. */
  readonly payloadHash: string;
  /** What is needed to verify the chunk signatures of STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]. */
  readonly signature: { readonly signingKey: Buffer; readonly seed: string; readonly scope: string; readonly timestamp: string } | null;
  /** True when the signature was in the query (presigned URL). */
  readonly presigned: boolean;
}

/** Who calls. `operator` may do everything (CLI, tests, seeds); a `role` may do what its policies say. */
export interface Identity {
  readonly kind: "operator" | "role" | "anonymous";
  readonly accessKeyId: string;
  /** arn:aws:sts::<account>:assumed-role/<role>/<session> for a role. */
  readonly arn: string;
  readonly roleName?: string;
}

/** An AWS service that acts for a resource: matched against resource policies (topic, queue, bucket, function, key). */
export interface ServicePrincipal {
  /** e.g. "sns.amazonaws.com". */
  readonly service: string;
  /** aws:SourceArn. */
  readonly sourceArn: string;
}

export interface IamCheck {
  /** e.g. "s3:PutObject". */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request, e.g. {"dynamodb:LeadingKeys": ["A#1"]}. aws:SourceArn etc. are added by the gateway. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** Policy of the resource, if it has one (bucket, queue, topic, key): its Deny always counts, its Allow counts beside the identity's. */
  readonly resourcePolicy?: PolicyDocument | null;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | boolean | number | readonly string[]>>>>;
}

/** Makes (or finds again, on a later start) one template resource. Same logical id and properties must give the same physical name. */
export interface ResourceProvider {
  /** Every top-level property that is understood: "used", or why it has no effect on a laptop. Any other property stops the start. */
  readonly properties: Readonly<Record<string, "used" | { readonly inert: string }>>;
  create(resource: TemplateResource): Promise<CreatedResource>;
}

export interface TemplateResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** All intrinsics resolved; absent when AWS::NoValue. Throw UnknownInTemplate for nested properties that are not understood. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** A deterministic name, `<stack>-<logicalId>-<hash>` cut to `maxLength`. */
  physicalName(options?: { maxLength?: number; lowerCase?: boolean }): string;
  /** `length` characters out of `alphabet`, the same at every start for this resource: for ids such as eu-west-2_Ab12Cd34E. */
  stableId(length: number, alphabet?: string): string;
}

export interface CreatedResource {
  /** What Ref gives. */
  readonly ref: string;
  /** What Fn::GetAtt gives, by attribute name (nested ones with dots: "Endpoint.Address"). */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ServiceContext {
  /** This service's own folder, made already. */
  readonly dataDir: string;
  readonly region: string;
  readonly accountId: string;
  readonly partition: "aws";
  /** Ports on 127.0.0.1 to listen on (0: any; then tell the one taken with `announce`). */
  readonly listenPorts: { readonly web: number; readonly smtp: number };
  /** http://127.0.0.1:<gateway port>, the endpoint of every AWS API here. */
  readonly gatewayUrl: string;
  /** http://127.0.0.1:<web port>, where browsers come in (known before resources are made, also when asked for port 0). */
  readonly webUrl: string;
  readonly log: Log;
  readonly clock: { now(): number };
  /** Faults asked for by tests: every event delivered twice. */
  readonly faults: { readonly duplicateEvents: boolean };
  /** Directory (unzipped) or file of an asset of the assembly by the key the template gives (`<hash>.zip`), or null. */
  asset(objectKey: string): string | null;
  /** Offers a port to the other services; call in `start`. */
  provide<N extends keyof Ports>(name: N, port: Ports[N]): void;
  /** Another service's port; throws if no service provides it. Ask after `start` (in create, opened, handle). */
  port<N extends keyof Ports>(name: N): Ports[N];
  /** May this AWS service do this? Decided by the resource policy alone (and key policies when the check is for a key). */
  allowsService(principal: ServicePrincipal, check: IamCheck): boolean;
  /** May this role (ARN) do this? For services that assume a role given in the template. */
  allowsRole(roleArn: string, check: IamCheck): boolean;
  /** A line for the start summary, e.g. ("Mail in", "smtp://127.0.0.1:2525"). */
  announce(label: string, value: string): void;
}

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** An error answer in the shape of the service's protocol. Throw it from iamOf or handle; the gateway writes it. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further members of the error body (e.g. S3's Key, DynamoDB's CancellationReasons). */
  readonly details: Readonly<Record<string, unknown>>;
  constructor(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The template asks for something that the laptop cloud does not know: the start stops with this sentence. */
export class UnknownInTemplate extends Error {
  constructor(where: { stack: string; logicalId: string; type: string }, what: string) {
    super(`Stack ${where.stack}, resource ${where.logicalId} (${where.type}): ${what}.`);
    this.name = "UnknownInTemplate";
  }
}
