/**
 * The messages of a mailbox or a search: only the rows in view exist, fetched in windows by position, so a mailbox of a million opens as
 * fast as one of ten. A real list with one tab stop; arrows (or j and k) move within it.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useMail } from "../app/mail-context.tsx";
import { go, type Place, writePlace } from "../app/router.ts";
import { useShortcut } from "../app/shortcuts.ts";
import { useCompose } from "../compose/compose-context.tsx";
import { problemSentence } from "../jmap/problems.ts";
import type { Mailbox } from "../jmap/types.ts";
import { useList, useStoreVersion } from "../mail/hooks.ts";
import { type ListSource, windowsFor } from "../mail/list-source.ts";
import { plural } from "../mail/wording.ts";
import { ListToolbar } from "./list-toolbar.tsx";
import { MessageRow, rowContent } from "./message-row.tsx";
import { useThreadActions } from "./thread-actions.ts";
import { useMinute } from "./use-minute.ts";

interface MessageListProps {
  readonly source: ListSource;
  readonly title: string;
  readonly mailbox: Mailbox | null;
  readonly mailboxes: readonly Mailbox[];
  readonly place: Place;
}

const rowPixels = 92;

export function MessageList({ source, title, mailbox, mailboxes, place }: MessageListProps) {
  const { store } = useMail();
  const compose = useCompose();
  const { accountId } = source;
  const scroller = useRef<HTMLDivElement>(null);
  const [visible, setVisible] = useState<readonly [number, number]>([0, 20]);
  const windows = useMemo(() => windowsFor(visible[0], visible[1]), [visible]);
  const list = useList(source, windows);
  useStoreVersion(store);
  const now = useMinute();
  const [active, setActive] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const focusWanted = useRef(false);
  const actions = useThreadActions(accountId, mailbox, mailboxes);
  const drafts = mailbox?.role === "drafts";

  const virtual = useVirtualizer({
    count: list.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPixels,
    overscan: 8,
    onChange: (instance) => {
      const range = instance.range;
      if (range)
        setVisible((before) =>
          before[0] === range.startIndex && before[1] === range.endIndex ? before : [range.startIndex, range.endIndex],
        );
    },
  });

  const emailAt = (index: number) => {
    const id = list.idAt(index);
    return id === undefined ? undefined : store.get(accountId, id);
  };
  const threadAt = (index: number) => emailAt(index)?.threadId ?? null;
  const activeIndex = Math.min(active, Math.max(0, list.total - 1));

  const openAt = (index: number) => {
    const email = emailAt(index);
    if (!email) return;
    if (drafts || (email.keywords.$draft && store.threadEmails(accountId, email.threadId).length <= 1))
      compose({ kind: "draft", accountId, draftId: email.id });
    else go({ ...place, accountId, threadId: email.threadId });
  };
  const moveTo = (wanted: number, follow: boolean) => {
    // Coming from elsewhere, the first press lands on the row that Tab would reach.
    const index = follow || document.activeElement?.closest("[data-row]") ? wanted : activeIndex;
    if (index < 0 || index >= list.total) return;
    setActive(index);
    virtual.scrollToIndex(index, { align: "auto" });
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`);
    if (row) row.focus({ preventScroll: true });
    else focusWanted.current = true;
    if (follow && !drafts) openAt(index);
  };
  useEffect(() => {
    if (!focusWanted.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${activeIndex}"]`);
    if (row) {
      focusWanted.current = false;
      row.focus({ preventScroll: true });
    }
  });

  // Back from reading on a narrow screen, or closed with Escape: the focus returns to the row.
  const openThread = place.threadId;
  const wasOpen = useRef(openThread);
  useEffect(() => {
    if (wasOpen.current !== null && openThread === null) focusWanted.current = true;
    wasOpen.current = openThread;
  }, [openThread]);

  const selectedThreads = (): readonly string[] => {
    if (chosen.size > 0) return [...chosen];
    const current = place.threadId ?? threadAt(activeIndex);
    return current ? [current] : [];
  };
  const leave = async (work: (threadIds: readonly string[]) => Promise<boolean>) => {
    const threads = selectedThreads();
    if (threads.length === 0) return;
    setChosen(new Set());
    focusWanted.current = true;
    if (place.threadId && threads.includes(place.threadId)) go({ ...place, threadId: null });
    await work(threads);
  };
  const onSelect = useCallback(
    (index: number, selected: boolean) => {
      const id = list.idAt(index);
      const threadId = id && store.get(accountId, id)?.threadId;
      if (!threadId) return;
      setChosen((before) => {
        const next = new Set(before);
        if (selected) next.add(threadId);
        else next.delete(threadId);
        return next;
      });
    },
    [list, store, accountId],
  );
  const onFocus = useCallback((index: number) => setActive(index), []);

  useShortcut("j", () => moveTo(activeIndex + 1, place.threadId !== null));
  useShortcut("k", () => moveTo(activeIndex - 1, place.threadId !== null));
  useShortcut("x", () => {
    const threadId = threadAt(activeIndex);
    if (threadId) onSelect(activeIndex, !chosen.has(threadId));
  });
  useShortcut("e", actions.canArchive ? () => void leave(actions.archive) : null);
  useShortcut("#", () => void leave(actions.remove));
  useShortcut("Delete", () => void leave(actions.remove));
  useShortcut("!", () => void leave(actions.junk));
  useShortcut("u", () => {
    const threads = selectedThreads();
    void actions.setSeen(threads, threads.some(actions.isUnread));
  });
  useShortcut("s", () => {
    const threads = selectedThreads();
    void actions.setFlagged(threads, !threads.every(actions.isFlagged));
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      Home: 0,
      End: list.total - 1,
      PageDown: Math.min(list.total - 1, activeIndex + 8),
      PageUp: Math.max(0, activeIndex - 8),
    };
    const target = moves[event.key];
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moveTo(target, false);
  };

  const outgoing = mailbox?.role === "sent" || drafts;
  const count =
    list.state !== "ready"
      ? ""
      : source.kind === "search"
        ? plural(list.total, "result")
        : plural(list.total, drafts ? "draft" : "conversation");
  return (
    <section className="pf-list" aria-label={`${title}, messages`} aria-busy={list.state === "loading"}>
      <ListToolbar
        title={title}
        count={count}
        chosen={chosen}
        actions={actions}
        mailbox={mailbox}
        mailboxes={mailboxes}
        onLeave={leave}
        onClear={() => setChosen(new Set())}
        onAll={() => setChosen(new Set(list.loaded.flatMap((id) => store.get(accountId, id)?.threadId ?? [])))}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys pressed on the rows inside arrive here */}
      <div className="pf-list__scroll" ref={scroller} id="messages" tabIndex={-1} onKeyDown={onKeyDown}>
        {list.state === "failed" ? (
          <div className="pf-empty">
            <p>{problemSentence(list.error)}</p>
            <button type="button" className="nhsuk-button nhsuk-button--secondary" onClick={list.again}>
              Try again
            </button>
          </div>
        ) : list.state === "ready" && list.total === 0 ? (
          <p className="pf-empty">
            {source.kind === "search"
              ? "Nothing was found. Try fewer or other words."
              : mailbox?.role === "inbox"
                ? "Your inbox is empty"
                : "There is nothing here"}
          </p>
        ) : null}
        <ul className="pf-list__rows" style={{ height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map((item) => {
            const email = emailAt(item.index);
            return (
              <li
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                aria-setsize={list.total}
                aria-posinset={item.index + 1}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {email ? (
                  <MessageRow
                    row={rowContent(store.threadEmails(accountId, email.threadId), email, outgoing)}
                    index={item.index}
                    href={writePlace({ ...place, accountId, threadId: email.threadId })}
                    open={email.threadId === place.threadId}
                    selected={chosen.has(email.threadId)}
                    tabStop={item.index === activeIndex}
                    now={now}
                    onSelect={onSelect}
                    onFocus={onFocus}
                    onOpen={drafts ? openAt : null}
                  />
                ) : (
                  <div className="pf-row pf-row--waiting">
                    <span className="nhsuk-u-visually-hidden">Loading</span>
                  </div>
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
