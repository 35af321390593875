/**
 * The service's VAPID key (RFC 8292, RFC 9749 §5): made by whichever function first needs it and kept in the connections table beside the
 * subscriptions, under the same customer key. Nobody has to provide one, and it never leaves the account.
 */
import { generateKeyPairSync } from "node:crypto";
import { TransientError } from "../core/errors.ts";
import { readVapidKey, type VapidKey } from "../core/push/vapid.ts";
import { type Dynamo, putIfAbsent } from "./dynamo.ts";
import { connectionKeys as keys } from "./keys.ts";

/** Read once a process; a failed reading is tried again at the next call. */
export const vapidKeyIn = (dynamo: Dynamo, table: string): (() => Promise<VapidKey>) => {
  let reading: Promise<VapidKey> | null = null;
  return () => {
    reading ??= readOrMake(dynamo, table).catch((error: unknown) => {
      reading = null;
      throw error;
    });
    return reading;
  };
};

const readOrMake = async (dynamo: Dynamo, table: string): Promise<VapidKey> => {
  const { Item: item } = await dynamo.call("GetItem", { TableName: table, Key: keys.vapidKey(), ConsistentRead: true });
  if (item?.d?.S) return readVapidKey(item.d.S);
  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const earlier = await putIfAbsent(dynamo, table, { ...keys.vapidKey(), d: { S: pem } });
  if (!earlier) return readVapidKey(pem);
  if (!earlier.d?.S) throw new TransientError("the push key could not be read");
  return readVapidKey(earlier.d.S);
};
