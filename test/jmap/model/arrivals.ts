/** The four ways a message comes into an account, each with what JMAP then says of its place, its thread and its size. */
import { expect } from "vitest";
import { type Any, BOB, bob, message, START, TEAM } from "../world.ts";
import type { Client } from "./client.ts";
import { KEYWORDS, SUBJECTS, WORDS } from "./kept-queries.ts";
import type { Run } from "./run.ts";
import type { Step } from "./steps.ts";

type Arrival = Extract<Step, { kind: "arrive" }>;

interface Coming {
  readonly order: number;
  readonly subject: string;
  readonly text: string;
  readonly receivedAt: number;
  /** Message-ID of what it answers. */
  readonly replyTo: string | undefined;
  readonly mailboxIds: Record<string, true>;
  readonly keywords: Record<string, true>;
}

const messageIdOf = (order: number): string => `${order}@model.example`;
const orders = new WeakMap<Run, number>();

export const arrive = async (run: Run, client: Client, step: Arrival): Promise<void> => {
  const { emails, mailboxes } = run.model;
  const order = (orders.get(run) ?? 0) + 1;
  orders.set(run, order);
  const subject = SUBJECTS[step.subject]!;
  const word = WORDS[step.word]!;
  const answered = step.reply % 2 === 0 ? [...emails.values()].find((email) => email.subject === subject) : undefined;
  const places = [...mailboxes.keys()];
  const keyword = KEYWORDS[step.keyword];
  const coming: Coming = {
    order,
    subject,
    text: `${word} ${"1".repeat(1 + step.reply * 3)}`,
    receivedAt: START + step.at * 60_000,
    replyTo: answered && messageIdOf(answered.order),
    mailboxIds:
      step.how === "deliver" ? { inbox: true } : Object.fromEntries(step.into.map((pick) => [places[pick % places.length], true])),
    keywords: step.how === "deliver" || !keyword ? {} : { [keyword]: true },
  };
  const id = await ways[step.how](run, client, coming);
  const [email] = (await client.call("Email/get", { ids: [id], properties: ["threadId", "size"] })).list;
  // A reply joins the thread; what answers nothing begins one.
  expect(answered ? email.threadId === answered.threadId : !run.model.threadIds.has(email.threadId)).toBe(true);
  const { receivedAt } = coming;
  const mailboxIds = new Set(Object.keys(coming.mailboxIds));
  const { threadId, size } = email;
  const filed = {
    id,
    order,
    threadId,
    receivedAt,
    size,
    subject,
    word,
    mailboxIds,
    keywords: new Set<string>(),
    seenBy: new Set<string>(),
  };
  emails.set(id, filed);
  // It is Bob who has something to copy.
  const { reader } = step.how === "copy" ? run.clients[0] : client;
  for (const name of Object.keys(coming.keywords)) run.model.setKeyword(filed, name, true, reader);
};

const octets = ({ order, subject, text, replyTo }: Coming): string => message({ id: messageIdOf(order), subject, replyTo, body: text });

const ways: Readonly<Record<Arrival["how"], (run: Run, client: Client, coming: Coming) => Promise<string>>> = {
  deliver: ({ world }, _client, coming) => world.deliver(TEAM, octets(coming), { receivedAt: coming.receivedAt }),
  import: async (_run, client, coming) => {
    const blobId = await client.process.upload(client.principal, octets(coming));
    const { mailboxIds, keywords } = coming;
    const email = { blobId, mailboxIds, keywords, receivedAt: utcDate(coming.receivedAt) };
    return created(await client.call("Email/import", { emails: { new: email } }));
  },
  create: async (_run, client, { order, subject, text, replyTo, receivedAt, ...membership }) => {
    const email = {
      ...membership,
      subject,
      receivedAt: utcDate(receivedAt),
      messageId: [messageIdOf(order)],
      inReplyTo: replyTo ? [replyTo] : null,
      from: [{ name: null, email: "team@north.example" }],
      bodyValues: { text: { value: text } },
      textBody: [{ partId: "text", type: "text/plain" }],
    };
    return created(await client.call("Email/set", { create: { new: email } }));
  },
  copy: async ({ world }, client, coming) => {
    const id = await world.deliver(BOB, octets(coming), { receivedAt: coming.receivedAt });
    const { mailboxIds, keywords } = coming;
    const args = { fromAccountId: BOB, create: { new: { id, mailboxIds, keywords } } };
    const [response] = await client.process.request(bob, [["Email/copy", args]]);
    return created(response![1]);
  },
};

const created = (answer: Any): string => {
  expect(answer).toMatchObject({ created: { new: { id: expect.any(String) } } });
  return answer.created.new.id;
};

const utcDate = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
