/** A plain account: lists and loops, no columns, no log. What it says of a query, a counter or a refusal is what JMAP must say. */
import { standardMailboxes } from "../../../core/mail/standard-mailboxes.ts";

export interface ModelEmail {
  readonly id: string;
  /** The how-manieth to be filed: of two that were received at the same instant the later one is the newer. */
  readonly order: number;
  readonly threadId: string;
  readonly receivedAt: number;
  readonly size: number;
  readonly subject: string;
  readonly word: string;
  mailboxIds: Set<string>;
  /** As the account's owner has them: `$seen` is each reader's own. */
  keywords: Set<string>;
  readonly seenBy: Set<string>;
}

export interface ModelMailbox {
  readonly id: string;
  name: string;
  parentId: string | null;
  role: string | null;
  sortOrder: number;
}

/** Delivery and sending rely on them (README of core/mail): they keep their role and are not destroyed. */
const KEPT_ROLES = ["inbox", "junk", "trash", "drafts", "sent"];
const DEEPEST = 10;

export class Model {
  readonly emails = new Map<string, ModelEmail>();
  readonly mailboxes = new Map<string, ModelMailbox>();

  constructor() {
    for (const [id, { name, parentId, role, sortOrder }] of Object.entries(standardMailboxes))
      this.mailboxes.set(id, { id, name, parentId, role, sortOrder });
  }

  /** What a reader of the shared account sees of it. */
  as(reader: string): Model {
    const view = new Model();
    for (const [id, email] of this.emails)
      view.emails.set(id, { ...email, keywords: new Set([...email.keywords, ...(email.seenBy.has(reader) ? ["$seen"] : [])]) });
    view.mailboxes.clear();
    for (const [id, mailbox] of this.mailboxes) view.mailboxes.set(id, mailbox);
    return view;
  }

  setKeyword(email: ModelEmail, keyword: string, isSet: boolean, reader: string): void {
    const [set, name] = keyword === "$seen" ? [email.seenBy, reader] : [email.keywords, keyword];
    isSet ? set.add(name) : set.delete(name);
  }

  thread(threadId: string): ModelEmail[] {
    const mates = [...this.emails.values()].filter((email) => email.threadId === threadId);
    return mates.sort((left, right) => left.receivedAt - right.receivedAt || left.order - right.order);
  }

  get threadIds(): Set<string> {
    return new Set([...this.emails.values()].map((email) => email.threadId));
  }

  /** RFC 8621 §2: what a Mailbox shows; a thread is unread outside Trash by its mail outside Trash, and in Trash by its mail there. */
  counts(mailboxId: string): object {
    const all = [...this.emails.values()];
    const inside = all.filter((email) => email.mailboxIds.has(mailboxId));
    const isUnread = (email: ModelEmail) => !email.keywords.has("$seen") && !email.keywords.has("$draft");
    const threads = new Set(inside.map((email) => email.threadId));
    const countsFor = (email: ModelEmail) =>
      mailboxId === "trash" ? email.mailboxIds.has("trash") : [...email.mailboxIds].some((other) => other !== "trash");
    const unreadThreads = [...threads].filter((threadId) =>
      all.some((email) => email.threadId === threadId && isUnread(email) && countsFor(email)),
    );
    return {
      totalEmails: inside.length,
      unreadEmails: inside.filter(isUnread).length,
      totalThreads: threads.size,
      unreadThreads: unreadThreads.length,
    };
  }

  /** Puts a Mailbox there or in place of what it was. False, and nothing changed, when JMAP must refuse it. */
  putMailbox(wanted: ModelMailbox): boolean {
    const before = this.mailboxes.get(wanted.id);
    if (before?.role && KEPT_ROLES.includes(before.role) && before.role !== wanted.role) return false;
    for (const other of this.mailboxes.values()) {
      if (other.id === wanted.id) continue;
      if (other.parentId === wanted.parentId && other.name === wanted.name) return false;
      if (wanted.role !== null && other.role === wanted.role) return false;
    }
    let above = 0;
    for (let at = wanted.parentId; at !== null; at = this.mailboxes.get(at)!.parentId)
      if (at === wanted.id || ++above >= DEEPEST) return false;
    this.mailboxes.set(wanted.id, { ...wanted });
    return true;
  }

  /** Null when it is destroyed, else the SetError. */
  destroyMailbox(id: string, removeEmails: boolean): string | null {
    const mailbox = this.mailboxes.get(id);
    if (!mailbox) return "notFound";
    if (mailbox.role && KEPT_ROLES.includes(mailbox.role)) return "forbidden";
    if ([...this.mailboxes.values()].some(({ parentId }) => parentId === id)) return "mailboxHasChild";
    const inside = [...this.emails.values()].filter((email) => email.mailboxIds.has(id));
    if (inside.length > 0 && !removeEmails) return "mailboxHasEmail";
    for (const email of inside) {
      email.mailboxIds.delete(id);
      if (email.mailboxIds.size === 0) this.emails.delete(email.id);
    }
    this.mailboxes.delete(id);
    return null;
  }
}
