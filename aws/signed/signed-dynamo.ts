/** The Dynamo calls as signed JSON (protocol AWS JSON 1.0). Binary attributes travel in base64. */
import type { AttributeValue, ConsumedCapacity } from "@aws-sdk/client-dynamodb";
import { ConditionFailed, type Dynamo, type Item } from "../dynamo.ts";
import { countUnits } from "../dynamo-units.ts";
import type { Meter } from "../meter.ts";
import { ServiceRefusal } from "./service-refusal.ts";
import { type Answer, type ClientOptions, createSignedClient } from "./signed-client.ts";

const throttles = /(?:Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|ReplicatedWriteConflict)/;

interface Wire {
  Item?: Item;
  Items?: Item[];
  Attributes?: Item;
  Responses?: Record<string, Item[]>;
  ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
}

export const createSignedDynamo = (
  options: Pick<ClientOptions, "endpoint" | "region" | "credentials"> & { readonly meter?: Meter },
): Dynamo => {
  const send = createSignedClient({
    ...options,
    service: "dynamodb",
    timeoutMilliseconds: 5_000,
    isThrottled: (answer) => answer.status === 400 && throttles.test(refusalName(answer)),
  });
  return {
    call: async (operation, input) => {
      const answer = await send({
        method: "POST",
        path: "/",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
        body: JSON.stringify({ ...input, ReturnConsumedCapacity: "TOTAL" }, holdsBinary(input) ? withBase64 : undefined),
      });
      const output = JSON.parse(answer.body.toString("utf8")) as Wire;
      if (answer.status !== 200) throw refusalOf(answer, output);
      reviveBinary(output);
      if (options.meter) countUnits(options.meter, operation, output);
      return output as never;
    },
  };
};

/** Whether octets may be among what is sent: our keys are text. A replacer is asked for every value, which costs more than the rest. */
const holdsBinary = (input: object): boolean => {
  const {
    Item,
    RequestItems,
    ExpressionAttributeValues = {},
  } = input as { Item?: Item; RequestItems?: object; ExpressionAttributeValues?: Item };
  return (
    Item !== undefined || RequestItems !== undefined || Object.values(ExpressionAttributeValues).some((value) => value.B !== undefined)
  );
};

/** A JSON.stringify replacer; `this` holds the value before Buffer's own toJSON. */
function withBase64(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const given = this[key];
  if (!(given instanceof Uint8Array)) return value;
  return Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString("base64");
}

const reviveBinary = (output: Wire): void => {
  if (output.Item) reviveItem(output.Item);
  if (output.Attributes) reviveItem(output.Attributes);
  for (const item of output.Items ?? []) reviveItem(item);
  for (const items of Object.values(output.Responses ?? {})) for (const item of items) reviveItem(item);
};

/** Our items hold no lists, maps or binary sets. */
const reviveItem = (item: Item): void => {
  for (const value of Object.values(item) as { B?: unknown }[]) {
    if (typeof value.B === "string") (value as AttributeValue.BMember).B = Buffer.from(value.B, "base64");
  }
};

/** `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException` without what is before the hash. */
const refusalName = (answer: Answer): string => {
  const named = /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(answer.body.toString("utf8", 0, 512));
  return named?.[1] ?? `Status${answer.status}`;
};

const refusalOf = (answer: Answer, output: Wire): Error => {
  const name = refusalName(answer);
  if (name !== "ConditionalCheckFailedException") return new ServiceRefusal("dynamodb", name, answer.status);
  if (output.Item) reviveItem(output.Item);
  return new ConditionFailed(output.Item);
};
