/** The keys of every item in every table: the one place that spells them (docs/map.md draws them). */
import type { AccountId, EmailId, EntryId, ReceiptId } from "../core/ids.ts";
import type { Position } from "../core/log/entry.ts";
import type { Item } from "./dynamo.ts";

const key = (pk: string, sk: string): Item => ({ pk: { S: pk }, sk: { S: sk } });

const entrySortKey = (position: Position) => `L#${String(position.epoch).padStart(6, "0")}#${String(position.seq).padStart(12, "0")}`;

/** Accounts table: one partition an account. */
export const accountKeys = {
  partition: (account: AccountId) => `A#${account}`,
  entrySortKey,
  /** Above every log entry, below every other kind. */
  entriesEnd: "L$",
  entry: (account: AccountId, position: Position) => key(`A#${account}`, entrySortKey(position)),
  email: (account: AccountId, id: EmailId) => key(`A#${account}`, `E#${id}`),
  thread: (account: AccountId, threadKey: string) => key(`A#${account}`, `T#${threadKey}`),
  upload: (account: AccountId, blobId: string) => key(`A#${account}`, `B#${blobId}`),
  rules: (account: AccountId) => key(`A#${account}`, "R"),
  remembered: (account: AccountId, what: string) => key(`A#${account}`, `V#${what}`),
  snapshot: (account: AccountId) => key(`A#${account}`, "S"),
  /** Submissions held for later: one partition an hour, so that the sweep reads a few small partitions. */
  holdPartition: (hour: string) => `H#${hour}`,
  hold: (hour: string, account: AccountId, submissionId: string) => key(`H#${hour}`, `${account}#${submissionId}`),
};

/** Directory table. */
export const directoryKeys = {
  address: (address: string) => key(`@#${address}`, "T"),
  subject: (subject: string) => key(`S#${subject}`, "P"),
  entryPartition: (entry: EntryId) => `N#${entry}`,
  entry: (entry: EntryId) => key(`N#${entry}`, "E"),
  access: (entry: EntryId, account: AccountId) => key(`N#${entry}`, `A#${account}`),
  /** What an account shares by the Mailbox: read with the rights on whole accounts, whose rows it sorts after. */
  share: (entry: EntryId, account: AccountId) => key(`N#${entry}`, `B#${account}`),
  /** The same the other way: who may open the account. */
  holderPartition: (account: AccountId) => `G#${account}`,
  holder: (account: AccountId, entry: EntryId) => key(`G#${account}`, entry),
  version: () => key("V#", "V"),
  organisationPartition: (organisation: EntryId) => `L#${organisation}`,
  listed: (organisation: EntryId, entry: EntryId) => key(`L#${organisation}`, entry),
  member: (list: EntryId, address: string) => key(`N#${list}`, `M#${address}`),
  /** The same the other way, beside what the address stands for. */
  addressPartition: (address: string) => `@#${address}`,
  membership: (address: string, list: EntryId) => key(`@#${address}`, `M#${list}`),
  senderPartition: (account: AccountId) => `O#${account}`,
  sender: (account: AccountId, address: string) => key(`O#${account}`, address),
};

/** Traces table: one partition a receipt. */
export const traceKeys = {
  partition: (receipt: ReceiptId) => `R#${receipt}`,
  record: (receipt: ReceiptId, stage: string, detailKey: string) => key(`R#${receipt}`, `T#${stage}#${detailKey}`),
  receipt: (receipt: ReceiptId, part: number) => key(`R#${receipt}`, `M#${String(part).padStart(4, "0")}`),
  held: (receipt: ReceiptId) => key(`R#${receipt}`, "H"),
  dispatch: (dispatch: string, step: string) => key(`D#${dispatch}`, step),
};

/** Connections table. */
export const connectionKeys = {
  connection: (id: string) => key(`C#${id}`, "C"),
  accountPartition: (account: AccountId) => `A#${account}`,
  ofAccount: (account: AccountId, id: string) => key(`A#${account}`, id),
  ticket: (ticket: string) => key(`K#${ticket}`, "K"),
  ownerPartition: (owner: EntryId) => `O#${owner}`,
  /** Below it, in an account's partition, lie subscriptions; API Gateway's connection ids never hold `#`. */
  subscriptionPrefix: "P#",
  subscription: (owner: EntryId, id: string) => key(`O#${owner}`, `P#${id}`),
  subscriber: (account: AccountId, id: string) => key(`A#${account}`, `P#${id}`),
  creations: (owner: EntryId, hour: number) => key(`O#${owner}`, `H#${hour}`),
  admission: (who: string, kind: string) => key(`Q#${who}`, kind),
  vapidKey: () => key("V#1", "V"),
};
