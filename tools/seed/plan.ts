/** The whole of the sample data as one pure function of a seed and the day it ends. */
import type { SeedDraft } from "./compose.ts";
import { planLists, planMailboxes, type SeedList, type SeedMailbox } from "./groups.ts";
import { type OrganisationPlan, organisationPlans } from "./organisations.ts";
import { planPeople, type SeedPerson } from "./people.ts";
import { Random } from "./random.ts";
import { type PlannedMail, planAnnouncement, planFromOutside, planThread } from "./threads.ts";

export interface Placement {
  /** Address of a person or a shared mailbox. */
  readonly owner: string;
  readonly mailbox: "inbox" | "sent" | "archive" | "junk" | "trash";
  readonly keywords: readonly string[];
}

export interface SeedMessage {
  readonly draft: SeedDraft;
  readonly placements: readonly Placement[];
}

export interface SeedPlan {
  readonly seed: string;
  /** ms since 1970 UTC: the year of mail ends here. */
  readonly endsAt: number;
  readonly organisations: readonly OrganisationPlan[];
  readonly people: readonly SeedPerson[];
  readonly mailboxes: readonly SeedMailbox[];
  readonly lists: readonly SeedList[];
  /** Oldest first. */
  readonly messages: readonly SeedMessage[];
}

export interface SeedSize {
  /** Threads that an ordinary person begins. */
  readonly threadsEach: number;
  /** Threads that each sample user (the first person of an organisation) begins. */
  readonly threadsOfSampleUsers: number;
  /** Messages that a sample user gets from outside; everyone else gets one when this is not 0. */
  readonly fromOutside: number;
  readonly announcements: number;
}

const usualSize: SeedSize = { threadsEach: 2, threadsOfSampleUsers: 120, fromOutside: 25, announcements: 4 };

const DAY = 86_400_000;

export const planSeed = (seed: string, endsAt: number, size: SeedSize = usualSize): SeedPlan => {
  const random = new Random(seed);
  const people = planPeople(random);
  const staff = { people, mailboxes: planMailboxes(people), lists: planLists(people) };
  const mails: PlannedMail[] = [];
  const sampleUsers = new Set(sampleUsersOf(people));
  for (const starter of people) {
    const threads = sampleUsers.has(starter) ? size.threadsOfSampleUsers : size.threadsEach;
    for (let index = 0; index < threads; index++)
      mails.push(...planThread(random, `${seed}.${starter.key}.${index}`, staff, endsAt, starter));
    for (let index = 0; index < (sampleUsers.has(starter) ? size.fromOutside : Math.min(1, size.fromOutside)); index++)
      mails.push(planFromOutside(random, `${seed}.out.${starter.key}.${index}`, endsAt, starter));
  }
  for (const { key } of organisationPlans)
    for (let index = 0; index < size.announcements; index++)
      mails.push(planAnnouncement(random, `${seed}.all.${key}.${index}`, staff, endsAt, key, index));
  mails.sort((a, b) => a.draft.at - b.draft.at);
  const known = new Set([...people.map(({ mail }) => mail), ...staff.mailboxes.map(({ mail }) => mail)]);
  const answered = answers(mails);
  return {
    seed,
    endsAt,
    organisations: organisationPlans,
    ...staff,
    messages: mails.map((mail) => ({ draft: mail.draft, placements: place(random, mail, known, answered, endsAt) })),
  };
};

/** The first person of each organisation: their mailboxes are the fullest. */
export const sampleUsersOf = (people: readonly SeedPerson[]): SeedPerson[] =>
  organisationPlans.map(({ key }) => people.find(({ organisation }) => organisation === key)!);

/** Who answered which message: `owner` by Message-ID. */
const answers = (mails: readonly PlannedMail[]): Map<string, Set<string>> => {
  const answered = new Map<string, Set<string>>();
  for (const { draft } of mails)
    if (draft.inReplyTo) answered.set(draft.inReplyTo, (answered.get(draft.inReplyTo) ?? new Set()).add(draft.from.mail));
  return answered;
};

const place = (
  random: Random,
  { draft, recipients, junk }: PlannedMail,
  known: ReadonlySet<string>,
  answered: ReadonlyMap<string, ReadonlySet<string>>,
  endsAt: number,
): Placement[] => {
  const ageDays = (endsAt - draft.at) / DAY;
  const repliers = answered.get(`${draft.id}@${draft.from.mail.split("@")[1]}`);
  const received = [...new Set(recipients)].filter((owner) => known.has(owner) && owner !== draft.from.mail);
  const placements = received.map((owner): Placement => {
    const replied = repliers?.has(owner) ?? false;
    const seen = replied || random.chance(ageDays > 21 ? 0.97 : ageDays > 2 ? 0.8 : 0.35);
    const keywords = [
      ...(seen ? ["$seen"] : []),
      ...(replied ? ["$answered"] : []),
      ...(draft.important && random.chance(0.5) ? ["$flagged"] : []),
      ...(random.chance(0.03) ? ["$flagged"] : []),
      ...(random.chance(0.04) ? ["to-do"] : []),
      ...(junk ? ["$junk"] : []),
    ];
    const mailbox = junk
      ? "junk"
      : seen && ageDays > 60 && random.chance(0.5)
        ? "archive"
        : seen && random.chance(0.04)
          ? "trash"
          : "inbox";
    return { owner, mailbox, keywords: [...new Set(keywords)] };
  });
  return known.has(draft.from.mail) ? [{ owner: draft.from.mail, mailbox: "sent", keywords: ["$seen"] }, ...placements] : placements;
};
