import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ports } from "../../../local/ports.ts";
import { S3Service } from "../../../local/s3/s3-service.ts";
import { region, type ServiceRig, startRig } from "../service-rig.ts";

type Sent = { arn: string; body: string; sourceArn: string };
const sent: Sent[] = [];
const bus: { source: string; detailType: string; detail: object }[] = [];
const ports: Partial<Ports> = {
  topics: {
    publish: async (arn, { body }, caller) => {
      sent.push({ arn, body, sourceArn: caller?.sourceArn ?? "" });
      return { messageId: "1" };
    },
  },
  queues: {
    send: async (arn, { body }, caller) => {
      sent.push({ arn, body, sourceArn: caller?.sourceArn ?? "" });
      return { messageId: "1" };
    },
  },
  events: {
    put: async (event) => {
      bus.push(event);
      return { eventId: "1" };
    },
  },
};
let rig: ServiceRig;
let s3: S3Client;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error: Error) => error.name,
  );
const eventually = async <T>(find: () => T | undefined): Promise<T> => {
  for (let n = 0; n < 200; n++) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come");
};

beforeAll(async () => {
  rig = await startRig([new S3Service()], { ports });
  s3 = new S3Client({ region, endpoint: rig.url, credentials: rig.operator });
});
afterAll(async () => {
  s3.destroy();
  await rig.stop();
});

describe("rights", () => {
  const keyArn = "arn:aws:kms:eu-west-2:111122223333:key/k1";
  const as = async (name: string, ...statements: { Action: string | string[]; Resource: string }[]) => {
    const credentials = await rig.role(
      name,
      statements.map((statement) => ({ Effect: "Allow" as const, ...statement })),
    );
    return new S3Client({ region, endpoint: rig.url, credentials });
  };

  it("a role does what its policy says, key by key", async () => {
    const Bucket = (await rig.make("AWS::S3::Bucket", "Ruled", {})).ref;
    const client = await as("limited", {
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: `arn:aws:s3:::${Bucket}/mine/*`,
    });
    expect(await failure(client.send(new PutObjectCommand({ Bucket, Key: "mine/a", Body: "x" })))).toBe("done");
    expect(await failure(client.send(new PutObjectCommand({ Bucket, Key: "theirs/a", Body: "x" })))).toBe("AccessDenied");
    expect(await failure(client.send(new PutObjectTaggingCommand({ Bucket, Key: "mine/a", Tagging: { TagSet: [] } })))).toBe(
      "AccessDenied",
    );
    expect(await failure(client.send(new ListObjectsV2Command({ Bucket })))).toBe("AccessDenied");
    const many = (...keys: string[]) =>
      client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    expect(await failure(many("mine/a", "theirs/a"))).toBe("AccessDenied");
    expect(await failure(many("mine/a"))).toBe("done");
  });

  it("without ListBucket a missing key is 403, with it 404", async () => {
    const Bucket = (await rig.make("AWS::S3::Bucket", "Hidden", {})).ref;
    const blind = await as("blind", { Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` });
    const seeing = await as(
      "seeing",
      { Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` },
      { Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` },
    );
    expect(await failure(blind.send(new GetObjectCommand({ Bucket, Key: "none" })))).toBe("AccessDenied");
    expect(await failure(seeing.send(new GetObjectCommand({ Bucket, Key: "none" })))).toBe("NoSuchKey");
  });

  it("an SSE-KMS bucket needs rights on the key too, and has opaque ETags", async () => {
    const rule = { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: keyArn } };
    const Bucket = (await rig.make("AWS::S3::Bucket", "Sealed", { BucketEncryption: { ServerSideEncryptionConfiguration: [rule] } })).ref;
    const without = await as("keyless", { Action: ["s3:PutObject", "s3:GetObject"], Resource: `arn:aws:s3:::${Bucket}/*` });
    expect(await failure(without.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" })))).toBe("AccessDenied");
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
    expect([put.ServerSideEncryption, put.SSEKMSKeyId]).toEqual(["aws:kms", keyArn]);
    expect(put.ETag).not.toBe('"9dd4e461268c8034f5c8564e155c67a6"');
    expect(await failure(without.send(new GetObjectCommand({ Bucket, Key: "a" })))).toBe("AccessDenied");
  });

  it("browsers of configured origins may preflight and read the answer", async () => {
    const rule = {
      AllowedOrigins: ["http://127.0.0.1:8080"],
      AllowedMethods: ["GET"],
      AllowedHeaders: ["*"],
      ExposedHeaders: ["ETag"],
      MaxAge: 60,
    };
    const Bucket = (await rig.make("AWS::S3::Bucket", "Shared", { CorsConfiguration: { CorsRules: [rule] } })).ref;
    const preflight = (origin: string, method: string) =>
      fetch(`${rig.url}/${Bucket}/x`, { method: "OPTIONS", headers: { origin, "access-control-request-method": method } });
    const allowed = await preflight("http://127.0.0.1:8080", "GET");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin"), allowed.headers.get("access-control-max-age")]).toEqual([
      200,
      "http://127.0.0.1:8080",
      "60",
    ]);
    expect((await preflight("http://evil.example", "GET")).status).toBe(403);
    expect((await preflight("http://127.0.0.1:8080", "PUT")).status).toBe(403);
  });
});

describe("events", () => {
  it("tell queue and topic what was created and removed, by prefix and suffix, and EventBridge all", async () => {
    const filter = (prefix: string, suffix: string) => ({
      S3Key: {
        Rules: [
          { Name: "prefix", Value: prefix },
          { Name: "suffix", Value: suffix },
        ],
      },
    });
    const NotificationConfiguration = {
      QueueConfigurations: [{ Event: "s3:ObjectCreated:*", Queue: "arn:aws:sqs:eu-west-2:1:q", Filter: filter("in/", ".eml") }],
      TopicConfigurations: [{ Event: "s3:ObjectRemoved:Delete", Topic: "arn:aws:sns:eu-west-2:1:t" }],
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    };
    const Bucket = (await rig.make("AWS::S3::Bucket", "Told", { NotificationConfiguration })).ref;
    await s3.send(new PutObjectCommand({ Bucket, Key: "out/x.eml", Body: "no" }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "in/a b+é.eml", Body: "yes" }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "in/a b+é.eml" }));
    const created = await eventually(() => sent.find(({ arn }) => arn.endsWith(":q")));
    const record = (JSON.parse(created.body) as { Records: Record<string, unknown>[] }).Records[0];
    expect(record).toMatchObject({
      eventName: "ObjectCreated:Put",
      eventSource: "aws:s3",
      s3: { bucket: { name: Bucket }, object: { key: "in/a+b%2B%C3%A9.eml", size: 3 } },
    });
    expect(created.sourceArn).toBe(`arn:aws:s3:::${Bucket}`);
    await eventually(() => sent.find(({ arn }) => arn.endsWith(":t")));
    expect(sent.filter(({ arn }) => arn.endsWith(":q"))).toHaveLength(1);
    await eventually(() => (bus.length === 3 ? bus : undefined));
    expect(bus.map(({ detailType }) => detailType).sort()).toEqual(["Object Created", "Object Created", "Object Deleted"]);
  });
});

describe("kill -9", () => {
  it("leaves whole objects or none, no stray files after the next start, and delivers what was not delivered", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "penfold-s3-kill-"));
    const child = spawn(process.execPath, [join(import.meta.dirname, "s3-process.ts"), dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    const [url, key, secret, Bucket] = await new Promise<string[]>((resolve) =>
      child.stdout.once("data", (line: Buffer) => resolve(String(line).trim().split(" "))),
    );
    const client = new S3Client({ region, endpoint: url!, credentials: { accessKeyId: key!, secretAccessKey: secret! }, maxAttempts: 1 });
    const acknowledged: string[] = [];
    const writes = Array.from({ length: 60 }, async (_, n) => {
      await client.send(new PutObjectCommand({ Bucket: Bucket!, Key: `k${n}`, Body: randomBytes(200_000) }));
      acknowledged.push(`k${n}`);
      if (acknowledged.length === 15) child.kill("SIGKILL");
    });
    await Promise.allSettled(writes);
    client.destroy();
    const told: string[] = [];
    const remembering: Partial<Ports> = {
      queues: {
        send: async (_, { body }) => {
          told.push((JSON.parse(body) as { Records: [{ s3: { object: { key: string } } }] }).Records[0].s3.object.key);
          return { messageId: "1" };
        },
      },
    };
    const again = await startRig([new S3Service()], { dataDir, ports: remembering });
    const QueueConfigurations = [{ Event: "s3:ObjectCreated:*", Queue: "arn:aws:sqs:eu-west-2:1:q" }];
    await again.make("AWS::S3::Bucket", "Killed", { NotificationConfiguration: { QueueConfigurations } });
    await again.opened();
    const reader = new S3Client({ region, endpoint: again.url, credentials: again.operator });
    const kept = (await reader.send(new ListObjectsV2Command({ Bucket: Bucket! }))).Contents ?? [];
    const keys = kept.map((one) => one.Key!);
    for (const key of acknowledged) expect(keys).toContain(key);
    for (const Key of keys) {
      const { ContentLength } = await reader.send(new HeadObjectCommand({ Bucket: Bucket!, Key }));
      const whole = await (await reader.send(new GetObjectCommand({ Bucket: Bucket!, Key }))).Body!.transformToByteArray();
      expect([ContentLength, whole.length]).toEqual([200_000, 200_000]);
    }
    await eventually(() => (keys.every((key) => told.includes(key)) ? told : undefined));
    const blobs = (await readdir(join(dataDir, "s3", "blobs"), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(blobs).toHaveLength(keys.length);
    reader.destroy();
    await again.stop();
    await rm(dataDir, { recursive: true });
  });
});
