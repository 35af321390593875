/** The place in the app lives in the fragment: it never reaches a server log, and Back works. */
import { useSyncExternalStore } from "react";

export interface Place {
  readonly accountId: string | null;
  /** A mailbox, or a search of the account. */
  readonly view: { readonly kind: "mailbox"; readonly mailboxId: string } | { readonly kind: "search"; readonly text: string } | null;
  readonly threadId: string | null;
}

export function readPlace(hash: string): Place {
  const pieces = hash.replace(/^#\/?/, "").split("/").map(decode);
  const [accountId = "", second = "", third = "", fourth = ""] = pieces;
  if (!accountId || !second) return { accountId: accountId || null, view: null, threadId: null };
  if (second === "search") return { accountId, view: { kind: "search", text: third }, threadId: fourth || null };
  return { accountId, view: { kind: "mailbox", mailboxId: third }, threadId: fourth || null };
}

export function writePlace(place: Place): string {
  if (!place.accountId || !place.view) return "#/";
  const view = place.view.kind === "search" ? ["search", place.view.text] : ["mailbox", place.view.mailboxId];
  return `#/${[place.accountId, ...view, ...(place.threadId ? [place.threadId] : [])].map(encodeURIComponent).join("/")}`;
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return "";
  }
}

export function go(place: Place, how: "push" | "replace" = "push"): void {
  const target = writePlace(place);
  if (target === location.hash) return;
  if (how === "push") location.hash = target;
  else location.replace(target);
}

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};
let last = { hash: "", place: readPlace("") };
const snapshot = () => {
  if (last.hash !== location.hash) last = { hash: location.hash, place: readPlace(location.hash) };
  return last.place;
};

export const usePlace = (): Place => useSyncExternalStore(subscribe, snapshot);
