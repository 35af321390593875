/**
 * Just enough of a JMAP service in memory to look at screens and to put hostile messages into the reading pane quickly. What it
 * answers proves nothing about the product's service: the journeys in test/browser run against the real one.
 */
import { createHash } from "node:crypto";
import type { SampleEmail } from "./sample-mail.ts";

type Args = Record<string, unknown>;
type Invocation = [string, Args, string];

export const accountId = "A1";
const sharedId = "A2";

const rights = {
  mayReadItems: true,
  mayAddItems: true,
  mayRemoveItems: true,
  maySetSeen: true,
  maySetKeywords: true,
  mayCreateChild: true,
  mayRename: true,
  mayDelete: true,
  maySubmit: true,
};
const boxes: [string, string, string | null, string | null][] = [
  ["inbox", "Inbox", "inbox", null],
  ["drafts", "Drafts", "drafts", null],
  ["sent", "Sent", "sent", null],
  ["archive", "Archive", "archive", null],
  ["junk", "Junk", "junk", null],
  ["trash", "Trash", "trash", null],
  ["rotas", "Rotas", null, null],
  ["training", "Training", null, null],
  ["fire", "Fire safety", null, "training"],
];

export class FakeJmap {
  readonly emails: SampleEmail[];
  readonly blobs = new Map<string, { type: string; content: Buffer }>();
  readonly origin: string;
  onChange: () => void = () => {};
  #state = 1;
  #number = 1000;
  readonly #log: { state: number; kind: "created" | "updated" | "destroyed"; id: string }[] = [];

  constructor(emails: SampleEmail[], origin: string) {
    this.emails = emails;
    this.origin = origin;
    for (const email of emails) for (const file of email.files) this.store(file.type, file.content);
  }

  store(type: string, content: Buffer): string {
    const id = `G${createHash("sha256").update(content).digest("hex").slice(0, 20)}`;
    this.blobs.set(id, { type, content });
    return id;
  }

  session() {
    const core = { maxSizeUpload: 4_000_000, maxCallsInRequest: 64, maxObjectsInGet: 1000, maxObjectsInSet: 5000 };
    const capabilities = {
      "urn:ietf:params:jmap:core": core,
      "urn:ietf:params:jmap:mail": {},
      "urn:ietf:params:jmap:submission": {},
      "urn:ietf:params:jmap:blob": {},
    };
    const account = (name: string, isPersonal: boolean) => ({
      name,
      isPersonal,
      isReadOnly: false,
      accountCapabilities: { "urn:ietf:params:jmap:mail": { maxSizeAttachmentsPerEmail: 35_000_000 } },
    });
    return {
      username: "nia.bevan@northvale.health.example",
      capabilities,
      accounts: { [accountId]: account("Nia Bevan", true), [sharedId]: account("Ward 7 nurses", false) },
      primaryAccounts: { "urn:ietf:params:jmap:mail": accountId, "urn:ietf:params:jmap:submission": accountId },
      apiUrl: `${this.origin}/jmap/api`,
      uploadUrl: `${this.origin}/jmap/upload/{accountId}`,
      downloadUrl: `${this.origin}/jmap/download/{accountId}/{blobId}?name={name}&type={type}`,
      eventSourceUrl: "",
      state: "s",
    };
  }

  add(email: SampleEmail): void {
    this.emails.push(email);
    this.#record("created", email.id);
  }

  #record(kind: "created" | "updated" | "destroyed", id: string): void {
    this.#state += 1;
    this.#log.push({ state: this.#state, kind, id });
    setTimeout(() => this.onChange(), 5);
  }

  api(body: { methodCalls: Invocation[] }) {
    const responses: Invocation[] = [];
    const created = new Map<string, string>();
    for (const [name, args, id] of body.methodCalls) {
      const resolved: Args = {};
      for (const [key, value] of Object.entries(args)) {
        if (!key.startsWith("#")) resolved[key] = value;
        else resolved[key.slice(1)] = follow(responses, value as { resultOf: string; name: string; path: string });
      }
      for (const answer of this.#method(name, resolved, created)) responses.push([answer[0], answer[1], id]);
    }
    return { methodResponses: responses, sessionState: "s" };
  }

  #method(name: string, args: Args, created: Map<string, string>): [string, Args][] {
    const base = { accountId: args.accountId, state: String(this.#state) };
    switch (name) {
      case "Core/echo":
        return [[name, args]];
      case "Mailbox/get":
        return [
          [
            name,
            {
              ...base,
              list: args.accountId === accountId ? this.#mailboxes() : [{ ...this.#mailboxes()[0], unreadEmails: 2 }],
              notFound: [],
            },
          ],
        ];
      case "Identity/get":
        return [
          [
            name,
            {
              ...base,
              list: [
                {
                  id: "I1",
                  name: "Nia Bevan",
                  email: "nia.bevan@northvale.health.example",
                  replyTo: null,
                  bcc: null,
                  textSignature: "",
                  htmlSignature: "",
                  mayDelete: false,
                },
              ],
              notFound: [],
            },
          ],
        ];
      case "Email/query":
        return [[name, this.#query(args)]];
      case "Email/get":
        return [[name, { ...base, list: ((args.ids as string[]) ?? []).flatMap((id) => this.#email(id) ?? []), notFound: [] }]];
      case "Thread/get":
        return [
          [
            name,
            {
              ...base,
              list: [...new Set(args.ids as string[])].map((id) => ({
                id,
                emailIds: this.#ordered()
                  .filter((email) => email.threadId === id)
                  .reverse()
                  .map((email) => email.id),
              })),
              notFound: [],
            },
          ],
        ];
      case "Email/changes":
        return [[name, this.#changes(args)]];
      case "Email/set":
        return [[name, this.#set(args, created)]];
      case "EmailSubmission/set":
        return this.#submit(args, created);
      case "Blob/upload":
        return [[name, this.#join(args)]];
      default:
        return [["error", { type: "unknownMethod" }]];
    }
  }

  #mailboxes() {
    return boxes.map(([id, label, role, parentId], index) => {
      const inside = this.emails.filter((email) => email.mailboxIds[id]);
      const unread = inside.filter((email) => !email.keywords.$seen).length;
      return {
        id,
        name: label,
        role,
        parentId,
        sortOrder: index,
        totalEmails: inside.length,
        unreadEmails: unread,
        totalThreads: inside.length,
        unreadThreads: unread,
        myRights: rights,
        isSubscribed: true,
      };
    });
  }

  #ordered() {
    return [...this.emails].sort((left, right) => right.receivedAt.localeCompare(left.receivedAt));
  }

  #query(args: Args) {
    const filter = (args.filter ?? {}) as { inMailbox?: string; text?: string };
    const seen = new Set<string>();
    const all = this.#ordered().filter((email) => {
      if (args.accountId !== accountId) return false;
      if (filter.inMailbox && !email.mailboxIds[filter.inMailbox]) return false;
      if (filter.text && !`${email.subject} ${email.text}`.toLowerCase().includes(filter.text.toLowerCase())) return false;
      if (seen.has(email.threadId)) return false;
      seen.add(email.threadId);
      return true;
    });
    const position = Number(args.position ?? 0);
    return {
      accountId: args.accountId,
      queryState: String(this.#state),
      position,
      total: all.length,
      ids: all.slice(position, position + Number(args.limit ?? 50)).map((email) => email.id),
    };
  }

  #email(id: string) {
    const email = this.emails.find((each) => each.id === id);
    if (!email) return undefined;
    const part = (partId: string, type: string) => ({ partId, blobId: null, size: 1, name: null, type, cid: null, disposition: null });
    const text = part("t", "text/plain");
    const rich = email.html === null ? text : part("h", "text/html");
    return {
      ...email,
      html: undefined,
      text: undefined,
      files: undefined,
      blobId: `raw-${id}`,
      messageId: [`${id}@northvale.health.example`],
      inReplyTo: null,
      references: null,
      sender: null,
      bcc: null,
      replyTo: null,
      sentAt: email.receivedAt,
      size: 1000,
      hasAttachment: email.files.some((file) => !file.cid),
      textBody: [text],
      htmlBody: [rich],
      bodyValues: {
        t: { value: email.text, isTruncated: false, isEncodingProblem: false },
        ...(email.html === null ? {} : { h: { value: email.html, isTruncated: false, isEncodingProblem: false } }),
      },
      attachments: email.files.map((file, index) => ({
        partId: `f${index}`,
        blobId: this.store(file.type, file.content),
        size: file.content.length,
        name: file.name,
        type: file.type,
        cid: file.cid ?? null,
        disposition: "attachment",
      })),
    };
  }

  #changes(args: Args) {
    const since = Number(args.sinceState);
    const kinds = new Map<string, string>();
    for (const entry of this.#log.filter((each) => each.state > since)) {
      if (!(kinds.get(entry.id) === "created" && entry.kind === "updated")) kinds.set(entry.id, entry.kind);
    }
    const of = (kind: string) => [...kinds].filter(([, each]) => each === kind).map(([id]) => id);
    return {
      accountId: args.accountId,
      oldState: args.sinceState,
      newState: String(this.#state),
      hasMoreChanges: false,
      created: of("created"),
      updated: of("updated"),
      destroyed: of("destroyed"),
    };
  }

  #patch(id: string, patch: Args): boolean {
    const email = this.emails.find((each) => each.id === id);
    if (!email) return false;
    for (const [path, value] of Object.entries(patch)) {
      const [property, key] = path.split("/") as ["mailboxIds" | "keywords", string | undefined];
      if (key === undefined) email[property] = value as Record<string, boolean>;
      else if (value === null) delete email[property][key];
      else email[property][key] = true;
    }
    this.#record("updated", id);
    return true;
  }

  #set(args: Args, created: Map<string, string>) {
    const made: Args = {};
    for (const [key, value] of Object.entries((args.create ?? {}) as Record<string, Args>)) {
      const id = `N${this.#number++}`;
      created.set(key, id);
      const values = value.bodyValues as Record<string, { value: string }>;
      const files = ((value.attachments ?? []) as { blobId: string; name: string; type: string; cid?: string }[]).map((file) => ({
        name: file.name,
        type: file.type,
        content: this.blobs.get(file.blobId)?.content ?? Buffer.alloc(0),
        cid: file.cid,
      }));
      this.add({
        id,
        threadId: `T${id}`,
        mailboxIds: value.mailboxIds as Record<string, boolean>,
        keywords: value.keywords as Record<string, boolean>,
        from: value.from as SampleEmail["from"],
        to: (value.to ?? []) as SampleEmail["to"],
        cc: (value.cc ?? null) as SampleEmail["cc"],
        subject: String(value.subject),
        receivedAt: new Date().toISOString(),
        preview: (values.text?.value ?? "").slice(0, 100),
        text: values.text?.value ?? "",
        html: values.html?.value ?? null,
        files,
      });
      made[key] = { id, blobId: `raw-${id}`, threadId: `T${id}`, size: 1 };
    }
    const updated: Args = {};
    const notUpdated: Args = {};
    for (const [id, patch] of Object.entries((args.update ?? {}) as Record<string, Args>)) {
      if (this.#patch(id, patch)) updated[id] = null;
      else notUpdated[id] = { type: "notFound" };
    }
    for (const id of (args.destroy ?? []) as string[]) {
      const at = this.emails.findIndex((email) => email.id === id);
      if (at >= 0) this.emails.splice(at, 1);
      this.#record("destroyed", id);
    }
    return {
      accountId: args.accountId,
      oldState: "",
      newState: String(this.#state),
      created: made,
      updated,
      destroyed: args.destroy ?? [],
      notCreated: null,
      notUpdated,
      notDestroyed: null,
    };
  }

  #submit(args: Args, created: Map<string, string>): [string, Args][] {
    const sendAt = new Date(Date.now() + 10_000).toISOString();
    const answers: [string, Args][] = [];
    const made: Args = {};
    for (const [key, value] of Object.entries((args.create ?? {}) as Record<string, Args>)) {
      made[key] = { id: `S${this.#number++}`, sendAt, undoStatus: "pending" };
      const emailId = String(value.emailId).startsWith("#") ? (created.get(String(value.emailId).slice(1)) ?? "") : String(value.emailId);
      const patch = (args.onSuccessUpdateEmail as Record<string, Args> | undefined)?.[`#${key}`];
      if (patch) this.#patch(emailId, patch);
    }
    answers.push([
      "EmailSubmission/set",
      {
        accountId: args.accountId,
        newState: "1",
        created: made,
        updated: Object.fromEntries(Object.keys((args.update ?? {}) as object).map((id) => [id, null])),
        notCreated: null,
        notUpdated: null,
      },
    ]);
    if (args.onSuccessUpdateEmail) answers.push(["Email/set", { accountId: args.accountId, updated: {} }]);
    return answers;
  }

  #join(args: Args) {
    const made: Args = {};
    for (const [key, value] of Object.entries(args.create as Record<string, { type: string; data: { blobId: string }[] }>)) {
      const content = Buffer.concat(value.data.map((each) => this.blobs.get(each.blobId)?.content ?? Buffer.alloc(0)));
      made[key] = { id: this.store(value.type, content), type: value.type, size: content.length };
    }
    return { accountId: args.accountId, created: made, notCreated: null };
  }
}

function follow(responses: Invocation[], reference: { resultOf: string; name: string; path: string }): unknown {
  const found = responses.find(([name, , id]) => id === reference.resultOf && name === reference.name)?.[1];
  const read = (value: unknown, steps: string[]): unknown => {
    const [step, ...rest] = steps;
    if (step === undefined) return value;
    if (step === "*") return (value as unknown[]).flatMap((each) => read(each, rest));
    return read((value as Args)?.[step], rest);
  };
  return read(found, reference.path.split("/").slice(1));
}
