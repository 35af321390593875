/** What became of everything, as text and as a verdict. */
import type { Followed } from "./follow.ts";
import type { Sent } from "./send-all.ts";

export interface Tally {
  readonly sent: number;
  readonly accepted: number;
  /** Refused at the port, by reply. */
  readonly refused: ReadonlyMap<string, readonly string[]>;
  readonly filed: number;
  /** By reasons. */
  readonly quarantined: ReadonlyMap<string, readonly string[]>;
  readonly bounced: ReadonlyMap<string, readonly string[]>;
  readonly dropped: ReadonlyMap<string, readonly string[]>;
  /** Accepted, and no ending in time, or said to be filed and not in the mailbox. */
  readonly lost: readonly string[];
  /** More than one ending, or more Emails in the mailbox than messages that were filed. */
  readonly duplicated: readonly string[];
}

const grouped = (items: readonly { key: string; name: string }[]): Map<string, string[]> => {
  const groups = new Map<string, string[]>();
  for (const { key, name } of items) groups.set(key, [...(groups.get(key) ?? []), name]);
  return new Map([...groups].sort(([, a], [, b]) => b.length - a.length));
};

/** `created`: how often the recipient's log created each Email since the beginning. */
export const tally = (sent: readonly Sent[], followed: readonly Followed[], created: ReadonlyMap<string, number>): Tally => {
  const ending = (wanted: string) =>
    followed
      .filter(({ endings }) => endings.length === 1 && endings[0] === wanted)
      .map(({ name, reasons }) => ({ key: reasons.join(", ") || "no reason", name }));
  const filed = followed.filter(({ endings }) => endings.includes("filed"));
  const times = [...created.values()].reduce((sum, count) => sum + count, 0);
  const extra = times - filed.filter(({ inMailbox }) => inMailbox).length;
  return {
    sent: sent.length,
    accepted: followed.length,
    refused: grouped(sent.flatMap(({ name, outcome }) => (outcome.outcome === "refused" ? [{ key: outcome.reply, name }] : []))),
    filed: filed.filter(({ inMailbox }) => inMailbox).length,
    quarantined: grouped(ending("quarantined")),
    bounced: grouped(ending("bounced")),
    dropped: grouped(ending("dropped")),
    lost: followed
      .filter(({ endings, inMailbox }) => endings.length === 0 || (endings.includes("filed") && !inMailbox))
      .map(({ name }) => name),
    duplicated: [
      ...followed.filter(({ endings }) => endings.length > 1).map(({ name, endings }) => `${name} (${endings.join(" and ")})`),
      ...(extra > 0 ? [`${extra} Emails in the mailbox that no filed message explains`] : []),
    ],
  };
};

const SHOWN = 3;

const lines = (label: string, groups: ReadonlyMap<string, readonly string[]>): string[] => {
  const all = [...groups.values()].flat().length;
  const each = [...groups].map(
    ([key, names]) => `    ${String(names.length).padStart(5)}  ${key}   e.g. ${names.slice(0, SHOWN).join(", ")}`,
  );
  return [`${label.padEnd(12)}${String(all).padStart(6)}`, ...each];
};

export const report = (result: Tally): string =>
  [
    `sent        ${String(result.sent).padStart(6)}`,
    ...lines("refused", result.refused),
    `accepted    ${String(result.accepted).padStart(6)}`,
    `filed       ${String(result.filed).padStart(6)}`,
    ...lines("quarantined", result.quarantined),
    ...lines("bounced", result.bounced),
    ...lines("dropped", result.dropped),
    `lost        ${String(result.lost.length).padStart(6)}`,
    ...result.lost.slice(0, 20).map((name) => `           ${name}`),
    `duplicated  ${String(result.duplicated.length).padStart(6)}`,
    ...result.duplicated.slice(0, 20).map((name) => `           ${name}`),
  ].join("\n");

export const isClean = ({ lost, duplicated }: Tally): boolean => lost.length === 0 && duplicated.length === 0;
