/** Shared mailboxes and lists (static, nested) of the sample organisations. */
import { organisationPlans } from "./organisations.ts";
import type { SeedPerson } from "./people.ts";

export interface SeedMailbox {
  readonly name: string;
  readonly mail: string;
  readonly organisation: string;
  readonly access: readonly { readonly mail: string; readonly rights: "owner" | "readWrite" | "readOnly" }[];
}

export interface SeedList {
  readonly name: string;
  readonly mail: string;
  readonly organisation: string;
  readonly members: readonly string[];
}

export const planMailboxes = (people: readonly SeedPerson[]): SeedMailbox[] =>
  organisationPlans.flatMap(({ key, domain, sharedMailboxes }) =>
    sharedMailboxes.map(({ local, name, team }) => ({
      name,
      mail: `${local}@${domain}`,
      organisation: key,
      access: people
        .filter((person) => person.organisation === key && person.team === team)
        .slice(0, 6)
        .map(({ mail, isLead }, index) => ({
          mail,
          rights: isLead ? ("owner" as const) : index < 4 ? ("readWrite" as const) : ("readOnly" as const),
        })),
    })),
  );

/** A list a team, one of the leads, one of everybody made of the teams' lists, and two that cross organisations. */
export const planLists = (people: readonly SeedPerson[]): SeedList[] => {
  const own = organisationPlans.flatMap(({ key, name, domain, teams }) => {
    const of = (team: string): string[] =>
      people.filter((person) => person.organisation === key && person.team === team).map(({ mail }) => mail);
    const leads = people.filter((person) => person.organisation === key && person.isLead).map(({ mail }) => mail);
    return [
      ...teams.map((team) => ({
        name: `${name}: ${team.name}`,
        mail: `team.${team.key}@${domain}`,
        organisation: key,
        members: of(team.key),
      })),
      { name: `${name}: leads`, mail: `leads@${domain}`, organisation: key, members: leads },
      {
        name: `${name}: all staff`,
        mail: `all.staff@${domain}`,
        organisation: key,
        members: teams.map((team) => `team.${team.key}@${domain}`),
      },
    ];
  });
  return [
    ...own,
    {
      name: "Regional heart network",
      mail: "heart.network@northvale.health.example",
      organisation: "northvale",
      members: ["team.cardiology@northvale.health.example", "leads@southmere.health.example", "team.paediatrics@trust.example"],
    },
    {
      name: "Regional leads",
      mail: "regional.leads@northvale.health.example",
      organisation: "northvale",
      members: organisationPlans.map(({ domain }) => `leads@${domain}`),
    },
  ];
};
