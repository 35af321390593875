/** Builds what a signed-in person needs, then shows their mail. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Cognito } from "../identity/cognito.ts";
import type { SessionStore } from "../identity/session-store.ts";
import { JmapClient } from "../jmap/client.ts";
import { JmapProblem, problemSentence } from "../jmap/problems.ts";
import { Push, type PushState } from "../jmap/push.ts";
import { Transfer } from "../jmap/transfer.ts";
import type { EmailSummary, Mailbox, Session } from "../jmap/types.ts";
import { MailActions } from "../mail/actions.ts";
import { EmailStore } from "../mail/email-store.ts";
import { MailSync } from "../mail/sync.ts";
import { namesOf, plural, subjectOf } from "../mail/wording.ts";
import type { WebConfig } from "./config.ts";
import { type Mail, MailContext, type Notice } from "./mail-context.tsx";
import { Notices, type ShownNotice } from "./notices.tsx";
import { Opening } from "./opening.tsx";
import { Screen } from "./screen.tsx";
import { listenForShortcuts } from "./shortcuts.ts";
import { StartProblem } from "./start-problem.tsx";

interface MailAppProps {
  readonly config: WebConfig;
  readonly cognito: Cognito;
  readonly session: SessionStore;
}

function buildServices({ config, session }: MailAppProps, onArrived: (accountId: string, emails: readonly EmailSummary[]) => void) {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, gcTime: 5 * 60_000, networkMode: "always" } },
  });
  const client = new JmapClient(session, config.apiUrl);
  const store = new EmailStore();
  const sync = new MailSync({ client, store, queries, onArrived });
  return { queries, client, store, sync, transfer: new Transfer(client, session), actions: new MailActions(client, store, queries) };
}

/** The door is shown then, by the session store. */
const signedOut = (error: unknown): boolean => error instanceof JmapProblem && error.kind === "signedOut";

/** "New message from Amara Cole: Rota for March", or how many. Only mail that reached an inbox unread. */
function arrivalSentence(emails: readonly EmailSummary[], inboxIds: ReadonlySet<string>): string | null {
  const news = emails.filter((email) => !email.keywords.$seen && Object.keys(email.mailboxIds).some((id) => inboxIds.has(id)));
  const [first] = news;
  if (!first) return null;
  if (news.length > 1) return plural(news.length, "new message");
  return `New message from ${namesOf(first.from)}: ${subjectOf(first.subject)}`;
}

export default function MailApp(props: MailAppProps) {
  const { config, cognito, session } = props;
  const [notices, setNotices] = useState<readonly ShownNotice[]>([]);
  const [spoken, setSpoken] = useState("");
  const [push, setPush] = useState<PushState>("connecting");
  const [reachable, setReachable] = useState(true);
  const [jmap, setJmap] = useState<Session | "failed" | null>(null);
  const number = useRef(0);
  const announceArrival = useRef<(accountId: string, emails: readonly EmailSummary[]) => void>(() => {});
  // biome-ignore lint/correctness/useExhaustiveDependencies: one set of services for the life of a session
  const services = useMemo(() => buildServices(props, (...arrived) => announceArrival.current(...arrived)), [session]);

  const announce = useCallback((text: string) => {
    setSpoken("");
    setTimeout(() => setSpoken(text), 50);
  }, []);
  const notify = useCallback((notice: Notice) => {
    number.current += 1;
    const shown = { ...notice, id: number.current };
    setNotices((before) => [...before.slice(-2), shown]);
  }, []);

  useEffect(() => {
    announceArrival.current = (accountId, emails) => {
      const mailboxes = services.queries.getQueryData<readonly Mailbox[]>(["mailboxes", accountId]) ?? [];
      const inboxes = new Set(mailboxes.filter((mailbox) => mailbox.role === "inbox").map((mailbox) => mailbox.id));
      const sentence = arrivalSentence(emails, inboxes);
      if (sentence) announce(sentence);
    };
  }, [services, announce]);

  useEffect(() => {
    services.client.onOnline = setReachable;
    let live = true;
    services.client.session().then(
      (loaded) => live && setJmap(loaded),
      (error) => live && !signedOut(error) && setJmap("failed"),
    );
    const connection = new Push({
      client: services.client,
      socketUrl: config.socketUrl,
      onChange: (changed) => services.sync.changed(changed),
      onState: setPush,
    });
    connection.start();
    const stopShortcuts = listenForShortcuts();
    return () => {
      live = false;
      connection.stop();
      stopShortcuts();
    };
  }, [services, config]);

  const startAgain = useCallback(
    () =>
      services.client.session().then((loaded) => {
        setJmap(loaded);
        return true;
      }, signedOut),
    [services],
  );

  const mail = useMemo((): Mail | null => {
    if (jmap === null || jmap === "failed") return null;
    return {
      ...services,
      config,
      cognito,
      session,
      jmap,
      notify,
      announce,
      attempt: async (work) => {
        try {
          await work();
          return true;
        } catch (error) {
          notify({ text: problemSentence(error), tone: "problem" });
          return false;
        }
      },
    };
  }, [services, config, cognito, session, jmap, notify, announce]);

  if (jmap === "failed") return <StartProblem again={startAgain} />;
  if (!mail) return <Opening />;
  return (
    <QueryClientProvider client={services.queries}>
      <MailContext value={mail}>
        <Screen connection={!reachable || !navigator.onLine ? "offline" : push} />
        <Notices notices={notices} onClose={(id) => setNotices((before) => before.filter((notice) => notice.id !== id))} />
        <div className="nhsuk-u-visually-hidden" role="status" aria-live="polite" data-testid="announcer">
          {spoken}
        </div>
      </MailContext>
    </QueryClientProvider>
  );
}
