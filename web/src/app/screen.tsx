/** The three panes; on a narrow screen one at a time, with a way back. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { ComposeContext, type ComposeRequest, type ComposeSeed } from "../compose/compose-context.tsx";
import { MessageList } from "../list/message-list.tsx";
import { useMailboxes } from "../mail/hooks.ts";
import type { ListSource } from "../mail/list-source.ts";
import { mailboxName, withRole } from "../mail/mailbox-tree.ts";
import { ThreadPane } from "../reading/thread-pane.tsx";
import { AccountDialog } from "./account-dialog.tsx";
import { Boundary } from "./boundary.tsx";
import { Header } from "./header.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { IdleGuard } from "./idle-guard.tsx";
import { type Connection, useMail } from "./mail-context.tsx";
import { MailboxNav } from "./mailbox-nav.tsx";
import { go, usePlace } from "./router.ts";
import { useShortcut } from "./shortcuts.ts";

const loadComposer = () => import("../compose/composer.tsx");
const Composer = lazy(loadComposer);
/** Fetched ahead when the screen has settled, so that "New message" opens at once. */
const loadAheadMilliseconds = 4_000;

const mailCapability = "urn:ietf:params:jmap:mail";

export function Screen({ connection }: { readonly connection: Connection }) {
  const { jmap, config, session } = useMail();
  const place = usePlace();
  const primary = jmap.primaryAccounts[mailCapability] ?? Object.keys(jmap.accounts)[0] ?? null;
  const accountId = place.accountId && place.accountId in jmap.accounts ? place.accountId : primary;
  const mailboxes = useMailboxes(accountId);
  const inbox = withRole(mailboxes, "inbox");
  const [navOpen, setNavOpen] = useState(false);
  const [dialog, setDialog] = useState<"help" | "account" | null>(null);
  const [seed, setSeed] = useState<ComposeSeed | null>(null);
  const compose = useCallback((next: ComposeRequest) => setSeed({ ...next, key: crypto.randomUUID() } as ComposeSeed), []);

  useEffect(() => {
    if (place.view === null && accountId && inbox)
      go({ accountId, view: { kind: "mailbox", mailboxId: inbox.id }, threadId: null }, "replace");
  }, [place, accountId, inbox]);

  useEffect(() => {
    const timer = setTimeout(
      () => void Promise.all([loadComposer(), import("../compose/editor.tsx")]).catch(() => {}),
      loadAheadMilliseconds,
    );
    return () => clearTimeout(timer);
  }, []);

  const mailbox =
    place.view?.kind === "mailbox" ? mailboxes.find((each) => each.id === (place.view as { mailboxId: string }).mailboxId) : undefined;
  const title = place.view?.kind === "search" ? `Search: ${place.view.text}` : mailbox ? mailboxName(mailbox) : "Mail";
  const unread = mailbox?.unreadEmails ?? 0;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${title} – Penfold`;
  }, [title, unread]);

  const source = useMemo((): ListSource | null => {
    if (!accountId || !place.view) return null;
    if (place.view.kind === "mailbox") return { kind: "mailbox", accountId, mailboxId: place.view.mailboxId };
    const except = mailboxes.filter((each) => each.role === "trash" || each.role === "junk").map((each) => each.id);
    return { kind: "search", accountId, text: place.view.text, except };
  }, [accountId, place.view, mailboxes]);

  const newMessage = useCallback(() => accountId && compose({ kind: "new", accountId }), [compose, accountId]);
  useShortcut("c", newMessage as () => void);
  const showHelp = useCallback(() => setDialog("help"), []);
  useShortcut("?", showHelp);
  const close = useCallback(() => go({ ...place, threadId: null }), [place]);
  useShortcut("Escape", place.threadId ? close : null);

  return (
    <ComposeContext value={compose}>
      <div className="pf-app" data-pane={seed ? "compose" : place.threadId ? "reading" : "list"} data-nav={navOpen ? "open" : "closed"}>
        {/* biome-ignore lint/a11y/useValidAnchor: a skip link; the fragment belongs to the router, so the focus is moved by hand */}
        <a
          className="nhsuk-skip-link"
          href="#messages"
          onClick={(event) => {
            event.preventDefault();
            document.getElementById("messages")?.focus();
          }}
        >
          Skip to messages
        </a>
        <Header
          accountId={accountId}
          text={place.view?.kind === "search" ? place.view.text : ""}
          connection={connection}
          navOpen={navOpen}
          onMenu={() => setNavOpen(!navOpen)}
          onHelp={showHelp}
          onAccount={() => setDialog("account")}
        />
        <MailboxNav accountId={accountId} place={place} onCompose={newMessage as () => void} onChosen={() => setNavOpen(false)} />
        {navOpen ? (
          <button type="button" className="pf-scrim" aria-label="Close the list of mailboxes" onClick={() => setNavOpen(false)} />
        ) : null}
        <main className="pf-main">
          {source ? (
            <MessageList
              key={JSON.stringify(source)}
              source={source}
              title={title}
              mailbox={mailbox ?? null}
              mailboxes={mailboxes}
              place={place}
            />
          ) : (
            <div className="pf-list" aria-busy="true" />
          )}
          <section className="pf-reading" aria-label="Message" id="reading">
            {accountId && place.threadId ? (
              <Boundary key={place.threadId} fallback={<p className="pf-empty">This message cannot be shown.</p>}>
                <ThreadPane
                  accountId={accountId}
                  threadId={place.threadId}
                  mailbox={mailbox ?? null}
                  mailboxes={mailboxes}
                  onClose={close}
                />
              </Boundary>
            ) : (
              <p className="pf-empty">Choose a message to read it here</p>
            )}
          </section>
          {seed ? (
            <Suspense fallback={<section className="pf-compose" aria-busy="true" aria-label="New message" />}>
              <Composer key={seed.key} seed={seed} onClose={() => setSeed(null)} />
            </Suspense>
          ) : null}
        </main>
      </div>
      {dialog === "help" ? <HelpDialog onClose={() => setDialog(null)} /> : null}
      {dialog === "account" ? <AccountDialog onClose={() => setDialog(null)} /> : null}
      <IdleGuard minutes={config.idleMinutes} onIdle={() => void session.signOut("idle")} />
    </ComposeContext>
  );
}
