/** What every screen of a signed-in person uses. */
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Cognito } from "../identity/cognito.ts";
import type { SessionStore } from "../identity/session-store.ts";
import type { JmapClient } from "../jmap/client.ts";
import type { Transfer } from "../jmap/transfer.ts";
import type { Session } from "../jmap/types.ts";
import type { MailActions } from "../mail/actions.ts";
import type { EmailStore } from "../mail/email-store.ts";
import type { MailSync } from "../mail/sync.ts";
import type { WebConfig } from "./config.ts";

export type Connection = "offline" | "connecting" | "live" | "polling";

export interface Notice {
  readonly text: string;
  readonly tone?: "plain" | "problem";
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Stays this long; 8 s when absent. A problem stays until closed. */
  readonly milliseconds?: number;
}

export interface Mail {
  readonly config: WebConfig;
  readonly cognito: Cognito;
  readonly session: SessionStore;
  readonly client: JmapClient;
  readonly transfer: Transfer;
  readonly store: EmailStore;
  readonly sync: MailSync;
  readonly actions: MailActions;
  readonly queries: QueryClient;
  readonly jmap: Session;
  /** Shown for a while and read out. */
  notify(notice: Notice): void;
  /** Only read out. */
  announce(text: string): void;
  /** Runs something a person asked for; a failure becomes a sentence. Says whether it worked. */
  attempt(work: () => Promise<void>): Promise<boolean>;
}

export const MailContext = createContext<Mail | null>(null);

export function useMail(): Mail {
  const mail = useContext(MailContext);
  if (!mail) throw new Error("useMail outside a signed-in session");
  return mail;
}
