/** Deliveries into mailboxes of several sizes on the laptop's DynamoDB engine, with the units that it reports. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoAccountLogStore } from "../../aws/account-log-store.ts";
import { createSdkDynamo } from "../../aws/dynamo-sdk.ts";
import { createMeter } from "../../aws/meter.ts";
import type { AccountId, ReceiptId } from "../../core/ids.ts";
import { type Delivery, deliver } from "../../core/log/delivery.ts";
import type { LogEntry } from "../../core/log/entry.ts";
import { readMessage } from "../../core/mime/read-message.ts";
import { threadKeys } from "../../core/mime/thread-keys.ts";
import { Dynoxide } from "../../local/dynamodb/dynoxide.ts";
import { ChildRegister } from "../../local/processes/child-register.ts";

const TABLE = "Accounts";
const DELIVERIES = 20;

export interface DeliveryCost {
  readonly messages: number;
  readonly kind: string;
  readonly calls: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly milliseconds: number;
}

/** An ordinary message: the headers that mail systems write, 12 KB of text, a reply when `parents` are given. */
const messageOf = (number: number, parents: readonly number[]): Uint8Array => {
  const id = (one: number): string => `<${one.toString(36)}.7f3a92c1d4e8@mail.northvale.health.example>`;
  const lines = [
    "Return-Path: <maria.okonkwo@northvale.health.example>",
    "Received: from smtp-out-17.mail.example (smtp-out-17.mail.example [192.0.2.17]) by inbound-smtp.eu-west-2.amazonaws.com with SMTP id abcdef for ann@southvale.health.example; Mon, 02 Nov 2026 09:14:05 +0000 (UTC)",
    "Authentication-Results: amazonses.com; spf=pass; dkim=pass header.i=@northvale.health.example; dmarc=pass header.from=northvale.health.example;",
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=northvale.health.example; s=selector1; h=from:to:subject:date:message-id; bh=abc=; b=def=",
    `From: "Okonkwo, Maria (Ward Manager)" <maria.okonkwo@northvale.health.example>`,
    `To: "Bell, Ann" <ann.bell@southvale.health.example>, "Rota Team" <rota@southvale.health.example>`,
    `Subject: ${parents.length > 0 ? "Re: " : ""}Cover for ward 7 on Thursday night`,
    `Date: Mon, 02 Nov 2026 09:14:0${number % 10} +0000`,
    `Message-ID: ${id(number)}`,
    ...(parents.length > 0 ? [`In-Reply-To: ${id(parents.at(-1)!)}`, `References: ${parents.map(id).join(" ")}`] : []),
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    ...Array.from({ length: 170 }, (_, line) => `Line ${line}: we still need one more nurse for the late shift, please let me know.`),
  ];
  return Buffer.from(lines.join("\r\n"));
};

const deliveryOf = (accountId: AccountId, number: number, parents: readonly number[]): Delivery => {
  const read = readMessage(messageOf(number, parents));
  if (read.outcome !== "parsed") throw new Error("the bench's own message does not parse");
  return {
    accountId,
    receiptId: `bench-receipt-${number}` as ReceiptId,
    rawKey: `inbound/0r1s2t3u4v5w6x7y8z9a0b1c2d3e4f5g6h7i8j9k${number}`,
    message: read.message,
    reversePath: "maria.okonkwo@northvale.health.example",
    receivedAt: Date.UTC(2026, 10, 2, 9, 14, 5),
    role: "inbox",
    marks: [],
    threadKeys: threadKeys(read.message),
  };
};

/** The highest cost of any delivery of a kind, and the mean CPU. */
export const measureDeliveries = async (
  sizes: readonly number[],
  entriesOf: (messages: number) => Iterable<LogEntry>,
): Promise<DeliveryCost[]> => {
  const dataDir = mkdtempSync(join(tmpdir(), "penfold-bench-"));
  const engine = new Dynoxide({ dataDir, register: new ChildRegister(dataDir), onDeath: () => {} });
  try {
    const endpoint = await engine.start();
    const client = new DynamoDBClient({ endpoint, region: "eu-west-2", credentials: { accessKeyId: "bench", secretAccessKey: "bench" } });
    await client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
    const meter = createMeter();
    const store = new DynamoAccountLogStore(createSdkDynamo({ client, meter }), TABLE);
    const costs: DeliveryCost[] = [];
    for (const messages of sizes) {
      const accountId = `A${messages}` as AccountId;
      for (const entry of entriesOf(messages)) await store.append({ ...entry, accountId });
      let number = 0;
      const thread: number[] = [];
      const kinds: readonly (readonly [kind: string, rounds: number, parents: () => readonly number[]])[] = [
        ["first after the import", 1, () => []],
        ["new conversation", DELIVERIES, () => []],
        ["reply", DELIVERIES, () => thread.slice(-6)],
      ];
      for (const [kind, rounds, parents] of kinds) {
        const cost = { messages, kind, calls: 0, writeUnits: 0, readUnits: 0, milliseconds: 0 };
        for (let round = 0; round < rounds; round++) {
          const delivery = deliveryOf(accountId, ++number, parents());
          thread.push(number);
          meter.reset();
          const before = process.cpuUsage();
          const { outcome } = await deliver({ store, epoch: 1, now: () => Date.now() }, delivery);
          const used = process.cpuUsage(before);
          if (outcome !== "filed") throw new Error(`a delivery of the bench ended as ${outcome}`);
          cost.calls = Math.max(
            cost.calls,
            [...meter.calls.values()].reduce((sum, count) => sum + count, 0),
          );
          cost.writeUnits = Math.max(cost.writeUnits, meter.writeUnits);
          cost.readUnits = Math.max(cost.readUnits, meter.readUnits);
          cost.milliseconds += (used.user + used.system) / 1000 / rounds;
        }
        costs.push(cost);
      }
    }
    return costs;
  } finally {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
};
