/**
 * The index stage: puts mail that no segment holds yet into one, and merges segments. Replays, lost jobs and two workers at once are
 * harmless: the list of segments changes only as a whole and by one writer, and mail after it is searched directly meanwhile.
 */
import type { AccountId, EmailId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import type { EmailItem } from "../mail/email-item.ts";
import { decodePart } from "../mime/body-value.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { DocumentText } from "../ports/document-text.ts";
import type { SearchIndexStore, SearchManifest, SegmentRecord } from "../ports/search-index-store.ts";
import type { MessageTexts } from "../search/fields.ts";
import { chooseMerge } from "../search/merge-policy.ts";
import { documentParts, messageTexts, textParts } from "../search/message-texts.ts";
import { mergeSegments } from "../search/segment-merge.ts";
import { SegmentWriter, type WrittenSegment } from "../search/segment-writer.ts";
import { eachBounded } from "./each-bounded.ts";
import type { IndexJob } from "./jobs.ts";

export interface IndexPorts {
  readonly log: Pick<AccountLog, "load">;
  readonly store: Pick<AccountLogStore, "getEmails">;
  readonly index: SearchIndexStore;
  /** Raw messages. */
  readonly mail: Pick<BlobStore, "get">;
  /** Segments. */
  readonly state: Pick<BlobStore, "get" | "put" | "delete">;
  readonly documents: DocumentText;
  readonly now: () => number;
  /** True when there is time for another round. */
  readonly hasTime: () => boolean;
}

const NO_MANIFEST: SearchManifest = { version: 0, indexedUid: 0, emptiedAt: 0, segments: [], former: null, retired: [] };
/** A reader that holds an older list is done by then. */
const RETIRED_MILLISECONDS = 15 * 60_000;

/** False when work is left: the job is to be tried again. */
export const indexMail = async (ports: IndexPorts, job: IndexJob): Promise<boolean> => {
  const accountId = job.accountId as AccountId;
  let manifest = (await ports.index.getManifest(accountId)) ?? NO_MANIFEST;
  if (job.rebuildAsOf !== undefined && manifest.emptiedAt < job.rebuildAsOf) {
    manifest = begunAnew(manifest, ports.now());
    if (!(await ports.index.putManifest(accountId, manifest))) return true;
  }
  for (;;) {
    const state = await ports.log.load(accountId);
    if (!state) return true;
    const next = (await withNewMail(ports, state, manifest)) ?? (await withMerge(ports, state, manifest));
    if (!next) return true;
    // Another worker was there first: it goes on with what is left.
    if (!(await ports.index.putManifest(accountId, next))) return true;
    if (!ports.hasTime()) return false;
    manifest = next;
  }
};

/** What a rebuild has not reached yet is answered by the former list: a large mailbox can be searched meanwhile. */
const begunAnew = (present: SearchManifest, at: number): SearchManifest => ({
  ...emptied(present, at),
  former: { indexedUid: present.indexedUid, segments: present.segments },
  retired: retire(present, present.former?.segments ?? [], at),
});

/** Begins with an empty list, of which something was lost: everything is searched directly until it is indexed again. */
const emptied = (present: SearchManifest, at: number): SearchManifest => ({
  ...NO_MANIFEST,
  version: present.version + 1,
  emptiedAt: at,
  retired: retire(present, [...present.segments, ...(present.former?.segments ?? [])], at),
});

/** Lets the former list go once the new one has come as far. */
const withoutOvertaken = (manifest: SearchManifest, at: number): SearchManifest =>
  manifest.former && manifest.indexedUid >= manifest.former.indexedUid
    ? { ...manifest, former: null, retired: retire(manifest, manifest.former.segments, at) }
    : manifest;

const retire = (manifest: SearchManifest, segments: readonly SegmentRecord[], at: number): SearchManifest["retired"] => [
  ...manifest.retired,
  ...segments.map(({ key }) => ({ key, at })),
];

/** Nothing is left to index: a former list has nothing left to answer. */
const overtaken = (manifest: SearchManifest, lastUid: number, at: number): SearchManifest | null =>
  manifest.former ? withoutOvertaken({ ...manifest, version: manifest.version + 1, indexedUid: lastUid }, at) : null;

const withNewMail = async (ports: IndexPorts, state: AccountState, manifest: SearchManifest): Promise<SearchManifest | null> => {
  const { emails } = state;
  const rows: number[] = [];
  for (let row = emails.rows - 1; row >= 0 && emails.uid(row) > manifest.indexedUid; row--) if (emails.alive(row)) rows.push(row);
  rows.reverse();
  const lastUid = state.totals.nextUid - 1;
  if (rows.length === 0) return overtaken(manifest, lastUid, ports.now());
  const taken = rows.slice(0, limits.search.messagesPerSegment);
  const uids = new Map(taken.map((row) => [emails.id(row), emails.uid(row)]));
  const indexedUid = taken.length < rows.length ? emails.uid(taken.at(-1)!) : lastUid;
  const writer = new SegmentWriter();
  const items = new Map((await ports.store.getEmails(state.accountId, [...uids.keys()])).map((item) => [item.id, item]));
  const texts = new Map<EmailId, MessageTexts>();
  await eachBounded([...items.values()], limits.search.readsAtOnce, async (item) => {
    texts.set(item.id, await textsOf(ports, item));
  });
  for (const [id, uid] of uids) if (texts.has(id)) writer.add(uid, texts.get(id)!);
  const segments =
    writer.messages > 0 ? [...manifest.segments, await stored(ports, state.accountId, manifest, writer.finish())] : manifest.segments;
  const next = { ...manifest, version: manifest.version + 1, indexedUid, segments, retired: await removeRetired(ports, manifest) };
  return withoutOvertaken(next, ports.now());
};

const textsOf = async (ports: IndexPorts, item: EmailItem): Promise<MessageTexts> => {
  const documents = documentParts(item, ports.documents.reads);
  const parts = [...textParts(item), ...documents];
  const end = Math.max(0, ...parts.map(({ body: [offset, length] }) => offset + length));
  const raw = end > 0 ? await ports.mail.get(item.rawKey, { offset: 0, length: end }) : null;
  const octetsOf = ({ body: [offset, length] }: { body: readonly [number, number] }): Uint8Array =>
    raw?.subarray(offset, offset + length) ?? new Uint8Array();
  const read: string[] = [];
  for (const part of documents) {
    const text = await ports.documents.read(part.type, part.name, decodePart(octetsOf(part), part));
    if (text) read.push(text);
  }
  return messageTexts(item, octetsOf, read);
};

const withMerge = async (ports: IndexPorts, state: AccountState, manifest: SearchManifest): Promise<SearchManifest | null> => {
  const run = chooseMerge(manifest.segments);
  if (!run) return null;
  const merged = manifest.segments.slice(...run);
  const whole = await Promise.all(merged.map(async ({ key, footOffset }) => ({ octets: await ports.state.get(key), footOffset })));
  if (whole.some(({ octets }) => octets === null)) return emptied(manifest, ports.now());
  const written = mergeSegments(whole as { octets: Uint8Array; footOffset: number }[], (uid) => state.emails.rowOfUid(uid) >= 0);
  const result = written.messages > 0 ? [await stored(ports, state.accountId, manifest, written)] : [];
  return {
    version: manifest.version + 1,
    indexedUid: manifest.indexedUid,
    emptiedAt: manifest.emptiedAt,
    former: manifest.former,
    segments: [...manifest.segments.slice(0, run[0]), ...result, ...manifest.segments.slice(run[1])],
    retired: [...(await removeRetired(ports, manifest)), ...retire({ ...manifest, retired: [] }, merged, ports.now())],
  };
};

const stored = async (
  ports: IndexPorts,
  accountId: AccountId,
  manifest: SearchManifest,
  written: WrittenSegment,
): Promise<SegmentRecord> => {
  const { octets, footOffset, messages, firstUid, lastUid } = written;
  // The version keeps two workers' objects apart: the one that loses leaves an object that nothing names.
  const key = `search/${accountId}/${manifest.version + 1}-${firstUid}-${lastUid}-${ports.now()}`;
  await ports.state.put(key, octets);
  return { key, octets: octets.length, footOffset, messages, firstUid, lastUid };
};

const removeRetired = async (ports: IndexPorts, manifest: SearchManifest): Promise<SearchManifest["retired"]> => {
  const isDue = ({ at }: { at: number }): boolean => ports.now() - at > RETIRED_MILLISECONDS;
  for (const { key } of manifest.retired.filter(isDue)) await ports.state.delete(key);
  return manifest.retired.filter((one) => !isDue(one));
};
