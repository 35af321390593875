/**
 * The columns of a snapshot as octets, each filled up to a multiple of 8 (little-endian):
 *
 *   ids      as they stand in memory, since nothing makes them smaller
 *   others   stray threads (number and three words), then the columns; of those that rise the differences
 *
 * A thread has the words of the Email that began it. Threads are numbered in the order of their first rows, so their ids follow from the rows;
 * those whose first Email is gone are the strays. Columns have room for the rows of the entries that follow, so that none is copied to take one more.
 */
import { EMAIL_COLUMNS, type EmailColumnsData, THREAD_COLUMNS } from "./column-data.ts";

const OTHER_COLUMNS = { ...EMAIL_COLUMNS, ...THREAD_COLUMNS } as const;
type OtherName = keyof typeof OTHER_COLUMNS;
const OTHER_NAMES = Object.keys(OTHER_COLUMNS) as OtherName[];
type Column = Uint32Array | Float64Array | Uint8Array;

const ID_WORDS = 3;
const STRAY_WORDS = 4;

/** What a snapshot's head says of its columns. */
export interface ColumnCounts {
  readonly rows: number;
  readonly threads: number;
  readonly strays: number;
}

/** Rows or threads for which there is room after so many. */
const spareAfter = (count: number): number => 16 + (count >>> 6);

const lengthOf = (name: OtherName, { rows, threads }: ColumnCounts): number => {
  const count = name in THREAD_COLUMNS ? threads : rows;
  return count + spareAfter(count);
};

const idWords = (count: number): number => (count + spareAfter(count)) * ID_WORDS;

export const roundedUp = (octets: number): number => Math.ceil(octets / 8) * 8;

/** The octets of a column, then zeros up to `length` elements and up to a multiple of 8. */
export const inEights = (column: Column, length = column.length): Uint8Array[] => [
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
  new Uint8Array(roundedUp(length * column.BYTES_PER_ELEMENT) - column.byteLength),
];

/** Columns as `EmailColumns.compacted` gives them, in pieces. */
export const packColumns = (data: EmailColumnsData): { counts: ColumnCounts; ids: Uint8Array[]; others: Uint8Array[] } => {
  const strays = strayThreads(data);
  const counts = { rows: data.rows, threads: data.threads, strays: strays.length / STRAY_WORDS };
  const packed: Record<OtherName, Column> = { ...data, uids: differences(data.uids), receivedAts: differences(data.receivedAts) };
  return {
    counts,
    ids: inEights(data.ids, idWords(data.rows)),
    others: [...inEights(strays), ...OTHER_NAMES.flatMap((name) => inEights(packed[name], lengthOf(name, counts)))],
  };
};

/** The columns again, as views of `ids` and of `plain` from `at` on. RangeError when they are shorter than the counts say. */
export const unpackColumns = (
  counts: ColumnCounts,
  ids: Uint8Array,
  plain: ArrayBuffer,
  at: number,
): Omit<EmailColumnsData, "mailboxes" | "keywordLists"> => {
  const { rows, threads } = counts;
  const strays = new Uint32Array(plain, at, counts.strays * STRAY_WORDS);
  let offset = at + roundedUp(strays.byteLength);
  const columns: Partial<Record<OtherName, Column>> = {};
  for (const name of OTHER_NAMES) {
    const column = new OTHER_COLUMNS[name](plain, offset, lengthOf(name, counts));
    columns[name] = column;
    offset += roundedUp(column.byteLength);
  }
  const others = columns as Pick<EmailColumnsData, OtherName>;
  addUpUids(others.uids, rows);
  addUpTimes(others.receivedAts, rows);
  const words = new Uint32Array(ids.buffer, ids.byteOffset, idWords(rows));
  return { ...others, rows, threads, ids: words, threadIds: threadWords(others.threadOf, words, counts, strays) };
};

/** Snapshots of format 1: ids and threads' ids first, nothing left out, no room. */
export const unpackFormerColumns = (
  lengths: Readonly<Record<string, number>>,
  plain: ArrayBuffer,
  at: number,
): Omit<EmailColumnsData, "mailboxes" | "keywordLists"> => {
  let offset = at;
  const columns: Record<string, Column> = {};
  for (const [name, Elements] of Object.entries({ ids: Uint32Array, threadIds: Uint32Array, ...OTHER_COLUMNS })) {
    const column = new Elements(plain, offset, lengths[name]);
    columns[name] = column;
    offset += roundedUp(column.byteLength);
  }
  return { ...(columns as unknown as EmailColumnsData), rows: lengths.uids!, threads: lengths.threadCreatedSeqs! };
};

/** As a column of its own. Numbers are whole, so that adding up is exact. */
const differences = <Numbers extends Uint32Array | Float64Array>(column: Numbers): Numbers =>
  column.map((value, at) => (at === 0 ? value : value - column[at - 1]!)) as Numbers;

// Two loops of the same form: a cold process runs each with the one kind of number that it was compiled for.
const addUpUids = (uids: Uint32Array, count: number): void => {
  let sum = 0;
  for (let at = 0; at < count; at++) uids[at] = sum = (sum + uids[at]!) >>> 0;
};

const addUpTimes = (times: Float64Array, count: number): void => {
  let sum = 0;
  for (let at = 0; at < count; at++) times[at] = sum += times[at]!;
};

const threadWords = (threadOf: Uint32Array, ids: Uint32Array, { rows, threads }: ColumnCounts, strays: Uint32Array): Uint32Array => {
  const words = new Uint32Array(idWords(threads));
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (threadOf[row] !== next) continue;
    words[next * ID_WORDS] = ids[row * ID_WORDS]!;
    words[next * ID_WORDS + 1] = ids[row * ID_WORDS + 1]!;
    words[next * ID_WORDS + 2] = ids[row * ID_WORDS + 2]!;
    next++;
  }
  for (let at = 0; at < strays.length; at += STRAY_WORDS) words.set(strays.subarray(at + 1, at + STRAY_WORDS), strays[at]! * ID_WORDS);
  return words;
};

const strayThreads = ({ rows, threads, threadOf, ids, threadIds }: EmailColumnsData): Uint32Array => {
  const guessed = threadWords(threadOf, ids, { rows, threads, strays: 0 }, new Uint32Array(0));
  const strays: number[] = [];
  for (let thread = 0; thread < threads; thread++) {
    const at = thread * ID_WORDS;
    const isRight = guessed[at] === threadIds[at] && guessed[at + 1] === threadIds[at + 1] && guessed[at + 2] === threadIds[at + 2];
    if (!isRight) strays.push(thread, threadIds[at]!, threadIds[at + 1]!, threadIds[at + 2]!);
  }
  return Uint32Array.from(strays);
};
