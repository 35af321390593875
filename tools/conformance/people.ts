/** Two people with empty mailboxes for a trial from outside, the first of whom may also open a shared mailbox. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { applySeed } from "../seed/apply.ts";
import type { SeedPerson } from "../seed/people.ts";
import { planSeed, type SeedPlan } from "../seed/plan.ts";
import { portsOn } from "../seed/ports-on.ts";
import type { RunningService } from "../seed/running-service.ts";
import { makePassword } from "../seed/sample-people-file.ts";
import { accessToken } from "./access-token.ts";

export interface Tester {
  readonly mail: string;
  readonly accessToken: string;
}

/** What the deployment tells the webmail of its sign-in. */
const webConfig = z.object({ userPoolId: z.string(), userPoolClientId: z.string() });

/** Named after the trial. Made when absent; each time with a new password, which nobody keeps. */
export const prepareTesters = async (running: RunningService, trial: string): Promise<readonly [Tester, Tester]> => {
  const plan = planTesters(trial);
  const passwords = new Map(plan.people.map(({ mail }) => [mail, makePassword()]));
  await applySeed(plan, portsOn(running, { randomOctets: (count) => randomBytes(count), say: () => {} }), passwords);
  const { userPoolId: poolId, userPoolClientId: clientId } = webConfig.parse(
    await (await fetch(`${running.endpoints.web}/config.json`)).json(),
  );
  const signIn = async ({ mail }: SeedPerson): Promise<Tester> => ({
    mail,
    accessToken: await accessToken({ poolId, clientId }, mail, passwords.get(mail)!),
  });
  const [first, second] = plan.people;
  return [await signIn(first!), await signIn(second!)];
};

const planTesters = (trial: string): SeedPlan => {
  const name = trial.toLowerCase();
  const plan = planSeed(name, 0, { threadsEach: 0, threadsOfSampleUsers: 0, fromOutside: 0, announcements: 0 });
  const organisation = plan.organisations[0]!;
  const tester = (local: string, surname: string): SeedPerson => ({
    ...plan.people[0]!,
    key: local,
    givenName: trial,
    surname,
    displayName: `${trial} ${surname}`,
    organisation: organisation.key,
    mail: `${local}@${organisation.domain}`,
    aliases: [],
  });
  const people = [tester(`${name}.first`, "First"), tester(`${name}.second`, "Second")];
  const shared = {
    name: `${trial} shared`,
    mail: `${name}.shared@${organisation.domain}`,
    organisation: organisation.key,
    access: [{ mail: people[0]!.mail, rights: "readWrite" as const }],
  };
  return { ...plan, organisations: [organisation], people, mailboxes: [shared], lists: [], messages: [] };
};
