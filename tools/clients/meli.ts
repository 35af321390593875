/** meli (https://meli-email.org, Rust). It shows a moved message until it next hears of a change: only the service is asked about that. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MailProgram } from "./mail-program.ts";
import { contains, rowOf, type Terminal } from "./terminal.ts";

const PATIENCE_SECONDS = 15;

const select = async (terminal: Terminal, subject: string): Promise<void> => {
  await terminal.shows((screen) => !contains(screen, "Loading"), PATIENCE_SECONDS, "a list that is loaded");
  const row = rowOf(await terminal.screen(), subject);
  await terminal.press("Home", ...Array.from({ length: row }, () => "j"));
};

const settings = ({ mail, accessToken, web }: { mail: string; accessToken: string; web: string }): string =>
  [
    "[accounts.penfold]",
    'root_mailbox = ""',
    'format = "jmap"',
    `server_url = "${web}"`,
    `server_username = "${mail}"`,
    `server_password = "${accessToken}"`,
    "use_token = true",
    `identity = "${mail}"`,
    'display_name = "Outside Client"',
    'subscribed_mailboxes = ["*"]',
    'send_mail = "server_submission"',
    'listing.index_style = "plain"',
    "[composing]",
    // The submission moves the message to Sent; meli would put a second one there.
    "store_sent_mail = false",
    'editor_command = "true"',
    "[notifications]",
    "enable = false",
    "[terminal]",
    "use_color = false",
    "ascii_drawing = true",
    "",
  ].join("\n");

export const meli: MailProgram = {
  needs: ["tmux", "m4"],
  howToGet: "Debian 13 or newer: apt-get install meli m4 tmux.",
  liveBy: "asking once a minute",
  liveSeconds: 75,
  // Up to 0.8.13 it ignores all new messages when it is told of several at once, the one it sent among them.
  restSeconds: 65,

  prepare: async (folder, account) => {
    const file = join(folder, "meli", "config.toml");
    mkdirSync(join(folder, "meli"), { recursive: true });
    writeFileSync(file, settings(account), { mode: 0o600 });
    const environment = Object.fromEntries(
      ["CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"].map((name) => [`XDG_${name}`, folder]),
    );
    return { launch: { programArguments: ["-c", file], environment }, stop: async () => {} };
  },

  open: async (terminal, subject) => {
    await select(terminal, subject);
    await terminal.press("Enter");
  },
  close: (terminal) => terminal.press("i"),
  search: (terminal, word) => terminal.command(`search ${word}`),
  /** Below what it found it may leave rows of the list as it was. */
  found: (screen) => {
    const heading = screen.findIndex((line) => / results for /.test(line));
    const count = Number(/(\d+) results for /.exec(screen[heading] ?? "")?.[1] ?? 0);
    return screen.slice(heading + 1, heading + 1 + count);
  },
  endSearch: (terminal) => terminal.press("Escape"),
  flag: async (terminal, subject) => {
    await select(terminal, subject);
    await terminal.command("flag set flagged");
  },
  move: async (terminal, subject, mailbox) => {
    await select(terminal, subject);
    await terminal.command(`moveto ${mailbox}`);
  },
  send: async (terminal, { to, subject, text }) => {
    await terminal.command(`mailto mailto:${to}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text)}`);
    await terminal.shows((screen) => contains(screen, "COMPOSING MESSAGE"), PATIENCE_SECONDS, "the composer");
    await terminal.press("s");
    await terminal.shows((screen) => contains(screen, "send mail?"), PATIENCE_SECONDS, "the question whether to send");
    await terminal.press("Enter");
    await terminal.shows((screen) => !contains(screen, "COMPOSING MESSAGE"), PATIENCE_SECONDS, "the list again");
  },
};
