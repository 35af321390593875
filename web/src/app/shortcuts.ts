/** Single-key shortcuts. They can be switched off (WCAG 2.1.4) and never act while someone is typing or a dialog is open. */
import { useEffect } from "react";

type Handler = () => void;
const handlers = new Map<string, Handler[]>();
const offKey = "penfold.shortcutsOff";

export const shortcutsAreOn = (): boolean => sessionStorage.getItem(offKey) === null;
export function switchShortcuts(on: boolean): void {
  if (on) sessionStorage.removeItem(offKey);
  else sessionStorage.setItem(offKey, "1");
}

export const shortcutHelp: readonly (readonly [keys: string, what: string])[] = [
  ["j or ↓", "Next message"],
  ["k or ↑", "Previous message"],
  ["Enter", "Open the message"],
  ["Esc", "Close the message, go back to the list"],
  ["c", "New message"],
  ["r", "Reply"],
  ["a", "Reply to all"],
  ["f", "Forward"],
  ["e", "Archive"],
  ["# or Delete", "Delete"],
  ["!", "Junk"],
  ["s", "Flag"],
  ["u", "Mark as unread or read"],
  ["x", "Select"],
  ["/", "Search"],
  ["?", "This list"],
];

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    target.getAttribute("type") !== "checkbox"
  );
}

export function listenForShortcuts(): () => void {
  const listener = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // While a message is being written a stray key must not archive another.
    if (document.querySelector("dialog[open], .pf-compose:not([data-minimised=true])")) return;
    if (event.key.length === 1 && !shortcutsAreOn()) return;
    const handler = handlers.get(event.key)?.at(-1);
    if (!handler) return;
    event.preventDefault();
    handler();
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

/** The newest holder of a key gets it; `null` leaves it to the one before. */
export function useShortcut(key: string, handler: Handler | null): void {
  useEffect(() => {
    if (handler === null) return;
    handlers.set(key, [...(handlers.get(key) ?? []), handler]);
    return () => {
      handlers.set(
        key,
        (handlers.get(key) ?? []).filter((each) => each !== handler),
      );
    };
  }, [key, handler]);
}
