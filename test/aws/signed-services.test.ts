/** S3 and SQS by the SDK and by signed HTTP, against the laptop's services behind a gateway that verifies every signature itself. */

import { GetObjectTaggingCommand, PutObjectTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SdkBlobStore } from "../../aws/blob-store.ts";
import { malwareTag } from "../../aws/malware-tag.ts";
import { ServiceRefusal } from "../../aws/signed/service-refusal.ts";
import { SignedBlobStore } from "../../aws/signed/signed-blob-store.ts";
import { createSignedDynamo } from "../../aws/signed/signed-dynamo.ts";
import { createSignedSqsSender } from "../../aws/signed/signed-sqs.ts";
import { createSdkSqsSender } from "../../aws/sqs-sdk.ts";
import { createStageQueue, type SqsSender } from "../../aws/stage-queue.ts";
import { TransientError } from "../../core/errors.ts";
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { Cloud } from "../../local/cloud.ts";
import { bootStack, clientsOf } from "../local/support/cloud.ts";

const bucket = "penfold-mail-test";
let cloud: Cloud;
beforeAll(async () => {
  cloud = await bootStack({
    Mail: { Type: "AWS::S3::Bucket", Properties: { BucketName: bucket } },
    Jobs: { Type: "AWS::SQS::Queue", Properties: { QueueName: "jobs" } },
  });
});
afterAll(() => cloud?.stop());

const signing = () => ({ endpoint: cloud.endpoints.gateway, region: cloud.region, credentials: cloud.credentials });
const s3Config = () => ({ ...signing(), forcePathStyle: true });

const blobStores: Record<string, () => BlobStore> = {
  "the SDK": () => SdkBlobStore.of(bucket, s3Config()),
  "signed HTTP": () => new SignedBlobStore({ ...signing(), bucket }),
};

describe.each(Object.entries(blobStores))("BlobStore by %s", (name, factory) => {
  const key = (end: string) => `inbound/${name.replace(" ", "-")}/${end}`;
  const octets = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

  it("gives back what was put, whole or in part", async () => {
    const store = factory();
    await store.put(key("a"), octets, { contentType: "message/rfc822" });
    expect(Buffer.compare((await store.get(key("a")))!, octets)).toBe(0);
    expect(Buffer.from((await store.get(key("a"), { offset: 1_000, length: 20 }))!)).toEqual(octets.subarray(1_000, 1_020));
    expect(Buffer.from((await store.get(key("a"), { offset: 299_990, length: 500 }))!)).toEqual(octets.subarray(299_990));
    expect(await store.get(key("a"), { offset: 5, length: 0 })).toHaveLength(0);
    expect(await store.get(key("a"), { offset: 300_000, length: 5 })).toHaveLength(0);
  });

  it("takes keys with any characters, and empty objects", async () => {
    const store = factory();
    for (const end of ["ünï cødé", "a+b&c=d?e#f", "(x)*'!~", "sp ace//double"]) {
      await store.put(key(end), Buffer.from(end));
      expect(Buffer.from((await store.get(key(end)))!).toString()).toBe(end);
    }
    await store.put(key("empty"), new Uint8Array());
    expect(await store.get(key("empty"))).toHaveLength(0);
  });

  it("has null for what is not there, and does not mind deleting it", async () => {
    const store = factory();
    expect(await store.get(key("never"))).toBeNull();
    await store.delete(key("never"));
    await store.put(key("gone"), octets);
    await store.delete(key("gone"));
    expect(await store.get(key("gone"))).toBeNull();
  });

  it("signs a link that anyone can read, as the type and name asked for", async () => {
    const store = factory();
    await store.put(key("link"), Buffer.from("hello"));
    const url = await store.presignGet(key("link"), {
      seconds: 60,
      contentType: "text/plain",
      disposition: 'attachment; filename="a b.txt"',
    });
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("hello");
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="a b.txt"');
    expect((await fetch(url.replace(/X-Amz-Signature=..../, "X-Amz-Signature=0000"))).status).toBe(403);
  });

  it("reads the malware scanner's verdict", async () => {
    const store = factory();
    await store.put(key("scan"), octets);
    expect(await store.malwareVerdict(key("scan"))).toEqual({ status: "pending" });
    const client = new S3Client(s3Config());
    const tag = async (Value: string) =>
      client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key("scan"), Tagging: { TagSet: [{ Key: malwareTag, Value }] } }));
    await tag("NO_THREATS_FOUND");
    expect((await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key("scan") }))).TagSet).toHaveLength(1);
    expect(await store.malwareVerdict(key("scan"))).toEqual({ status: "clean" });
    await tag("THREATS_FOUND");
    expect((await store.malwareVerdict(key("scan"))).status).toBe("infected");
    await tag("UNSUPPORTED");
    expect(await store.malwareVerdict(key("scan"))).toEqual({ status: "unscannable", reason: "UNSUPPORTED" });
  });
});

const senders: Record<string, () => SqsSender> = {
  "the SDK": () => createSdkSqsSender(clientsOf(cloud).sqs),
  "signed HTTP": () => createSignedSqsSender(signing()),
};

describe.each(Object.entries(senders))("StageQueue by %s", (_name, factory) => {
  it("delivers each job of more than one batch", async () => {
    const queueUrl = cloud.resource("Jobs").ref;
    const queue = createStageQueue<{ n: number; text: string }>(factory(), queueUrl);
    await Promise.all(Array.from({ length: 23 }, (_, n) => queue.send([{ n, text: "ü<&>\u2028" }])));
    const got = new Set<number>();
    for (let round = 0; round < 10 && got.size < 23; round++) {
      const { Messages = [] } = await clientsOf(cloud).sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const message of Messages) got.add((JSON.parse(message.Body!) as { n: number }).n);
    }
    expect(got.size).toBe(23);
  });
});

describe("a stage queue", () => {
  it("sends again what SQS did not take, and fails only the caller whose job it never takes", async () => {
    const bodies: string[] = [];
    let calls = 0;
    const sender: SqsSender = {
      sendBatch: async (_url, entries) => {
        calls++;
        const refused = entries.filter(({ body }) => body.includes("never") || (calls === 1 && body.includes("later")));
        bodies.push(...entries.filter((entry) => !refused.includes(entry)).map(({ body }) => body));
        return { failedIds: refused.map(({ id }) => id) };
      },
    };
    const queue = createStageQueue<{ job: string }>(sender, "https://sqs.example/q");
    const outcomes = await Promise.allSettled(["now", "later", "never"].map((job) => queue.send([{ job }])));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect((outcomes[2] as PromiseRejectedResult).reason).toBeInstanceOf(TransientError);
    expect(bodies.sort()).toEqual(['{"job":"later"}', '{"job":"now"}']);
  });
});

describe("refusals", () => {
  it("of a bad signature or a missing right are errors with the service's own code, not tried again for long", async () => {
    const bad = { ...signing(), credentials: { ...cloud.credentials, secretAccessKey: "wrong" } };
    await expect(createSignedDynamo(bad).call("GetItem", { TableName: "t", Key: { pk: { S: "a" } } })).rejects.toThrow(ServiceRefusal);
    await expect(new SignedBlobStore({ ...bad, bucket }).get("x")).rejects.toThrow(/SignatureDoesNotMatch/);
  });

  it("of the network are transient", async () => {
    const away = { ...signing(), endpoint: "http://127.0.0.1:9" };
    await expect(createSignedDynamo(away).call("GetItem", { TableName: "t", Key: { pk: { S: "a" } } })).rejects.toThrow(TransientError);
  });
});
