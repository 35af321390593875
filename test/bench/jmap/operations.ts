/** What people do, as JMAP requests; each checks that it was answered in full. */

import type { Call, Client } from "./clients.ts";
import { BLOCK_MESSAGES, searched } from "./mail-text.ts";
import { emailIdAt } from "./mailbox.ts";

export interface Operation {
  readonly name: string;
  /** It changes the mailbox. */
  readonly writes?: true;
  /** `round` counts from 0 for each client. */
  run(client: Client, round: number): Promise<void>;
}

export interface Subject {
  readonly messages: number;
  /** The state ten changes ago. */
  readonly sinceState: string;
}

const PAGE = 50;
const LIST_PROPERTIES = ["threadId", "mailboxIds", "keywords", "from", "to", "subject", "receivedAt", "size", "hasAttachment", "preview"];
const MARKED = 1_000;

const expect = (isRight: boolean, what: string): void => {
  if (!isRight) throw new Error(`The bench got a wrong answer: ${what}.`);
};

const newest = (accountId: string): Call[] => [
  ["Email/query", { accountId, filter: { inMailbox: "inbox" }, sort: [{ property: "receivedAt", isAscending: false }], limit: PAGE }, "q"],
  ["Email/get", { accountId, "#ids": { resultOf: "q", name: "Email/query", path: "/ids" }, properties: LIST_PROPERTIES }, "g"],
];

const isFullPage = (answer: Record<string, unknown>): boolean => {
  const list = answer.list as { preview: string }[];
  return list.length === PAGE && list.every(({ preview }) => preview.length > 0);
};

const search = (
  name: string,
  textOf: (client: Client, round: number) => string,
  isRight: (ids: number, total: number) => boolean,
): Operation => ({
  name,
  run: async (client, round) => {
    const { accountId } = client;
    const filter = { text: textOf(client, round) };
    const [found] = await client.ask([["Email/query", { accountId, filter, limit: PAGE, calculateTotal: true }, "q"]]);
    const { ids, total } = found as { ids: string[]; total: number };
    expect(isRight(ids.length, total), `${total} messages for ${filter.text}`);
  },
});

const pick = <Value>(values: readonly Value[], { number }: Client, round: number): Value => values[(number + round) % values.length]!;
const near = (total: number, expected: number): boolean => total > expected * 0.7 && total < expected * 1.4;

export const operationsOn = ({ messages, sinceState }: Subject): Operation[] => {
  const blocks = messages / BLOCK_MESSAGES;
  return [
    {
      name: "Core/echo",
      run: async ({ ask }) => expect((await ask([["Core/echo", { hello: true }, "e"]]))[0]!.hello === true, "echo"),
    },
    {
      name: "session start: mailboxes, newest 50 with preview",
      run: async ({ ask, accountId }) => {
        const [mailboxes, , page] = await ask([["Mailbox/get", { accountId, ids: null }, "m"], ...newest(accountId)]);
        expect((mailboxes!.list as unknown[]).length >= 6 && isFullPage(page!), "session start");
      },
    },
    {
      name: "newest 50 with preview",
      run: async ({ ask, accountId }) => expect(isFullPage((await ask(newest(accountId)))[1]!), "newest 50"),
    },
    {
      name: "one body",
      run: async ({ ask, accountId, number }, round) => {
        const ids = [emailIdAt(accountId, messages - ((number * 10 + round) % 100))];
        const properties = ["bodyValues", "textBody", "htmlBody", "attachments"];
        const [body] = await ask([
          ["Email/get", { accountId, ids, properties, fetchTextBodyValues: true, fetchHTMLBodyValues: true }, "b"],
        ]);
        const [email] = body!.list as { bodyValues: Record<string, { value: string }> }[];
        expect(
          Object.values(email?.bodyValues ?? {}).some(({ value }) => value.length > 50),
          "body",
        );
      },
    },
    {
      name: "changes since 10 ago",
      run: async ({ ask, accountId }) => {
        const [changes] = await ask([["Email/changes", { accountId, sinceState }, "c"]]);
        expect((changes!.updated as unknown[]).length + (changes!.created as unknown[]).length >= 10, "changes");
      },
    },
    search(
      "search: rare word",
      (client, round) => pick(searched.rare, client, round),
      (ids, total) => ids === 10 && total === 10,
    ),
    search(
      "search: word in 5 %",
      (client, round) => pick(searched.common, client, round),
      (ids, total) => ids === PAGE && near(total, messages / 20),
    ),
    search(
      "search: two words",
      (client, round) => `${pick(searched.common, client, round)} ${pick(searched.common, client, round + 3)}`,
      (ids, total) => ids > 5 && near(total, 25 * blocks),
    ),
    search(
      "search: phrase",
      (client, round) => `"${pick(searched.phrases, client, round).join(" ")}"`,
      (ids, total) => ids === PAGE && near(total, 100 * blocks),
    ),
    {
      name: "mark 1,000 read (and unread again)",
      writes: true,
      run: async ({ ask, accountId, number }, round) => {
        const first = (number * MARKED) % (messages - MARKED);
        const ids = Array.from({ length: MARKED }, (_, index) => emailIdAt(accountId, messages - first - index));
        const isSeen = round % 2 === 0 ? true : null;
        const update = Object.fromEntries(ids.map((id) => [id, { "keywords/$seen": isSeen }]));
        const [set] = await ask([["Email/set", { accountId, update }, "s"]]);
        expect(Object.keys(set!.updated as object).length === MARKED, "mark read");
      },
    },
  ];
};
