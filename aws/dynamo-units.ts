/** Adds the consumed capacity that DynamoDB reports to a meter. */
import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";
import type { DynamoOperation } from "./dynamo.ts";
import type { Meter } from "./meter.ts";

const reads: ReadonlySet<DynamoOperation> = new Set(["GetItem", "Query", "BatchGetItem"] as const);

export const countUnits = (
  meter: Meter,
  operation: DynamoOperation,
  output: { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] },
): void => {
  meter.count(`dynamodb:${operation}`);
  const given = output.ConsumedCapacity;
  const units = (Array.isArray(given) ? given : given ? [given] : []).reduce((sum, capacity) => sum + (capacity.CapacityUnits ?? 0), 0);
  if (reads.has(operation)) meter.readUnits += units;
  else meter.writeUnits += units;
};
