/** Steps that must not be done twice, beside the traces. */
import { limits } from "../core/limits.ts";
import type { DispatchStore } from "../core/ports/dispatch-store.ts";
import { ConditionFailed, type Dynamo, putIfAbsent } from "./dynamo.ts";
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
    if (there.outcome?.S !== undefined) return { state: "settled", outcome: there.outcome.S };
    const claimedAt = Number(there.at?.N);
    if (at - claimedAt < limits.outbound.claimSeconds * 1000) return { state: "underWay" };
    return { state: (await this.takeOver(dispatchId, step, claimedAt, at)) ? "unsettled" : "underWay" };
  }

  /** Of several who find an old claim one gets it. */
  private async takeOver(dispatchId: string, step: string, claimedAt: number, at: number): Promise<boolean> {
    try {
      await this.dynamo.call("UpdateItem", {
        TableName: this.table,
        Key: traceKeys.dispatch(dispatchId, step),
        UpdateExpression: "SET #at = :at",
        ConditionExpression: "#at = :before AND attribute_not_exists(outcome)",
        ExpressionAttributeNames: { "#at": "at" },
        ExpressionAttributeValues: { ":at": { N: String(at) }, ":before": { N: String(claimedAt) } },
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
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
