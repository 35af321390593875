/** What a script can ask of the message and its surroundings; the caller answers from its parsed form. */
export interface SieveMessage {
  /** Values of a header field by name, any case: decoded (RFC 2047), unfolded, without surrounding space; in order. */
  header(name: string): readonly string[];
  /** The addr-specs of each header field of that name, in order. */
  addresses(name: string): readonly (readonly string[])[];
  readonly envelope: { readonly from: string; readonly to: string };
  readonly sizeOctets: number;
  /** The body before any decoding (`body :raw`). */
  rawBody(): string;
  /** Decoded text of the parts whose type begins with one of these (`""` is all, `text`, `text/html`). */
  bodyContent(types: readonly string[]): readonly string[];
  mailboxExists(name: string): boolean;
  /** True when this id was seen by an earlier message within `seconds`. Must not depend on other messages of this run. */
  wasSeen(id: string, seconds: number): boolean;
  /** ms since 1970 UTC, and the zone that dates are told in, in minutes east. */
  readonly now: number;
  readonly zoneMinutes: number;
}

export interface VacationReply {
  readonly reason: string;
  readonly isMime: boolean;
  readonly subject: string | null;
  readonly from: string | null;
  readonly addresses: readonly string[];
  readonly days: number;
  /** Replies with the same handle count as one for the interval of `days`. */
  readonly handle: string;
}

/** What a run asks for. Flags are IMAP's, as written; duplicates named once. */
export interface SieveOutcome {
  /** File into the inbox with these flags; null when the script chose otherwise. */
  readonly keep: { readonly flags: readonly string[] } | null;
  readonly fileInto: readonly { readonly mailbox: string; readonly flags: readonly string[]; readonly create: boolean }[];
  readonly redirect: readonly string[];
  readonly vacation: VacationReply | null;
  /** Ids to remember for `duplicate`. */
  readonly remember: readonly { readonly id: string; readonly seconds: number }[];
  /** A fault in the run: the message is then kept, and nothing else done. */
  readonly fault: string | null;
}
