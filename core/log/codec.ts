/**
 * A log entry as octets: short-keyed JSON, uids as runs, deflated when that pays. An ordinary delivery stays under 1 KB,
 * which is one DynamoDB write unit; a change of 5,000 scattered messages under 20 KB.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import * as z from "zod";
import { PoisonError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import type { EmailRow, EmailUpdate, LogEntry, RecordChange } from "./entry.ts";

const PLAIN = 0;
const DEFLATED = 1;
const DEFLATE_ABOVE_OCTETS = 700;

const runs = z.array(z.number().int().nonnegative());
const record = z.record(z.string(), z.object({}).loose());
const texts = z.array(z.string());

const rowSchema = z
  .tuple([z.string(), z.number(), z.string(), z.number(), z.number().nullable(), z.number(), z.boolean(), texts, texts])
  .rest(z.string());
const wireSchema = z.object({
  t: z.number(),
  a: z.string(),
  n: z.tuple([z.number(), z.number(), z.number(), z.number(), z.boolean()]),
  c: z.array(rowSchema).optional(),
  u: z
    .array(
      z.object({
        i: runs,
        ak: texts.optional(),
        rk: texts.optional(),
        sk: texts.optional(),
        am: texts.optional(),
        rm: texts.optional(),
        sm: texts.optional(),
        /** A reader, and 1 when the reader has seen them. */
        sb: z.tuple([z.string(), z.union([z.literal(0), z.literal(1)])]).optional(),
      }),
    )
    .optional(),
  d: runs.optional(),
  rd: texts.optional(),
  s: z.array(z.tuple([z.string(), z.string(), z.string(), texts.nullable(), texts.nullable()])).optional(),
  r: z.array(z.object({ y: z.string(), c: record.optional(), u: record.optional(), d: texts.optional() })).optional(),
});
type Wire = z.infer<typeof wireSchema>;

/** [start, count, start, count…]; starts are distances from the end of the run before. */
export const runsOf = (numbers: readonly number[]): number[] => {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const encoded: number[] = [];
  let end = 0;
  for (let at = 0; at < sorted.length; ) {
    const start = sorted[at]!;
    let count = 1;
    while (sorted[at + count] === start + count) count++;
    encoded.push(start - end, count);
    end = start + count;
    at += count;
  }
  return encoded;
};

/** Back from runs; PoisonError past `limit` numbers. */
export const numbersOf = (encoded: readonly number[], limit = 5_000_000): number[] => {
  const numbers: number[] = [];
  let end = 0;
  for (let at = 0; at + 1 < encoded.length; at += 2) {
    const start = end + encoded[at]!;
    end = start + encoded[at + 1]!;
    if (numbers.length + encoded[at + 1]! > limit) throw new PoisonError("log entry names too many emails");
    for (let number = start; number < end; number++) numbers.push(number);
  }
  return numbers;
};

const wireRow = (row: EmailRow): z.infer<typeof rowSchema> => [
  row.id,
  row.uid,
  row.threadId,
  row.receivedAt,
  row.sentAt,
  row.sizeOctets,
  row.hasAttachment,
  [...row.mailboxIds],
  [...row.keywords],
  ...(row.seenBy === undefined ? [] : [row.seenBy]),
];

const wireUpdate = (update: EmailUpdate): NonNullable<Wire["u"]>[number] => ({
  i: runsOf(update.uids),
  ak: update.addKeywords as string[] | undefined,
  rk: update.removeKeywords as string[] | undefined,
  sk: update.setKeywords as string[] | undefined,
  am: update.addMailboxIds as string[] | undefined,
  rm: update.removeMailboxIds as string[] | undefined,
  sm: update.setMailboxIds as string[] | undefined,
  sb: update.seenBy && [update.seenBy.reader, update.seenBy.isSeen ? 1 : 0],
});

/** The entry's octets without its account and position, which are the item's key. */
export const encodeEntry = (entry: LogEntry): Uint8Array => {
  const { totals } = entry;
  const wire: Wire = {
    t: entry.at,
    a: entry.actor,
    n: [totals.octets, totals.messages, totals.nextUid, totals.quotaOctets, totals.hasRules],
    c: entry.email?.created?.map(wireRow),
    u: entry.email?.updated?.map(wireUpdate),
    d: entry.email?.destroyedUids ? runsOf(entry.email.destroyedUids) : undefined,
    rd: entry.email?.readers as string[] | undefined,
    s: entry.shares?.map(({ mailboxId, name, principalId, oldRights, newRights }) => [
      mailboxId,
      name,
      principalId,
      oldRights as string[] | null,
      newRights as string[] | null,
    ]),
    r: entry.records?.map((change) => ({
      y: change.type,
      c: change.created as z.infer<typeof record> | undefined,
      u: change.updated as z.infer<typeof record> | undefined,
      d: change.destroyed as string[] | undefined,
    })),
  };
  const json = Buffer.from(JSON.stringify(wire));
  if (json.length <= DEFLATE_ABOVE_OCTETS) return Buffer.concat([Buffer.of(PLAIN), json]);
  return Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(json)]);
};

/** The entry of a key and its octets; PoisonError when they are none of ours. */
export const decodeEntry = (key: { accountId: AccountId; epoch: number; seq: number }, octets: Uint8Array): LogEntry => {
  const body = octets.subarray(1);
  const json = octets[0] === PLAIN ? Buffer.from(body) : octets[0] === DEFLATED ? inflateRawSync(body) : null;
  if (!json) throw new PoisonError(`log entry of unknown form ${octets[0]}`);
  const read = wireSchema.safeParse(JSON.parse(json.toString()));
  if (!read.success) throw new PoisonError("log entry does not fit its schema", { cause: read.error });
  const wire = read.data;
  const [sumOctets, messages, nextUid, quotaOctets, hasRules] = wire.n;
  const hasEmail = wire.c ?? wire.u ?? wire.d ?? wire.rd;
  return {
    ...key,
    at: wire.t,
    actor: wire.a,
    totals: { octets: sumOctets, messages, nextUid, quotaOctets, hasRules },
    ...(hasEmail && {
      email: {
        created: wire.c?.map(([id, uid, threadId, receivedAt, sentAt, sizeOctets, hasAttachment, mailboxIds, keywords, seenBy]) => {
          const row = { id, uid, threadId, receivedAt, sentAt, sizeOctets, hasAttachment, mailboxIds, keywords };
          return (seenBy === undefined ? row : { ...row, seenBy }) as unknown as EmailRow;
        }),
        updated: wire.u?.map(
          (update) =>
            ({
              uids: numbersOf(update.i),
              addKeywords: update.ak,
              removeKeywords: update.rk,
              setKeywords: update.sk,
              addMailboxIds: update.am,
              removeMailboxIds: update.rm,
              setMailboxIds: update.sm,
              ...(update.sb && { seenBy: { reader: update.sb[0], isSeen: update.sb[1] === 1 } }),
            }) as EmailUpdate,
        ),
        destroyedUids: wire.d && numbersOf(wire.d),
        ...(wire.rd && { readers: wire.rd }),
      },
    }),
    ...(wire.s && {
      shares: wire.s.map(([mailboxId, name, principalId, oldRights, newRights]) => ({
        mailboxId,
        name,
        principalId,
        oldRights,
        newRights,
      })),
    }),
    records: wire.r?.map((change) => ({ type: change.y, created: change.c, updated: change.u, destroyed: change.d }) as RecordChange),
  };
};
