import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authority } from "../iam/authority.ts";
import { type ApiCall, type Identity, type LocalService, type Log, type RequestHead, ServiceError } from "../service.ts";
import { accessDeniedCode, answerError } from "./answer-error.ts";
import type { AccessKey, Identities } from "./identities.ts";
import { parseSignature, type SignedRequest, scopeOf, sha256, signatureMatches, signingKey, timeOutcome } from "./signature.ts";

export interface GatewayOptions {
  readonly services: readonly LocalService[];
  readonly identities: Identities;
  readonly authority: Authority;
  readonly log: Log;
  readonly clock: { now(): number };
}

/** Body of a buffered call: the largest of any AWS JSON API used is DynamoDB's 16 MB; SES v2 takes 40 MB as base64. */
const largestBodyOctets = 64 * 1024 * 1024;
const anonymous: Identity = { kind: "anonymous", accessKeyId: "", arn: "anonymous" };

/** One loopback endpoint for every AWS API: authenticates, authorises, then hands the call to its service. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #bySigningName = new Map<string, LocalService>();

  #isOpen = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    for (const service of options.services) for (const name of service.signingNames) this.#bySigningName.set(name, service);
    this.#server = createServer(
      { keepAliveTimeout: 60_000, requestTimeout: 0 },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.on("checkContinue", (request, response) => void this.#answer(request, response, true));
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on calls are answered; before, the resources that they would reach do not all exist. */
  open(): void {
    this.#isOpen = true;
  }

  /** The services are about to stop: calls are told to come again. */
  shut(): void {
    this.#isOpen = false;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    setTimeout(() => this.#server.closeAllConnections(), 2_000).unref();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, expectsContinue = false): Promise<void> {
    const requestId = randomUUID();
    const head = headOf(request);
    let service: LocalService | undefined;
    try {
      if (!this.#isOpen) throw new ServiceError(503, "ServiceUnavailable", "The laptop cloud is starting or stopping.");
      const signature = parseSignature(head);
      service = signature.kind === "signed" ? this.#bySigningName.get(signature.service) : undefined;
      if (signature.kind === "malformed")
        throw new ServiceError(400, "IncompleteSignature", `The signature cannot be read: ${signature.reason}.`);
      if (signature.kind === "none") {
        service = this.#options.services.find((candidate) => candidate.claimsUnsigned?.(head));
        if (!service) throw new ServiceError(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
      }
      if (!service)
        throw new ServiceError(
          501,
          "UnknownService",
          `No service of the laptop cloud answers to ${String(signature.kind === "signed" && signature.service)}`,
        );
      if (expectsContinue && service.body === "buffered") response.writeContinue();
      const call = await this.#callOf(request, head, service, signature, requestId);
      if (call.identity.kind !== "anonymous" || signature.kind === "signed") await this.#authorise(service, call);
      if (expectsContinue && service.body === "streamed") response.writeContinue();
      response.setHeader("x-amzn-requestid", requestId);
      await service.handle(call, response);
    } catch (error) {
      this.#answerFailure(response, service, head, requestId, error);
    }
  }

  async #callOf(
    request: IncomingMessage,
    head: RequestHead,
    service: LocalService,
    signature: { kind: "none" } | ({ kind: "signed" } & SignedRequest),
    requestId: string,
  ): Promise<ApiCall> {
    const body = service.body === "buffered" ? await readBody(request) : Buffer.alloc(0);
    const stated = String(head.headers["x-amz-content-sha256"] ?? "");
    const common = { ...head, request, service: service.name, requestId, body };
    if (signature.kind === "none") return { ...common, identity: anonymous, payloadHash: stated, signature: null, presigned: false };
    const payloadHash = service.body === "buffered" ? bodyHash(stated, body) : stated;
    const key = this.#verify(signature, head, payloadHash);
    return {
      ...common,
      identity: key.identity,
      payloadHash,
      presigned: signature.presigned,
      signature: {
        signingKey: signingKey(signature, key.secretAccessKey),
        seed: signature.signature,
        scope: scopeOf(signature),
        timestamp: signature.timestamp,
      },
    };
  }

  #verify(signed: SignedRequest, head: RequestHead, payloadHash: string): AccessKey {
    const key = this.#options.identities.find(signed.accessKeyId);
    if (!key) throw new ServiceError(403, idUnknown(signed.service), "The security token included in the request is invalid.");
    const time = timeOutcome(signed, this.#options.clock.now());
    if (time === "expired") throw new ServiceError(403, "AccessDenied", "Request has expired");
    if (time === "skewed")
      throw new ServiceError(403, skewed(signed.service), "Signature expired or not yet current: the request's time differs too much.");
    if ((key.sessionToken ?? undefined) !== signed.sessionToken) {
      throw new ServiceError(403, idUnknown(signed.service), "The security token included in the request is invalid.");
    }
    if (!signatureMatches(signed, head, payloadHash, key.secretAccessKey)) {
      throw new ServiceError(
        403,
        signed.service === "s3" ? "SignatureDoesNotMatch" : "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided.",
      );
    }
    return key;
  }

  async #authorise(service: LocalService, call: ApiCall): Promise<void> {
    const decision = this.#options.authority.decide(call.identity, await service.iamOf(call));
    if (decision.allowed) return;
    const why = decision.explicitDeny ? "with an explicit deny" : `because no identity-based policy allows the ${decision.action} action`;
    const message = `User: ${call.identity.arn} is not authorized to perform: ${decision.action} on resource: ${decision.resource} ${why}`;
    this.#options.log.warn("access denied", { action: decision.action, resource: decision.resource, caller: call.identity.arn });
    const protocol = service.protocolOf?.(call) ?? service.protocol;
    throw new ServiceError(protocol === "json" ? 400 : 403, accessDeniedCode(protocol), message);
  }

  #answerFailure(response: ServerResponse, service: LocalService | undefined, head: RequestHead, requestId: string, error: unknown): void {
    const protocol = service?.protocolOf?.(head) ?? service?.protocol ?? (head.headers["x-amz-target"] ? "json" : "rest-json");
    if (error instanceof ServiceError) {
      answerError(response, protocol, requestId, {
        status: error.status,
        code: error.code,
        message: error.message,
        details: error.details,
      });
      return;
    }
    if (!this.#isOpen) {
      answerError(response, protocol, requestId, { status: 503, code: "ServiceUnavailable", message: "The laptop cloud is stopping." });
      return;
    }
    this.#options.log.error("a service of the laptop cloud failed", {
      service: service?.name,
      path: head.path,
      error: String((error as Error)?.stack ?? error),
    });
    answerError(response, protocol, requestId, { status: 500, code: "InternalFailure", message: "The laptop cloud failed; see its log." });
  }
}

/** JSON services name an unknown key so; S3 has its own name. */
function idUnknown(service: string): string {
  return service === "s3" ? "InvalidAccessKeyId" : "UnrecognizedClientException";
}

function skewed(service: string): string {
  return service === "s3" ? "RequestTimeTooSkewed" : "InvalidSignatureException";
}

/** A stated digest must be the body's own. */
function bodyHash(stated: string, body: Buffer): string {
  if (stated === "UNSIGNED-PAYLOAD") return stated;
  return sha256(body);
}

function headOf(request: IncomingMessage): RequestHead {
  const url = request.url ?? "/";
  const at = url.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)),
    headers: request.headers,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > largestBodyOctets)
      throw new ServiceError(413, "RequestEntityTooLarge", "The request body is larger than any AWS API accepts.");
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
