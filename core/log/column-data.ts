/** What the columns of an account's Emails and threads are, in memory and in a snapshot. */
/** Column names as they stand in a snapshot, with their element types. */
export const EMAIL_COLUMNS = {
  uids: Uint32Array,
  receivedAts: Float64Array,
  sentAts: Float64Array,
  sizes: Uint32Array,
  flags: Uint8Array,
  mailboxSets: Uint32Array,
  keywordSets: Uint32Array,
  createdSeqs: Uint32Array,
  updatedSeqs: Uint32Array,
  threadOf: Uint32Array,
} as const;
export const THREAD_COLUMNS = { threadCreatedSeqs: Uint32Array, threadUpdatedSeqs: Uint32Array } as const;

export type Columns = { -readonly [Name in keyof typeof EMAIL_COLUMNS]: InstanceType<(typeof EMAIL_COLUMNS)[Name]> };
export type ThreadColumns = { -readonly [Name in keyof typeof THREAD_COLUMNS]: InstanceType<(typeof THREAD_COLUMNS)[Name]> };

/** Columns may be longer than what is in use: there the next rows and threads find room. */
export interface EmailColumnsData extends Columns, ThreadColumns {
  readonly rows: number;
  readonly threads: number;
  readonly ids: Uint32Array;
  readonly threadIds: Uint32Array;
  readonly mailboxes: readonly (readonly string[])[];
  readonly keywordLists: readonly (readonly string[])[];
}

/** Of an account without mail. */
export const noColumns = (): EmailColumnsData => ({
  rows: 0,
  threads: 0,
  ids: new Uint32Array(0),
  threadIds: new Uint32Array(0),
  uids: new Uint32Array(0),
  receivedAts: new Float64Array(0),
  sentAts: new Float64Array(0),
  sizes: new Uint32Array(0),
  flags: new Uint8Array(0),
  mailboxSets: new Uint32Array(0),
  keywordSets: new Uint32Array(0),
  createdSeqs: new Uint32Array(0),
  updatedSeqs: new Uint32Array(0),
  threadOf: new Uint32Array(0),
  threadCreatedSeqs: new Uint32Array(0),
  threadUpdatedSeqs: new Uint32Array(0),
  mailboxes: [[]],
  keywordLists: [[]],
});

/** The values of a column at some places, `width` numbers each. */
export const pick = <Column extends Uint32Array | Float64Array | Uint8Array>(
  column: Column,
  places: ArrayLike<number>,
  width = 1,
): Column => {
  const picked = new (column.constructor as new (length: number) => Column)(places.length * width);
  for (let at = 0; at < places.length; at++) {
    for (let part = 0; part < width; part++) picked[at * width + part] = column[places[at]! * width + part]!;
  }
  return picked;
};
