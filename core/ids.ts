/**
 * Branded identifier types. All are RFC 8620 §1.2 `Id`s: 1 to 255 octets of [A-Za-z0-9_-].
 * A brand stops a thread's id being handed where an account's is meant.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A mail account: a person, a shared mailbox or an application. `A` + 20 base32 characters. */
export type AccountId = Branded<"AccountId">;
/** A directory entry (person, organisation, list, shared mailbox…). */
export type EntryId = Branded<"EntryId">;
/** One acceptance of one message by the service: SES's message id, or one minted for a local submission. */
export type ReceiptId = Branded<"ReceiptId">;
/** RFC 8621 Email id: `E` + 20 base32 characters, derived from account and receipt. */
export type EmailId = Branded<"EmailId">;
/** RFC 8621 Thread id: `T` + 20 base32 characters. */
export type ThreadId = Branded<"ThreadId">;
/** RFC 8621 Mailbox id. */
export type MailboxId = Branded<"MailboxId">;
/** RFC 8620 §6 blob id, meaningful only inside one account. */
export type BlobId = Branded<"BlobId">;
/** Any other JMAP id. */
export type Id = string;

const ID = /^[A-Za-z0-9_-]{1,255}$/;
/** True when `value` is a well-formed RFC 8620 §1.2 Id. */
export const isId = (value: unknown): value is Id => typeof value === "string" && ID.test(value);
