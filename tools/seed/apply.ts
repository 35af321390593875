/** Loads a plan into a running service through its ports. Done twice it changes nothing. */
import { createHash } from "node:crypto";
import type { EntryId } from "../../core/ids.ts";
import { planNewAccount } from "../../core/jmap/new-account.ts";
import { accountIdOf, idFromOctets } from "../../core/log/id-words.ts";
import type { DirectoryEntry, DirectoryStore } from "../../core/ports/directory-store.ts";
import { byOwner, type ImportPorts, importInto, storeMessages } from "./import-mail.ts";
import { inParallel } from "./in-parallel.ts";
import type { SeedPerson } from "./people.ts";
import type { SeedPlan } from "./plan.ts";

export interface SeedPorts extends ImportPorts {
  readonly directory: Pick<DirectoryStore, "putEntry" | "grantAccess">;
  /** Makes the person's sign-in, or finds it; the password is set either way. */
  signIn(person: SeedPerson, password: string): Promise<{ readonly subject: string }>;
  randomOctets(count: number): Uint8Array;
  say(line: string): void;
}

export interface Applied {
  readonly filed: number;
}

/** The directory entry of a sample address: the same in every install. */
export const entryIdOf = (name: string): EntryId => idFromOctets("N", createHash("sha256").update(`sample ${name}`).digest()) as EntryId;

export const applySeed = async (plan: SeedPlan, ports: SeedPorts, passwords: ReadonlyMap<string, string>): Promise<Applied> => {
  await inParallel(plan.organisations, 4, (organisation) =>
    put(ports, {
      entryId: entryIdOf(organisation.key),
      kind: "organisation",
      displayName: organisation.name,
      odsCode: organisation.odsCode,
      place: organisation.sites[0],
      status: "active",
    }),
  );
  const [stored] = await Promise.all([storeMessages(ports.blobs, plan.messages), putPeopleAndGroups(plan, ports, passwords)]);
  ports.say(
    `${plan.people.length} people, ${plan.mailboxes.length} shared mailboxes, ${plan.lists.length} lists, ${stored.length} messages stored.`,
  );
  const filed = await inParallel([...byOwner(stored)], 4, ([owner, mails]) => importInto(ports, accountIdOf(entryIdOf(owner)), mails));
  return { filed: filed.reduce((sum, count) => sum + count, 0) };
};

const putPeopleAndGroups = async (plan: SeedPlan, ports: SeedPorts, passwords: ReadonlyMap<string, string>): Promise<void> => {
  await inParallel(plan.people, 8, (person) => putPerson(ports, person, passwords.get(person.mail)!));
  await inParallel(plan.mailboxes, 4, async ({ name, mail, organisation, access }) => {
    const entryId = entryIdOf(mail);
    const accountId = accountIdOf(entryId);
    await put(ports, {
      entryId,
      kind: "sharedMailbox",
      displayName: name,
      mail,
      organisationId: entryIdOf(organisation),
      accountId,
      status: "active",
    });
    await createAccount(ports, entryId, name, mail);
    await inParallel(access, 4, ({ mail: holder, rights }) =>
      ports.directory.grantAccess(entryIdOf(holder), { accountId, name, mail, isPersonal: false, rights, ownerId: entryId }),
    );
  });
  await inParallel(plan.lists, 4, ({ name, mail, organisation, members }) =>
    put(
      ports,
      { entryId: entryIdOf(mail), kind: "list", displayName: name, mail, organisationId: entryIdOf(organisation), status: "active" },
      { members },
    ),
  );
};

const putPerson = async (ports: SeedPorts, person: SeedPerson, password: string): Promise<void> => {
  const { subject } = await ports.signIn(person, password);
  const entryId = entryIdOf(person.mail);
  const { displayName, givenName, surname, jobTitle, specialty, place, phone, mail, aliases } = person;
  await put(
    ports,
    {
      entryId,
      kind: "person",
      displayName,
      givenName,
      surname,
      jobTitle,
      ...(specialty && { specialty }),
      place,
      phone,
      mail,
      organisationId: entryIdOf(person.organisation),
      accountId: accountIdOf(entryId),
      subject,
      status: "active",
    },
    { aliases },
  );
  await createAccount(ports, entryId, displayName, mail);
};

const put = async (
  ports: SeedPorts,
  entry: DirectoryEntry,
  options?: { aliases?: readonly string[]; members?: readonly string[] },
): Promise<void> => {
  const { outcome } = await ports.directory.putEntry(entry, options);
  if (outcome === "addressTaken") throw new Error(`The address of the sample entry ${entry.displayName} belongs to somebody else.`);
};

const createAccount = (ports: SeedPorts, entryId: EntryId, name: string, mail: string): Promise<void> =>
  ports.log.create(accountIdOf(entryId), planNewAccount({ name, mail, actor: "system:seed", randomOctets: ports.randomOctets }));
