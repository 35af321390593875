/** A plain account: lists and loops, no columns, no log. What it says of a query or a counter is what JMAP must say. */

export interface ModelEmail {
  readonly id: string;
  readonly threadId: string;
  readonly receivedAt: number;
  readonly size: number;
  readonly subject: string;
  mailboxIds: Set<string>;
  keywords: Set<string>;
}

export interface ModelQuery {
  readonly name: string;
  readonly args: object;
  readonly matches: (email: ModelEmail, model: Model) => boolean;
  /** Sort keys, each ascending or descending; newest first settles ties. */
  readonly keys: readonly { readonly of: (email: ModelEmail, model: Model) => number | string; readonly up: boolean }[];
  readonly collapse: boolean;
}

export class Model {
  readonly emails = new Map<string, ModelEmail>();

  thread(email: ModelEmail): ModelEmail[] {
    return [...this.emails.values()].filter((other) => other.threadId === email.threadId);
  }

  query({ matches, keys, collapse }: ModelQuery): string[] {
    const found = [...this.emails.values()].filter((email) => matches(email, this));
    found.sort((left, right) => {
      for (const { of, up } of keys) {
        const a = of(left, this);
        const b = of(right, this);
        if (a !== b) return a < b === up ? -1 : 1;
      }
      return right.receivedAt - left.receivedAt;
    });
    const threads = new Set<string>();
    return found.filter((email) => !collapse || (!threads.has(email.threadId) && threads.add(email.threadId))).map((email) => email.id);
  }

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
}

const newest = { of: (email: ModelEmail) => email.receivedAt, up: false };

export const queries: readonly ModelQuery[] = [
  {
    name: "the inbox",
    args: { filter: { inMailbox: "inbox" }, sort: [{ property: "receivedAt", isAscending: false }] },
    matches: (email) => email.mailboxIds.has("inbox"),
    keys: [newest],
    collapse: false,
  },
  {
    name: "the inbox by thread",
    args: { filter: { inMailbox: "inbox" }, collapseThreads: true },
    matches: (email) => email.mailboxIds.has("inbox"),
    keys: [newest],
    collapse: true,
  },
  {
    name: "unseen, oldest first",
    args: { filter: { notKeyword: "$Seen" }, sort: [{ property: "receivedAt" }] },
    matches: (email) => !email.keywords.has("$seen"),
    keys: [{ of: (email) => email.receivedAt, up: true }],
    collapse: false,
  },
  {
    name: "everything, flagged first",
    args: { sort: [{ property: "hasKeyword", keyword: "$flagged", isAscending: false }], collapseThreads: true },
    matches: () => true,
    keys: [{ of: (email) => Number(email.keywords.has("$flagged")), up: false }],
    collapse: true,
  },
  {
    name: "threads with a flag, by size",
    args: { filter: { someInThreadHaveKeyword: "$flagged" }, sort: [{ property: "size" }] },
    matches: (email, model) => model.thread(email).some((other) => other.keywords.has("$flagged")),
    keys: [{ of: (email) => email.size, up: true }],
    collapse: false,
  },
  {
    name: "neither read threads nor trash",
    args: {
      filter: { operator: "NOT", conditions: [{ allInThreadHaveKeyword: "$seen" }, { inMailbox: "trash" }] },
      sort: [{ property: "allInThreadHaveKeyword", keyword: "$flagged" }, { property: "subject" }],
    },
    matches: (email, model) => !model.thread(email).every((other) => other.keywords.has("$seen")) && !email.mailboxIds.has("trash"),
    keys: [
      { of: (email, model) => Number(model.thread(email).every((other) => other.keywords.has("$flagged"))), up: true },
      { of: (email) => email.subject, up: true },
    ],
    collapse: false,
  },
  {
    name: "words, somewhere else than the archive",
    args: { filter: { operator: "AND", conditions: [{ subject: "ROTA" }, { inMailboxOtherThan: ["archive"] }, { body: "bodies" }] } },
    matches: (email) => email.subject === "rota" && [...email.mailboxIds].some((mailboxId) => mailboxId !== "archive"),
    keys: [newest],
    collapse: false,
  },
  {
    name: "no mail with this flag in its thread, an odd size",
    args: {
      filter: { operator: "OR", conditions: [{ noneInThreadHaveKeyword: "$flagged" }, { minSize: 270 }] },
      sort: [{ property: "someInThreadHaveKeyword", keyword: "$seen" }],
    },
    matches: (email, model) => model.thread(email).every((other) => !other.keywords.has("$flagged")) || email.size >= 270,
    keys: [{ of: (email, model) => Number(model.thread(email).some((other) => other.keywords.has("$seen"))), up: true }],
    collapse: false,
  },
];
