/** The server's state as React sees it. */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { useMail } from "../app/mail-context.tsx";
import { capabilities } from "../jmap/client.ts";
import type { EmailContent, GetResult, Identity, Mailbox } from "../jmap/types.ts";
import type { EmailStore } from "./email-store.ts";
import { fetchThread, fetchWindow } from "./fetch-list.ts";
import { type ListSource, type ListWindow, listKey, windowSize } from "./list-source.ts";

export function useStoreVersion(store: EmailStore): number {
  return useSyncExternalStore(store.subscribe, store.version);
}

export function useMailboxes(accountId: string | null): readonly Mailbox[] {
  const { client } = useMail();
  const query = useQuery({
    queryKey: ["mailboxes", accountId],
    enabled: accountId !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await client.call([["Mailbox/get", { accountId }, "0"]])).of<GetResult<Mailbox>>("0").list,
  });
  return query.data ?? [];
}

export function useIdentities(accountId: string): readonly Identity[] {
  const { client } = useMail();
  const query = useQuery({
    queryKey: ["identities", accountId],
    staleTime: 10 * 60_000,
    queryFn: async () => (await client.call([["Identity/get", { accountId }, "0"]])).of<GetResult<Identity>>("0").list,
  });
  return query.data ?? [];
}

export interface ListView {
  readonly total: number;
  readonly state: "loading" | "failed" | "ready";
  readonly error: unknown;
  idAt(index: number): string | undefined;
  /** The ids of all loaded rows in order. */
  readonly loaded: readonly string[];
  again(): void;
}

/** The windows that the rows in view need; the first is always held, it knows the total. */
export function useList(source: ListSource, windows: readonly number[]): ListView {
  const { client, store, sync } = useMail();
  const wanted = useMemo(() => [...new Set([0, ...windows])].sort((left, right) => left - right), [windows]);
  const results = useQueries({
    queries: wanted.map((window) => ({
      queryKey: [...listKey(source), window],
      staleTime: Number.POSITIVE_INFINITY,
      placeholderData: keepPreviousData<ListWindow>,
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchWindow(client, store, sync, source, window, signal),
    })),
  });
  const first = results[0];
  const byWindow = new Map(wanted.map((window, index) => [window, results[index]?.isPlaceholderData ? undefined : results[index]?.data]));
  const ready = first?.data !== undefined && !first.isPlaceholderData;
  return {
    total: ready ? (first?.data?.total ?? 0) : 0,
    state: ready ? "ready" : first?.isError ? "failed" : "loading",
    error: first?.error,
    idAt: (index) => byWindow.get(Math.floor(index / windowSize))?.ids[index % windowSize],
    loaded: wanted.flatMap((window) => byWindow.get(window)?.ids ?? []),
    again: () => {
      for (const result of results) void result.refetch();
    },
  };
}

export function useThread(accountId: string, threadId: string) {
  const { client, store, sync } = useMail();
  useStoreVersion(store);
  const query = useQuery({
    queryKey: ["thread", accountId, threadId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => fetchThread(client, store, sync, accountId, threadId),
  });
  return { ...query, emails: store.threadEmails(accountId, threadId) };
}

const partProperties = ["partId", "blobId", "size", "name", "type", "cid", "disposition"];
const contentProperties = [
  "id",
  "blobId",
  "messageId",
  "inReplyTo",
  "references",
  "sender",
  "from",
  "to",
  "cc",
  "bcc",
  "replyTo",
  "subject",
  "sentAt",
  "htmlBody",
  "textBody",
  "attachments",
  "bodyValues",
];
/** Longer text is cut and the reader told; a browser should not lay out more. */
const maxBodyValueBytes = 2_000_000;

/** The body of one message; it never changes, so it is asked for once. */
export function contentQuery(mail: Pick<ReturnType<typeof useMail>, "client" | "jmap">, accountId: string, id: string) {
  const extra = [capabilities.marks in mail.jmap.capabilities ? "marks" : "header:Authentication-Results:asText:all"];
  return {
    queryKey: ["content", accountId, id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<EmailContent | null> => {
      const responses = await mail.client.call([
        [
          "Email/get",
          {
            accountId,
            ids: [id],
            properties: [...contentProperties, ...extra],
            bodyProperties: partProperties,
            fetchHTMLBodyValues: true,
            fetchTextBodyValues: true,
            maxBodyValueBytes,
          },
          "0",
        ],
      ]);
      return responses.of<GetResult<EmailContent>>("0").list[0] ?? null;
    },
  };
}

export function useContent(accountId: string, id: string) {
  const mail = useMail();
  return useQuery(contentQuery(mail, accountId, id));
}
