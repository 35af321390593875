/**
 * PushSubscription (RFC 8620 §7.2): of a person, not of an account, and kept outside the log, so it has no state.
 * The credentials that a subscription is tied to are the person's sign-in: all their devices see the same ones, and nothing is
 * pushed for somebody who may not sign in.
 */
import { timingSafeEqual } from "node:crypto";
import { limits } from "../../limits.ts";
import type { StoredPushSubscription } from "../../ports/push-subscription-store.ts";
import { arePushKeys, type PushKeys } from "../../push/encrypt.ts";
import { type Arguments, checkArguments } from "../engine/arguments.ts";
import type { Method, RequestContext } from "../engine/context.ts";
import type { Property, Wire } from "../engine/definition.ts";
import { id, type Kind, listOf, mapOf, nullable, object, objectOf, string, stringOf, utcDate } from "../engine/kinds.ts";
import { mintIds } from "../engine/set.ts";
import { completeCreate, patched } from "../engine/set-objects.ts";
import { formatUtcDate } from "../engine/utc-date.ts";
import { invalidArguments, invalidProperties, methodError, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import { heardAccounts } from "../session.ts";

const { push: bounds } = limits;
const DAY = 86_400_000;
/** 192 bits. */
const CODE_OCTETS = 24;

/** https, a host, no user name or password in it; what it may resolve to is checked when it is called. */
const pushUrl: Kind = (value) => {
  const wanted = `an https URL of at most ${bounds.urlOctets} octets`;
  if (typeof value !== "string" || !value.startsWith("https://") || Buffer.byteLength(value) > bounds.urlOctets) return wanted;
  if (!URL.canParse(value)) return wanted;
  const { username, password } = new URL(value);
  return username === "" && password === "" ? null : `${wanted} without credentials`;
};

const keysObject = objectOf({ p256dh: string, auth: string });
const pushKeys: Kind = (value) => keysObject(value) ?? (arePushKeys(value as PushKeys) ? null : "keys of RFC 8291 in URL-safe base64");

const typeNames: Kind = (value) =>
  listOf(stringOf({ minOctets: 1, maxOctets: 100 }))(value) ??
  ((value as string[]).length <= bounds.types ? null : `at most ${bounds.types} types`);

const properties: Readonly<Record<string, Property>> = {
  deviceClientId: { kind: stringOf({ minOctets: 1, maxOctets: 255 }), setter: "create" },
  url: { kind: pushUrl, setter: "create" },
  keys: { kind: nullable(pushKeys), setter: "create", default: null },
  verificationCode: { kind: nullable(string), setter: "client", default: null },
  expires: { kind: nullable(utcDate), setter: "client", default: null },
  types: { kind: nullable(typeNames), setter: "client", default: null },
};

/** RFC 8620 §7.2.1: private to a device, never given back. */
const secret = ["url", "keys"];
const shown = Object.keys(properties).filter((name) => !secret.includes(name));

const wireOf = ({ deviceClientId, isVerified, verificationCode, expiresAt, types }: StoredPushSubscription): Wire => ({
  deviceClientId,
  verificationCode: isVerified ? verificationCode : null,
  expires: formatUtcDate(expiresAt),
  types,
});

/** The person's subscriptions that have not run out, by id. */
const present = async (context: RequestContext): Promise<Map<string, StoredPushSubscription>> => {
  const now = context.ports.now();
  const kept = (await context.ports.pushes?.subscriptions.ofOwner(context.principal.entryId)) ?? [];
  return new Map(kept.filter(({ expiresAt }) => expiresAt > now).map((subscription) => [subscription.id, subscription]));
};

const getArguments: Arguments = { ids: { kind: nullable(listOf(string)) }, properties: { kind: nullable(listOf(string)) } };

const get: Method = async ({ context, args }) => {
  const checked = checkArguments(args, getArguments);
  if (!checked.ok) return checked;
  const names = (args.properties as string[] | null | undefined) ?? shown;
  if (names.some((name) => secret.includes(name))) return methodError("forbidden", "The address and keys of a device are not given back.");
  const unknown = names.find((name) => name !== "id" && !shown.includes(name));
  if (unknown !== undefined) return invalidArguments(`"${unknown.slice(0, 100)}" is not a property of PushSubscription.`, ["properties"]);
  const wanted = (args.ids as string[] | null | undefined) ?? null;
  if (wanted && wanted.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const kept = await present(context);
  const ids = [...new Set((wanted ?? [...kept.keys()]).map((given) => context.resolveId(given) ?? given))];
  const list = ids.flatMap((each) => {
    const subscription = kept.get(each);
    if (!subscription) return [];
    const wire = wireOf(subscription);
    return [{ id: each, ...Object.fromEntries(names.filter((name) => name !== "id").map((name) => [name, wire[name]])) }];
  });
  return ok([["PushSubscription/get", { list, notFound: ids.filter((each) => !kept.has(each)) }]]);
};

const setArguments: Arguments = {
  create: { kind: nullable(mapOf(id, object)) },
  update: { kind: nullable(mapOf(string, object)) },
  destroy: { kind: nullable(listOf(string)) },
};

const set: Method = async ({ context, args }) => {
  const checked = checkArguments(args, setArguments);
  if (!checked.ok) return checked;
  const create = Object.entries((args.create as Record<string, Wire> | null | undefined) ?? {});
  const update = Object.entries((args.update as Record<string, Wire> | null | undefined) ?? {});
  const destroy = [...new Set((args.destroy as string[] | null | undefined) ?? [])];
  if (create.length + update.length + destroy.length > limits.jmap.maxObjectsInSet) return methodError("requestTooLarge");
  const kept = await present(context);
  const created = new Map<string, Wire>();
  const updated = new Map<string, Wire | null>();
  const destroyed: string[] = [];
  const faults = { create: new Map<string, SetError>(), update: new Map<string, SetError>(), destroy: new Map<string, SetError>() };
  const newIds = mintIds(
    context,
    "PushSubscription",
    create.map(([creationId]) => creationId),
  );
  for (const [creationId, sent] of create) {
    const outcome = await createOne(context, kept, newIds.get(creationId)!, sent);
    if (outcome.ok) {
      created.set(creationId, outcome.value);
      context.createdIds.set(creationId, outcome.value.id as string);
    } else faults.create.set(creationId, outcome.error);
  }
  const doomed = new Set(destroy.map((given) => context.resolveId(given)));
  for (const [given, patch] of update) {
    const target = kept.get(context.resolveId(given) ?? "");
    const outcome = !target
      ? refuse(setError("notFound"))
      : doomed.has(target.id)
        ? refuse(setError("willDestroy"))
        : await updateOne(context, kept, target, patch);
    if (outcome.ok) updated.set(target!.id, outcome.value);
    else faults.update.set(given, outcome.error);
  }
  for (const given of destroy) {
    const target = kept.get(context.resolveId(given) ?? "");
    if (!target) faults.destroy.set(given, setError("notFound"));
    else {
      await context.ports.pushes!.subscriptions.remove(target);
      kept.delete(target.id);
      destroyed.push(target.id);
    }
  }
  const reply = {
    created: orNull(created),
    updated: orNull(updated),
    destroyed: destroyed.length > 0 ? destroyed : null,
    notCreated: orNull(faults.create),
    notUpdated: orNull(faults.update),
    notDestroyed: orNull(faults.destroy),
  };
  return ok([["PushSubscription/set", reply]]);
};

const orNull = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> | null => (map.size > 0 ? Object.fromEntries(map) : null);

type Kept = Map<string, StoredPushSubscription>;

const createOne = async (context: RequestContext, kept: Kept, newId: string, sent: Wire): Promise<Outcome<Wire, SetError>> => {
  const { pushes, now, randomOctets, applicationServerKey } = context.ports;
  if (!pushes) return refuse(setError("forbidden", "This service sends no pushes."));
  const whole = completeCreate(sent, properties);
  if (!whole.ok) return whole;
  const wire = whole.value;
  if (wire.verificationCode !== null) return refuse(invalidProperties(["verificationCode"], "The code is the server's to make."));
  const expiry = expiryOf(wire.expires, now());
  if (!expiry.ok) return expiry;
  if (kept.size >= bounds.subscriptions) return refuse(setError("overQuota", `At most ${bounds.subscriptions} push subscriptions.`));
  const owner = context.principal.entryId;
  const serverKey = applicationServerKey?.() ?? null;
  if (!(await pushes.subscriptions.countCreation(owner, now(), bounds.creationsPerHour))) return refuse(setError("rateLimit"));
  const subscription: StoredPushSubscription = {
    id: newId,
    owner,
    deviceClientId: wire.deviceClientId as string,
    url: wire.url as string,
    keys: wire.keys as PushKeys | null,
    ...(serverKey !== null && { serverKey }),
    verificationCode: Buffer.from(randomOctets(CODE_OCTETS)).toString("base64url"),
    isVerified: false,
    createdAt: now(),
    expiresAt: expiry.value,
    types: wire.types as string[] | null,
    ...heardAccounts(context.principal),
    quietUntil: 0,
    pending: null,
    version: 1,
  };
  if (!(await pushes.subscriptions.put(subscription))) return refuse(setError("serverFail"));
  kept.set(newId, subscription);
  await pushes.send({ owner, subscriptionId: newId, attempt: 0 });
  const expires = formatUtcDate(expiry.value);
  const defaults = Object.fromEntries(["keys", "types"].filter((name) => !Object.hasOwn(sent, name)).map((name) => [name, null]));
  return ok({ id: newId, ...defaults, ...(expires !== sent.expires && { expires }) });
};

/** The instant at which the subscription ends: as asked, but never later than the longest life allows. */
const expiryOf = (asked: unknown, now: number): Outcome<number, SetError> => {
  const latest = Math.floor((now + bounds.lifeDays * DAY) / 1000) * 1000;
  if (asked === null) return ok(latest);
  const at = Date.parse(asked as string);
  return at > now ? ok(Math.min(at, latest)) : refuse(invalidProperties(["expires"], "That time has passed."));
};

const updateOne = async (
  context: RequestContext,
  kept: Kept,
  target: StoredPushSubscription,
  patch: Wire,
): Promise<Outcome<Wire | null, SetError>> => {
  const before = wireOf(target);
  const outcome = patched(target.id, { ...before, url: target.url, keys: target.keys }, patch, properties, (value) => value);
  if (!outcome.ok) return outcome;
  const after = outcome.value;
  const code = Object.hasOwn(patch, "verificationCode") ? after.verificationCode : before.verificationCode;
  const isVerified = target.isVerified || code !== null;
  if ((isVerified || Object.hasOwn(patch, "verificationCode")) && !sameText(code, target.verificationCode))
    return refuse(invalidProperties(["verificationCode"], "That is not the code that was pushed."));
  const expiry = after.expires === before.expires ? ok(target.expiresAt) : expiryOf(after.expires, context.ports.now());
  if (!expiry.ok) return expiry;
  const next: StoredPushSubscription = {
    ...target,
    isVerified,
    expiresAt: expiry.value,
    types: after.types as string[] | null,
    ...heardAccounts(context.principal),
    version: target.version + 1,
  };
  if (!(await context.ports.pushes!.subscriptions.put(next)))
    return refuse(setError("serverFail", "It was changed at the same moment; try again."));
  kept.set(target.id, next);
  const expires = formatUtcDate(expiry.value);
  return ok(expires === after.expires ? null : { expires });
};

const sameText = (given: unknown, kept: string): boolean =>
  typeof given === "string" &&
  given.length === kept.length &&
  timingSafeEqual(Buffer.from(given.padEnd(kept.length)).subarray(0, kept.length), Buffer.from(kept));

export const pushSubscriptionMethods: Readonly<Record<string, Method>> = { "PushSubscription/get": get, "PushSubscription/set": set };
