/** The floor that an index has to beat: looking for a word in the whole text of the block, in memory, in lower case, one after another. */
import type { Block } from "./block.ts";
import { searched } from "./mail-text.ts";

const ROUNDS = 5;

export interface BruteForce {
  readonly textOctets: number;
  readonly cpuMillisecondsAWord: number;
}

export const measureBruteForce = ({ text }: Block): BruteForce => {
  const lower = Buffer.from(text.toString("latin1").toLowerCase(), "latin1");
  const words = [...searched.rare, ...searched.common].map((word) => Buffer.from(word));
  let found = 0;
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++)
    for (const word of words) for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) found++;
  const used = process.cpuUsage(before);
  if (found === 0) throw new Error("the searched words are not in the bench's text");
  return { textOctets: lower.length, cpuMillisecondsAWord: (used.user + used.system) / 1000 / (ROUNDS * words.length) };
};
