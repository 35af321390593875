/** The parts of RFC 8620 and RFC 8621 that the webmail uses, as they travel. */
export interface Account {
  readonly name: string;
  readonly isPersonal: boolean;
  readonly isReadOnly: boolean;
  readonly accountCapabilities: Record<string, Record<string, unknown>>;
}

export interface Session {
  readonly username: string;
  readonly accounts: Record<string, Account>;
  readonly primaryAccounts: Record<string, string>;
  readonly capabilities: Record<string, Record<string, unknown>>;
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly downloadUrl: string;
  readonly state: string;
}

export interface MailboxRights {
  readonly mayReadItems: boolean;
  readonly mayAddItems: boolean;
  readonly mayRemoveItems: boolean;
  readonly maySetSeen: boolean;
  readonly maySetKeywords: boolean;
  readonly maySubmit: boolean;
}

export interface Mailbox {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly role: string | null;
  readonly sortOrder: number;
  readonly totalEmails: number;
  readonly unreadEmails: number;
  readonly totalThreads: number;
  readonly unreadThreads: number;
  readonly myRights: MailboxRights;
}

export interface Address {
  readonly name: string | null;
  readonly email: string;
}

/** What a row of the message list shows. */
export interface EmailSummary {
  readonly id: string;
  readonly threadId: string;
  readonly mailboxIds: Record<string, boolean>;
  readonly keywords: Record<string, boolean>;
  readonly from: readonly Address[] | null;
  readonly to: readonly Address[] | null;
  readonly subject: string | null;
  readonly receivedAt: string;
  readonly preview: string;
  readonly hasAttachment: boolean;
  readonly size: number;
}

export interface BodyPart {
  readonly partId: string | null;
  readonly blobId: string | null;
  readonly size: number;
  readonly name: string | null;
  readonly type: string;
  readonly cid: string | null;
  readonly disposition: string | null;
}

export interface BodyValue {
  readonly value: string;
  readonly isEncodingProblem: boolean;
  readonly isTruncated: boolean;
}

/** What the reading pane needs beyond the summary. */
export interface EmailContent {
  readonly id: string;
  readonly blobId: string;
  readonly messageId: readonly string[] | null;
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
  readonly sender: readonly Address[] | null;
  readonly from: readonly Address[] | null;
  readonly to: readonly Address[] | null;
  readonly cc: readonly Address[] | null;
  readonly bcc: readonly Address[] | null;
  readonly replyTo: readonly Address[] | null;
  readonly subject: string | null;
  readonly sentAt: string | null;
  readonly htmlBody: readonly BodyPart[];
  readonly textBody: readonly BodyPart[];
  readonly attachments: readonly BodyPart[];
  readonly bodyValues: Record<string, BodyValue>;
  /** What the service found when the message came in. */
  readonly marks?: readonly string[];
  readonly "header:Authentication-Results:asText:all"?: readonly string[];
}

export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly replyTo: readonly Address[] | null;
  readonly textSignature: string;
  readonly htmlSignature: string;
}

export interface SetError {
  readonly type: string;
  readonly description?: string | null;
  readonly properties?: readonly string[];
}

export interface GetResult<T> {
  readonly accountId: string;
  readonly state: string;
  readonly list: readonly T[];
  readonly notFound: readonly string[];
}

export interface ChangesResult {
  readonly accountId: string;
  readonly oldState: string;
  readonly newState: string;
  readonly hasMoreChanges: boolean;
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly destroyed: readonly string[];
}

export interface QueryResult {
  readonly accountId: string;
  readonly queryState: string;
  readonly position: number;
  readonly ids: readonly string[];
  readonly total?: number;
}

export interface SetResult {
  readonly accountId: string;
  readonly newState: string;
  readonly created: Record<string, Record<string, unknown> & { id: string }> | null;
  readonly updated: Record<string, unknown> | null;
  readonly destroyed: readonly string[] | null;
  readonly notCreated: Record<string, SetError> | null;
  readonly notUpdated: Record<string, SetError> | null;
  readonly notDestroyed: Record<string, SetError> | null;
}

export type Invocation = readonly [name: string, args: Record<string, unknown>, callId: string];

/** RFC 8620 §7.1. */
export interface StateChange {
  readonly "@type": "StateChange";
  readonly changed: Record<string, Record<string, string>>;
}

export const summaryProperties = [
  "id",
  "threadId",
  "mailboxIds",
  "keywords",
  "from",
  "to",
  "subject",
  "receivedAt",
  "preview",
  "hasAttachment",
  "size",
] as const;
