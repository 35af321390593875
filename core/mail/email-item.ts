/**
 * The immutable part of an Email (RFC 8621 §4.1): stored once per account before the log entry that makes it visible.
 * Parts name octet ranges of the raw message, so a body is one ranged read and nothing is stored twice.
 */
import type { AccountId, EmailId, ThreadId } from "../ids.ts";

/** RFC 8621 §4.1.2.3. */
export interface EmailAddress {
  readonly name: string | null;
  readonly email: string;
}

/** RFC 8621 §4.1.4 EmailBodyPart, with where its octets lie in the raw message. */
export interface BodyPart {
  /** Null exactly for multipart/*. "1", "2"… in document order. */
  readonly partId: string | null;
  readonly type: string;
  readonly charset: string | null;
  readonly disposition: string | null;
  readonly name: string | null;
  readonly cid: string | null;
  readonly language: readonly string[] | null;
  readonly location: string | null;
  /** Content-Transfer-Encoding in lower case as we will undo it. */
  readonly encoding: "7bit" | "8bit" | "binary" | "base64" | "quoted-printable";
  /** True when the header names an encoding that RFC 2045 does not: the octets are taken as they are. */
  readonly unknownEncoding?: true;
  /** Octets after undoing the encoding (RFC 8621 `size`). */
  readonly sizeOctets: number;
  /** The part's header block: [offset, length] in the raw message. */
  readonly header: readonly [offset: number, length: number];
  /** The part's encoded body: [offset, length] in the raw message. */
  readonly body: readonly [offset: number, length: number];
  readonly subParts: readonly BodyPart[] | null;
  /** For message/rfc822 the header lists of the nested message are read on demand from the raw octets. */
}

/** What parsing one raw message gives; the same for every recipient. */
export interface ParsedMessage {
  readonly sizeOctets: number;
  /** The top header block's length in octets, including the empty line. */
  readonly headerOctets: number;
  readonly messageId: readonly string[] | null;
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
  readonly from: readonly EmailAddress[] | null;
  readonly sender: readonly EmailAddress[] | null;
  readonly replyTo: readonly EmailAddress[] | null;
  readonly to: readonly EmailAddress[] | null;
  readonly cc: readonly EmailAddress[] | null;
  readonly bcc: readonly EmailAddress[] | null;
  readonly subject: string | null;
  /** Date header in ms since 1970 UTC and its own offset east of UTC in minutes. */
  readonly sentAt: number | null;
  readonly sentAtOffsetMinutes: number | null;
  readonly preview: string;
  readonly hasAttachment: boolean;
  readonly bodyStructure: BodyPart;
}

export interface EmailItem {
  readonly accountId: AccountId;
  readonly id: EmailId;
  readonly threadId: ThreadId;
  /** Key of the raw message in the blob store. */
  readonly rawKey: string;
  readonly receivedAt: number;
  readonly message: ParsedMessage;
  /** Sequence of the newest log entry seen before this item was first written: a replay looks for its commit after it. */
  readonly afterEpoch: number;
  readonly afterSeq: number;
  /** Verdicts to show the reader (outside mail, failed authentication…). */
  readonly marks: readonly string[];
}
