/** Steps that must not be done twice, beside the traces. */
import { limits } from "../core/limits.ts";
import type { DispatchStore } from "../core/ports/dispatch-store.ts";
import { type Dynamo, putIfAbsent } from "./dynamo.ts";
import { traceKeys } from "./keys.ts";
import { expiryAfter } from "./traces-table.ts";

export class DynamoDispatchStore implements DispatchStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async claim(dispatchId: string, step: string, at: number): ReturnType<DispatchStore["claim"]> {
    const there = await putIfAbsent(this.dynamo, this.table, {
      ...traceKeys.dispatch(dispatchId, step),
      at: { N: String(at) },
      ttl: expiryAfter(at, limits.retention.traceDays),
    });
    if (!there) return { state: "fresh" };
    return there.outcome?.S === undefined ? { state: "unsettled" } : { state: "settled", outcome: there.outcome.S };
  }

  async settle(dispatchId: string, step: string, outcome: string): Promise<void> {
    await this.dynamo.call("UpdateItem", {
      TableName: this.table,
      Key: traceKeys.dispatch(dispatchId, step),
      UpdateExpression: "SET outcome = :outcome",
      ExpressionAttributeValues: { ":outcome": { S: outcome } },
    });
  }
}
