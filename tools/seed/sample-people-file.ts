/** `sample-people.json` in the data folder: who can sign in with which password. Made once an install, readable by its owner only. */
import { randomInt } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { SeedPerson } from "./people.ts";

const shape = z.object({
  seed: z.string(),
  endsAt: z.number(),
  complete: z.boolean(),
  people: z.array(z.object({ mail: z.string(), name: z.string(), jobTitle: z.string(), organisation: z.string(), password: z.string() })),
});
export type SamplePeople = z.infer<typeof shape>;

const fileIn = (dataDir: string): string => join(dataDir, "sample-people.json");

export const readSamplePeople = (dataDir: string): SamplePeople | null => {
  try {
    return shape.parse(JSON.parse(readFileSync(fileIn(dataDir), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`${fileIn(dataDir)} cannot be read; remove it to have the sample data made anew.`, { cause: error });
  }
};

export const writeSamplePeople = (dataDir: string, people: SamplePeople): void => {
  writeFileSync(`${fileIn(dataDir)}.tmp`, `${JSON.stringify(people, null, 1)}\n`, { mode: 0o600 });
  renameSync(`${fileIn(dataDir)}.tmp`, fileIn(dataDir));
};

const SYLLABLES =
  "ba be bo da de di do fa fe fi ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi".split(
    " ",
  );

/** Sayable, with an upper-case letter, digits and a sign: about 68 bits. */
export const makePassword = (): string => {
  const word = (): string => {
    const text = Array.from({ length: 4 }, () => SYLLABLES[randomInt(SYLLABLES.length)]!).join("");
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  return `${word()}-${word()}-${word()}-${randomInt(10, 100)}`;
};

export const samplePeopleOf = (seed: string, endsAt: number, people: readonly SeedPerson[]): SamplePeople => ({
  seed,
  endsAt,
  complete: false,
  people: people.map(({ mail, displayName, jobTitle, organisation }) => ({
    mail,
    name: displayName,
    jobTitle,
    organisation,
    password: makePassword(),
  })),
});
