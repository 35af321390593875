/** What the trial asks of a mail program. Each act leaves the program showing the list of the Inbox, but for `open` and `search`. */
import type { Launch, Terminal } from "./terminal.ts";

export interface Account {
  readonly mail: string;
  readonly accessToken: string;
  /** Of the service. */
  readonly web: string;
}

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface MailProgram {
  /** What it needs on PATH besides itself, and how to get all of it. */
  readonly needs: readonly string[];
  readonly howToGet: string;
  /** How it learns of new mail, and within how many seconds it must. */
  readonly liveBy: string;
  readonly liveSeconds: number;
  /** How long it must be left alone after it has sent something, before it can hear of new mail. */
  readonly restSeconds: number;
  /** Writes its configuration into the folder. */
  prepare(folder: string, account: Account): Promise<Prepared>;
  open(terminal: Terminal, subject: string): Promise<void>;
  close(terminal: Terminal): Promise<void>;
  search(terminal: Terminal, word: string): Promise<void>;
  /** The rows of the screen that hold what was found. */
  found(screen: readonly string[]): readonly string[];
  endSearch(terminal: Terminal): Promise<void>;
  flag(terminal: Terminal, subject: string): Promise<void>;
  move(terminal: Terminal, subject: string, mailbox: string): Promise<void>;
  send(terminal: Terminal, letter: Letter): Promise<void>;
}

export interface Prepared {
  readonly launch: Omit<Launch, "program">;
  /** Of what stood in front of the service for it. */
  stop(): Promise<void>;
}
