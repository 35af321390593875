import { addressPart, givenNames, surnames } from "./names.ts";
import { type OrganisationPlan, organisationPlans, type TeamPlan } from "./organisations.ts";
import type { Random } from "./random.ts";

export interface SeedPerson {
  readonly key: string;
  readonly givenName: string;
  readonly surname: string;
  readonly displayName: string;
  readonly jobTitle: string;
  readonly specialty?: string;
  readonly place: string;
  readonly phone: string;
  readonly organisation: string;
  readonly team: string;
  readonly isLead: boolean;
  readonly mail: string;
  readonly aliases: readonly string[];
}

const TITLES = /Consultant|Registrar|GP|Named Doctor|Medical Director|Psychologist|Information Officer/;

/** Everyone, team by team. Names never repeat, so addresses do not either. */
export const planPeople = (random: Random): SeedPerson[] => {
  const taken = new Set<string>();
  return organisationPlans.flatMap((organisation) =>
    organisation.teams.flatMap((team) =>
      Array.from({ length: team.size }, (_, index) => planPerson(random, taken, organisation, team, index)),
    ),
  );
};

const planPerson = (random: Random, taken: Set<string>, organisation: OrganisationPlan, team: TeamPlan, index: number): SeedPerson => {
  let givenName: string;
  let surname: string;
  let local: string;
  do {
    givenName = random.pick(givenNames);
    surname = random.pick(surnames);
    local = `${addressPart(givenName)}.${addressPart(surname)}`;
  } while (taken.has(local));
  taken.add(local);
  const jobTitle = index === 0 ? team.roles[0]! : (team.roles[1 + ((index - 1) % (team.roles.length - 1))] ?? team.roles[0]!);
  const title = TITLES.test(jobTitle) && !jobTitle.includes("Safety") ? "Dr " : "";
  // Every fourth person has a short alias; a few came with a former name.
  const aliases = [
    ...(index % 4 === 0 ? [`${addressPart(givenName)[0]}${addressPart(surname)}@${organisation.domain}`] : []),
    ...(index % 11 === 5
      ? [`${addressPart(givenName)}.${addressPart(random.pick(surnames))}-${addressPart(surname)}@${organisation.domain}`]
      : []),
  ];
  return {
    key: local,
    givenName,
    surname,
    displayName: `${title}${givenName} ${surname}`,
    jobTitle,
    specialty: team.specialty,
    place: team.place,
    // 01632 960xxx is reserved for fiction by the British regulator.
    phone: `01632 960${String(random.between(0, 999)).padStart(3, "0")}`,
    organisation: organisation.key,
    team: team.key,
    isLead: index === 0,
    mail: `${local}@${organisation.domain}`,
    aliases,
  };
};
