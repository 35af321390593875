/** SES alone on a bench: the real service, with topics and buckets that keep what they are given in memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerError } from "../../../local/gateway/answer-error.ts";
import type { Ports } from "../../../local/ports.ts";
import {
  type ApiCall,
  type Identity,
  type LocalService,
  type RequestHead,
  type ServiceContext,
  ServiceError,
} from "../../../local/service.ts";
import type { SesOptions } from "../../../local/ses/options.ts";
import { createSes } from "../../../local/ses/ses-service.ts";

interface Published {
  readonly topicArn: string;
  readonly body: string;
}

export interface Bench {
  readonly smtpPort: number;
  /** Endpoint of the SES API; signatures are not looked at here. */
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly published: Published[];
  readonly dataDir: string;
  /** Makes the next `count` publications fail. */
  failPublishing(count: number): void;
  make(
    type: string,
    logicalId: string,
    properties: Record<string, unknown>,
  ): Promise<{ ref: string; attributes: Readonly<Record<string, string>> }>;
  /** IAM questions of the calls made so far. */
  readonly asked: { action: string; resource: string }[];
  eventually<T>(look: () => T | undefined | null | false): Promise<T>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const REGION = "eu-west-2";
export const DOMAIN = "northvale.health.example";
export const MAIL_TOPIC = `arn:aws:sns:${REGION}:123456789012:mail-in`;
export const EVENT_TOPIC = `arn:aws:sns:${REGION}:123456789012:mail-events`;
const operator: Identity = { kind: "operator", accessKeyId: "AKIATEST", arn: "arn:aws:iam::123456789012:user/operator" };

export interface BenchOptions extends Partial<SesOptions> {
  readonly rule?: Record<string, unknown>;
  readonly moreRules?: readonly Record<string, unknown>[];
}

export const startBench = async (options: BenchOptions = {}): Promise<Bench> => {
  const dataDir = mkdtempSync(join(tmpdir(), "ses-"));
  const objects = new Map<string, Buffer>();
  const published: Published[] = [];
  const asked: { action: string; resource: string }[] = [];
  let failures = 0;
  const ports: Partial<Ports> = {
    topics: {
      publish: async (topicArn, { body }) => {
        if (failures-- > 0) throw new ServiceError(500, "InternalError", "asked to fail");
        published.push({ topicArn, body });
        return { messageId: String(published.length) };
      },
    },
    objects: {
      put: async (bucket, key, body) => {
        objects.set(`${bucket}/${key}`, body as Buffer);
        return { etag: "x", sizeOctets: (body as Buffer).length };
      },
      get: async () => null,
      setTags: async () => {},
      onCreated: () => {},
    },
  };
  let service: LocalService;
  let smtpPort = 0;
  const api = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, "http://x");
    const head: RequestHead = { method: request.method!, path: url.pathname, query: url.searchParams, headers: request.headers };
    const unsigned = request.headers.authorization === undefined;
    const body = Buffer.concat(chunks);
    const common = { ...head, request, service: "ses", requestId: "r-1", body, payloadHash: "", signature: null, presigned: false };
    const call: ApiCall = { ...common, identity: unsigned ? { ...operator, kind: "anonymous" } : operator };
    try {
      if (unsigned && !service.claimsUnsigned?.(head)) throw new ServiceError(403, "MissingAuthenticationToken", "unsigned");
      if (!unsigned) asked.push(...(await service.iamOf(call)));
      await service.handle(call, response);
    } catch (error) {
      const { status, code, message } =
        error instanceof ServiceError ? error : new ServiceError(500, "InternalFailure", String((error as Error).stack));
      answerError(response, service.protocolOf?.(head) ?? service.protocol, "r-1", { status, code, message });
    }
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;

  const boot = async (): Promise<void> => {
    service = createSes({ systemDns: false, relay: null, delayMillis: 200, ...options });
    const context: ServiceContext = {
      dataDir,
      region: REGION,
      accountId: "123456789012",
      partition: "aws",
      listenPorts: { web: 0, smtp: 0 },
      gatewayUrl: endpoint,
      webUrl: endpoint,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      clock: { now: () => Date.now() },
      faults: { duplicateEvents: false },
      asset: () => null,
      provide: (name, port) => void (ports[name] = port),
      port: (name) => ports[name]!,
      allowsService: () => true,
      allowsRole: () => true,
      announce: (label, value) => {
        if (label === "Mail in") smtpPort = Number(new URL(value).port);
      },
    };
    await service.start(context);
    await make("AWS::SES::ReceiptRuleSet", "Rules", { RuleSetName: "mail" });
    await make("AWS::SES::EmailIdentity", "Domain", { EmailIdentity: DOMAIN });
    const own = {
      Name: "all",
      Enabled: true,
      ScanEnabled: true,
      Recipients: [DOMAIN],
      Actions: [{ S3Action: { BucketName: "mail-bucket", ObjectKeyPrefix: "inbound/", TopicArn: MAIL_TOPIC } }],
      ...options.rule,
    };
    let after: unknown;
    for (const [index, rule] of [own, ...(options.moreRules ?? [])].entries()) {
      await make("AWS::SES::ReceiptRule", `Rule${index}`, { RuleSetName: "mail", Rule: rule, ...(after ? { After: after } : {}) });
      after = rule.Name;
    }
    await make("AWS::SES::ConfigurationSet", "Set", { Name: "outgoing" });
    await make("AWS::SES::ConfigurationSetEventDestination", "Events", {
      ConfigurationSetName: "outgoing",
      EventDestination: {
        Name: "events",
        Enabled: true,
        MatchingEventTypes: ["send", "delivery", "bounce", "complaint", "reject", "deliveryDelay"],
        SnsDestination: { TopicARN: EVENT_TOPIC },
      },
    });
    await service.customCalls!["ses.setactivereceiptruleset"]!({ RuleSetName: "mail" });
    await service.opened!();
  };
  const make: Bench["make"] = (type, logicalId, properties) =>
    service.resources[type]!.create({
      stack: "Test",
      logicalId,
      type,
      properties,
      physicalName: () => logicalId,
      stableId: (length) => "x".repeat(length),
    });
  await boot();
  return {
    get smtpPort() {
      return smtpPort;
    },
    endpoint,
    objects,
    published,
    asked,
    dataDir,
    make,
    failPublishing: (count) => void (failures = count),
    eventually: async (look) => {
      for (const until = Date.now() + 8_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 10))) {
        const seen = look();
        if (seen) return seen;
      }
      throw new Error(`Not seen in time. Published: ${published.map(({ body }) => body.slice(0, 300)).join("\n")}`);
    },
    restart: async () => {
      await service.stop();
      await boot();
    },
    stop: async () => {
      await service.stop();
      await new Promise((resolve) => api.close(resolve));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};
