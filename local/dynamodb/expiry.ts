import { setTimeout as pause } from "node:timers/promises";
import { type ServiceContext, ServiceError } from "../service.ts";
import type { EngineClient } from "./engine-client.ts";
import type { Table } from "./tables.ts";

interface ScanPage {
  Items: Record<string, { S?: string; N?: string }>[];
  LastEvaluatedKey?: object;
}

const pageItems = 500;
const restMilliseconds = 50;

/** Time to live: deletes items whose time has passed, page by page with rests, as DynamoDB does in the background. */
export async function sweepExpired(client: EngineClient, tables: readonly Table[], context: ServiceContext): Promise<void> {
  for (const table of tables) {
    if (!table.ttlAttribute) continue;
    const now = String(Math.floor(context.clock.now() / 1000));
    let next: object | undefined;
    do {
      const page: ScanPage = await client.call<ScanPage>("DynamoDB_20120810.Scan", {
        TableName: table.name,
        Limit: pageItems,
        FilterExpression: "#ttl < :now",
        ExpressionAttributeNames: { "#ttl": table.ttlAttribute },
        ExpressionAttributeValues: { ":now": { N: now } },
        ...(next ? { ExclusiveStartKey: next } : {}),
      });
      for (const item of page.Items) await deleteUnlessRenewed(client, table, item);
      next = page.LastEvaluatedKey;
      await pause(restMilliseconds);
    } while (next);
  }
}

async function deleteUnlessRenewed(client: EngineClient, table: Table, item: Record<string, { S?: string; N?: string }>): Promise<void> {
  try {
    await client.call("DynamoDB_20120810.DeleteItem", {
      TableName: table.name,
      Key: Object.fromEntries(table.keyAttributes.map((name) => [name, item[name]])),
      ConditionExpression: "#ttl = :seen",
      ExpressionAttributeNames: { "#ttl": table.ttlAttribute },
      ExpressionAttributeValues: { ":seen": item[table.ttlAttribute!] },
    });
  } catch (error) {
    if (!(error instanceof ServiceError && error.code.endsWith("ConditionalCheckFailedException"))) throw error;
  }
}
