/** The seven things that a mail program must be able to do here, each seen on its screen or by JMAP, mostly both. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { JmapSession } from "../../test/cloud/support/jmap-session.ts";
import type { RunningService } from "../seed/running-service.ts";
import { emailThat, mailboxesOf, receive, subjectsWith } from "./correspondence.ts";
import type { MailProgram } from "./mail-program.ts";
import { contains, type Terminal } from "./terminal.ts";

export interface Trial {
  readonly running: RunningService;
  readonly program: MailProgram;
  readonly terminal: Terminal;
  readonly letters: Letters;
  /** Of whoever uses the program, and of a colleague. */
  readonly mine: JmapSession;
  readonly theirs: JmapSession;
  readonly myMail: string;
  readonly theirMail: string;
}

/** Subjects and words that no earlier run used. */
export type Letters = ReturnType<typeof lettersOf>;
export const lettersOf = (tag = randomBytes(3).toString("hex")) => ({
  rare: `quince${tag}`,
  clinic: { subject: `Clinic list ${tag}`, text: "Twelve patients on Monday." },
  kitchen: { subject: `Kitchen ${tag}`, text: `The quince${tag} jam is in the second fridge.` },
  parking: { subject: `Parking ${tag}`, text: "Bay nine is closed." },
  round: { subject: `Ward round ${tag}`, text: "Can you take Tuesday?" },
  first: { subject: `Fire drill ${tag}`, text: "At noon." },
  second: { subject: `Lift repaired ${tag}`, text: "At last." },
});

/** Longer than one answer of the event source is held, so that the program has connected again meanwhile. */
const QUIET_SECONDS = 40;
const SCREEN_SECONDS = 20;
/** Programs cut names in a narrow column. */
const NAME_LETTERS = 9;

export const receiveFirst = async ({ running, letters, mine, myMail }: Pick<Trial, "running" | "letters" | "mine" | "myMail">) => {
  for (const { subject, text } of [letters.clinic, letters.kitchen, letters.parking]) {
    await receive(running, myMail, subject, text);
    await emailThat(mine, subject, () => true, "received");
  }
};

type Operation = (trial: Trial) => Promise<string>;

const list: Operation = async ({ terminal, mine, letters }) => {
  const names = (await mailboxesOf(mine)).map(({ name }) => name);
  const wanted = [letters.clinic, letters.kitchen, letters.parking].map(({ subject }) => subject);
  await terminal.shows(
    (screen) => [...names.map((name) => name.slice(0, NAME_LETTERS)), ...wanted].every((text) => contains(screen, text)),
    SCREEN_SECONDS,
    "every mailbox and message",
  );
  return `${names.length} mailboxes and the three messages that came`;
};

const read: Operation = async ({ terminal, program, mine, letters: { clinic } }) => {
  await program.open(terminal, clinic.subject);
  try {
    await terminal.shows((screen) => contains(screen, clinic.text), SCREEN_SECONDS, "the text");
  } finally {
    await program.close(terminal);
  }
  await emailThat(mine, clinic.subject, ({ keywords }) => keywords.$seen === true, "marked as seen");
  return "its text on the screen; $seen is set";
};

const search: Operation = async ({ terminal, program, mine, letters: { rare, clinic, kitchen, parking } }) => {
  const wanted = await subjectsWith(mine, await mine.mailboxId("inbox"), rare);
  if (wanted.join() !== kitchen.subject) throw new Error(`JMAP finds ${JSON.stringify(wanted)}.`);
  await program.search(terminal, rare);
  const only = (screen: readonly string[]) => {
    const found = program.found(screen);
    return contains(found, kitchen.subject) && !contains(found, clinic.subject) && !contains(found, parking.subject);
  };
  await terminal.shows(only, SCREEN_SECONDS, "the one message found");
  await program.endSearch(terminal);
  await terminal.shows((screen) => contains(screen, parking.subject), SCREEN_SECONDS, "the whole list again");
  return "a word of one message's text finds that message alone, as Email/query does";
};

const flag: Operation = async ({ terminal, program, mine, letters: { kitchen } }) => {
  await program.flag(terminal, kitchen.subject);
  await emailThat(mine, kitchen.subject, ({ keywords }) => keywords.$flagged === true, "flagged");
  return "$flagged is set";
};

const move: Operation = async ({ terminal, program, mine, letters: { parking } }) => {
  const archive = (await mailboxesOf(mine)).find(({ role }) => role === "archive")!;
  await program.move(terminal, parking.subject, archive.name);
  await emailThat(mine, parking.subject, ({ mailboxIds }) => Object.keys(mailboxIds).join() === archive.id, "moved");
  return `in ${archive.name} and no longer in the Inbox`;
};

const send: Operation = async ({ terminal, program, mine, theirs, theirMail, letters: { round } }) => {
  await program.send(terminal, { to: theirMail, ...round });
  const arrived = await emailThat(theirs, round.subject, () => true, "arrived");
  const text = Object.values(arrived.bodyValues as Record<string, { value: string }>).map(({ value }) => value);
  if (!text.join("").includes(round.text)) throw new Error(`It arrived with the text ${JSON.stringify(text)}.`);
  const sent = await mine.mailboxId("sent");
  const isSent = ({ mailboxIds, keywords }: { mailboxIds: object; keywords: { $draft?: true } }) =>
    Object.keys(mailboxIds).join() === sent && !keywords.$draft;
  await emailThat(mine, round.subject, isSent, "in Sent");
  return "a colleague has it with its text; it is in Sent and no draft";
};

const liveUpdate: Operation = async ({ running, terminal, program, myMail, letters }) => {
  const took: string[] = [];
  await sleep(program.restSeconds * 1000);
  for (const { subject, text } of [letters.first, letters.second]) {
    if (took.length > 0) await sleep(QUIET_SECONDS * 1000);
    const begun = performance.now();
    await receive(running, myMail, subject, text);
    await terminal.shows((screen) => contains(screen, subject), program.liveSeconds, `"${subject}"`);
    took.push(((performance.now() - begun) / 1000).toFixed(1));
  }
  return `by ${program.liveBy}: ${took[0]} s after SMTP without a key, and ${took[1]} s after ${QUIET_SECONDS} s of quiet`;
};

export const operations: Readonly<Record<string, Operation>> = { list, read, search, flag, move, send, "live update": liveUpdate };
