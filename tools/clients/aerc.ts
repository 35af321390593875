/** aerc (https://aerc-mail.org, Go): its commands, typed after a colon, are the same whatever keys they are bound to. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MailProgram } from "./mail-program.ts";
import { openSessionDoor } from "./session-door.ts";
import { contains, rowOf, type Terminal } from "./terminal.ts";

const PATIENCE_SECONDS = 15;

const select = async (terminal: Terminal, subject: string): Promise<void> =>
  terminal.command(`select ${rowOf(await terminal.screen(), subject)}`);

/** Its look and templates are given too: those of its package are only found where the package was installed. */
const settings = (folder: string): Record<string, string> => ({
  "aerc.conf": [
    "[viewer]\npager = cat",
    "[compose]\neditor = cat",
    "[filters]\ntext/plain = cat",
    `[templates]\ntemplate-dirs = ${join(folder, "aerc", "templates")}\nnew-message = empty\nquoted-reply = empty\nforwards = empty`,
    "",
  ].join("\n"),
  "binds.conf": "[messages]\nq = :quit<Enter>\n",
  "stylesets/default": "*.default = true\n",
  "templates/empty": "\n",
});

export const aerc: MailProgram = {
  needs: ["tmux"],
  howToGet: "Debian 13 or newer: apt-get install aerc tmux. It speaks JMAP from 0.16.",
  liveBy: "EventSource",
  liveSeconds: 35,
  restSeconds: 0,

  prepare: async (folder, { mail, accessToken, web }) => {
    const door = await openSessionDoor(folder, web);
    const accounts = [
      "[penfold]",
      `source = jmap+oauthbearer://:${accessToken}@${door.host}/jmap/session`,
      "outgoing = jmap://",
      `from = Outside Client <${mail}>`,
      "default = Inbox",
      "copy-to = Sent",
      "",
    ].join("\n");
    for (const [name, text] of Object.entries({ ...settings(folder), "accounts.conf": accounts })) {
      const path = join(folder, "aerc", name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text, { mode: 0o600 });
    }
    const environment = { XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder, SSL_CERT_FILE: door.certificateFile };
    return { launch: { programArguments: ["--no-ipc"], environment }, stop: () => door.close() };
  },

  open: async (terminal, subject) => {
    await select(terminal, subject);
    await terminal.command("view");
  },
  close: (terminal) => terminal.command("close"),
  search: (terminal, word) => terminal.command(`filter -a ${word}`),
  found: (screen) => screen.slice(1, -1),
  endSearch: (terminal) => terminal.command("clear"),
  flag: async (terminal, subject) => {
    await select(terminal, subject);
    await terminal.command("flag");
  },
  move: async (terminal, subject, mailbox) => {
    await select(terminal, subject);
    await terminal.command(`move ${mailbox}`);
    await terminal.shows((screen) => !contains(screen, subject), PATIENCE_SECONDS, `a list without "${subject}"`);
  },
  send: async (terminal, { to, subject, text }) => {
    await terminal.command(`compose -s -H 'To: ${to}' -H 'Subject: ${subject}' '${text}'`);
    await terminal.shows((screen) => contains(screen, "Send this email?"), PATIENCE_SECONDS, "the question whether to send");
    await terminal.command("send");
    await terminal.shows((screen) => contains(screen, "Message sent."), PATIENCE_SECONDS, "that it was sent");
  },
};
