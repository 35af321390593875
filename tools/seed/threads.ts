/** A year of mail: threads with replies inside teams, organisations and between them, announcements, and mail from outside. */
import type { Mailbox, SeedDraft } from "./compose.ts";
import { messageIdOf } from "./compose.ts";
import type { SeedList, SeedMailbox } from "./groups.ts";
import { organisationPlans } from "./organisations.ts";
import type { SeedPerson } from "./people.ts";
import type { Random } from "./random.ts";
import { announcements, outsiders, type Topic, topics } from "./topics.ts";

export interface PlannedMail {
  readonly draft: SeedDraft;
  /** Envelope: people and shared mailboxes that get it (lists resolved). */
  readonly recipients: readonly string[];
  readonly junk: boolean;
}

export interface Staff {
  readonly people: readonly SeedPerson[];
  readonly mailboxes: readonly SeedMailbox[];
  readonly lists: readonly SeedList[];
}

const DAY = 86_400_000;
const YEAR_DAYS = 365;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const fill = (text: string, random: Random, at: number, places: readonly string[]): string => {
  const soon = new Date(at + random.between(2, 20) * DAY);
  const values: Record<string, () => string> = {
    day: () => random.pick(DAYS),
    date: () => `${soon.getUTCDate()} ${MONTHS[soon.getUTCMonth()]}`,
    month: () => MONTHS[new Date(at).getUTCMonth()]!,
    time: () => `${String(random.between(7, 21)).padStart(2, "0")}:${random.pick(["00", "15", "30"])}`,
    shift: () => random.pick(["early", "late", "night", "weekend"]),
    n: () => String(random.between(1, 6)),
    count: () => String(random.between(8, 46)),
    ref: () => `${random.pick(["NR", "SM", "MC"])}-${random.between(10_000, 99_999)}`,
    place: () => random.pick(places),
  };
  return text.replace(/\{(\w+)\}/g, (_whole, key: string) => values[key]!());
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const person = ({ displayName, mail }: SeedPerson): Mailbox => ({ name: displayName, mail });
const placesOf = (organisation: string): readonly string[] => organisationPlans.find(({ key }) => key === organisation)!.sites;

/** Working hours mostly; newest threads last. `share` in (0,1] is how far through the year. */
const instant = (random: Random, endsAt: number): number => {
  const day = endsAt - random.between(0, YEAR_DAYS - 1) * DAY;
  const at = Math.floor(day / DAY) * DAY + random.between(6 * 60, 20 * 60) * 60_000 + random.between(0, 59_999);
  return at < endsAt ? at : at - DAY;
};

const circleOf = (topic: Topic, starter: SeedPerson, staff: Staff): SeedPerson[] =>
  staff.people.filter(
    (other) =>
      other !== starter &&
      (topic.circle === "region" || other.organisation === starter.organisation) &&
      (topic.circle !== "team" || other.team === starter.team),
  );

export const planThread = (random: Random, id: string, staff: Staff, endsAt: number, starter: SeedPerson): PlannedMail[] => {
  const topic = random.pick(topics);
  const others = random.some(circleOf(topic, starter, staff), random.between(1, topic.circle === "team" ? 5 : 4));
  const shared = topic.name === "referral" && random.chance(0.5) ? [random.pick(staff.mailboxes)] : [];
  const members = [starter, ...others];
  const rounds = 1 + Math.min(random.between(0, 5), random.between(0, 5));
  const important = random.chance(0.06);
  const html = random.chance(0.65);
  const mails: PlannedMail[] = [];
  let at = instant(random, endsAt);
  const subject = capital(fill(random.pick(topic.subjects), random, at, placesOf(starter.organisation)));
  for (let round = 0; round < rounds && at < endsAt; round++) {
    const from = round === 0 ? starter : random.pick(members.filter((member) => member.mail !== mails.at(-1)!.draft.from.mail));
    const before = mails.at(-1)?.draft ?? null;
    const everyone = members.filter((member) => member !== from);
    const primary = before
      ? everyone.filter(({ mail }) => mail === before.from.mail)
      : everyone.slice(0, 1 + Math.floor(everyone.length / 2));
    const copied = everyone.filter((member) => !primary.includes(member));
    const draft: SeedDraft = {
      id: `${id}.${round}`,
      at,
      from: person(from),
      to: primary.map(person),
      cc: [...copied.map(person), ...shared.map(({ name, mail }) => ({ name, mail }))],
      subject: before ? `Re: ${subject}` : subject,
      paragraphs: paragraphs(random, topic, from, members, at, before === null),
      html,
      inReplyTo: before && messageIdOf(before),
      references: before ? [...before.references, messageIdOf(before)] : [],
      quoted: before && { from: before.from, at: before.at, paragraphs: before.paragraphs },
      attachments: random.chance(before ? 0.05 : topic.attachmentChance) ? [random.pick(topic.attachments)] : [],
      important,
    };
    mails.push({ draft, recipients: [...everyone.map(({ mail }) => mail), ...shared.map(({ mail }) => mail)], junk: false });
    at += random.between(5, 60 * 40) * 60_000;
  }
  return mails;
};

const paragraphs = (
  random: Random,
  topic: Topic,
  from: SeedPerson,
  members: readonly SeedPerson[],
  at: number,
  opening: boolean,
): string[] => {
  const say = (text: string): string => capital(fill(text, random, at, placesOf(from.organisation)));
  const greeting = opening
    ? members.length > 2
      ? random.pick(["Dear all,", "Hello everyone,", "Good morning,"])
      : `Dear ${members[1]?.givenName ?? "colleague"},`
    : random.pick(["Hi,", "Thanks.", "Hello,"]);
  const points =
    opening && random.chance(0.35)
      ? [Array.from({ length: random.between(2, 5) }, () => `- ${say(random.pick(topic.replies))}`).join("\n")]
      : [];
  const body = random.some(opening ? topic.openings : topic.replies, opening ? random.between(1, 2) : 1).map(say);
  return [
    greeting,
    ...body,
    ...points,
    `${random.pick(["Best wishes", "Kind regards", "Many thanks", "With thanks"])},\n${from.givenName}${opening ? `\n${from.jobTitle}` : ""}`,
  ];
};

/** To everybody of one organisation, from its first lead, through the all-staff list. */
export const planAnnouncement = (
  random: Random,
  id: string,
  staff: Staff,
  endsAt: number,
  organisation: string,
  index: number,
): PlannedMail => {
  const { subject, paragraphs: text } = announcements[index % announcements.length]!;
  const everyone = staff.people.filter((member) => member.organisation === organisation);
  const from = everyone.find(({ isLead, jobTitle }) => isLead && /Chief Executive|Manager/.test(jobTitle)) ?? everyone[0]!;
  const list = staff.lists.find((each) => each.organisation === organisation && each.mail.startsWith("all.staff@"))!;
  const at = endsAt - Math.round(((index + 0.5) * YEAR_DAYS * DAY) / announcements.length) - random.between(0, DAY);
  return {
    draft: {
      id,
      at,
      from: person(from),
      to: [{ name: list.name, mail: list.mail }],
      cc: [],
      subject,
      paragraphs: [...text, `${from.displayName}\n${from.jobTitle}`],
      html: true,
      inReplyTo: null,
      references: [],
      quoted: null,
      attachments: /page/.test(subject) ? ["pdf"] : [],
      important: false,
    },
    recipients: everyone.map(({ mail }) => mail),
    junk: false,
  };
};

export const planFromOutside = (random: Random, id: string, endsAt: number, to: SeedPerson): PlannedMail => {
  const sender = random.pick(outsiders);
  const at = instant(random, endsAt);
  const say = (text: string): string => capital(fill(text, random, at, placesOf(to.organisation)));
  return {
    draft: {
      id,
      at,
      from: { name: sender.name, mail: sender.mail },
      to: [person(to)],
      cc: [],
      subject: say(sender.subject),
      paragraphs: sender.paragraphs.map(say),
      html: random.chance(0.8),
      inReplyTo: null,
      references: [],
      quoted: null,
      attachments: [],
      important: false,
    },
    recipients: [to.mail],
    junk: sender.junk,
  };
};
