/** One window of a message list in one round trip: ids, rows, threads and the other messages of each thread (RFC 8621 §4.10). */
import { type JmapClient, reference } from "../jmap/client.ts";
import { type EmailSummary, type GetResult, type QueryResult, summaryProperties } from "../jmap/types.ts";
import type { EmailStore } from "./email-store.ts";
import { type ListSource, type ListWindow, listFilter, windowSize } from "./list-source.ts";
import type { MailSync } from "./sync.ts";

interface ThreadObject {
  readonly id: string;
  readonly emailIds: readonly string[];
}

export async function fetchWindow(
  client: JmapClient,
  store: EmailStore,
  sync: MailSync,
  source: ListSource,
  window: number,
  signal: AbortSignal,
): Promise<ListWindow> {
  const { accountId } = source;
  const responses = await client.call(
    [
      [
        "Email/query",
        {
          accountId,
          filter: listFilter(source),
          sort: [{ property: "receivedAt", isAscending: false }],
          collapseThreads: true,
          position: window * windowSize,
          limit: windowSize,
          calculateTotal: true,
        },
        "query",
      ],
      ["Email/get", { accountId, "#ids": reference("query", "Email/query", "/ids"), properties: ["threadId"] }, "rows"],
      ["Thread/get", { accountId, "#ids": reference("rows", "Email/get", "/list/*/threadId") }, "threads"],
      ["Email/get", { accountId, "#ids": reference("threads", "Thread/get", "/list/*/emailIds"), properties: summaryProperties }, "emails"],
    ],
    signal,
  );
  const query = responses.of<QueryResult>("query");
  const emails = responses.of<GetResult<EmailSummary>>("emails");
  store.put(accountId, emails.list, responses.of<GetResult<ThreadObject>>("threads").list);
  sync.know(accountId, emails.state);
  return { ids: query.ids, total: query.total ?? query.position + query.ids.length };
}

export async function fetchThread(
  client: JmapClient,
  store: EmailStore,
  sync: MailSync,
  accountId: string,
  threadId: string,
): Promise<readonly string[]> {
  const responses = await client.call([
    ["Thread/get", { accountId, ids: [threadId] }, "threads"],
    ["Email/get", { accountId, "#ids": reference("threads", "Thread/get", "/list/*/emailIds"), properties: summaryProperties }, "emails"],
  ]);
  const threads = responses.of<GetResult<ThreadObject>>("threads");
  const emails = responses.of<GetResult<EmailSummary>>("emails");
  store.put(accountId, emails.list, threads.list);
  sync.know(accountId, emails.state);
  return threads.list[0]?.emailIds ?? [];
}
