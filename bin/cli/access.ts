/** Who may open what: shared mailboxes, and what ends when someone goes to another organisation. */
import { movePerson as move } from "../../core/flows/move-person.ts";
import { endAccess, giveAccess } from "../../core/flows/whole-access.ts";
import type { EntryId } from "../../core/ids.ts";
import type { AccessibleAccount, DirectoryEntry } from "../../core/ports/directory-store.ts";
import { address, type Given, option, repeated, required } from "./arguments.ts";
import { entryOf } from "./entries.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

type Rights = AccessibleAccount["rights"];
const known: ReadonlySet<string> = new Set<Rights>(["owner", "readWrite", "readOnly"]);

/** What `--access jo@trust.example:readWrite` asks for. */
export const accessIn = (service: Service, given: Given): Promise<{ entry: DirectoryEntry; rights: Rights }[]> =>
  Promise.all(
    repeated(given, "access").map(async (text) => {
      const [who = "", rights = "readWrite"] = text.split(":");
      if (!known.has(rights)) throw new Refusal(`"${rights}" is no right: owner, readWrite or readOnly.`);
      return { entry: await entryOf(service, address(who)), rights: rights as Rights };
    }),
  );

export const changeAccess = async (service: Service, given: Given): Promise<string> => {
  const mailbox = await entryOf(service, address(required(given, "mail")));
  const { accountId, entryId: ownerId, displayName: name, mail = "" } = mailbox;
  if (mailbox.kind !== "sharedMailbox" || !accountId) throw new Refusal(`${mail} is no shared mailbox.`);
  const access = await accessIn(service, given);
  const removed = await Promise.all(repeated(given, "remove").map((who) => entryOf(service, address(who))));
  if (access.length + removed.length === 0) throw new Refusal("Say who may open it (--access M:RIGHTS) or who may no more (--remove M).");
  for (const { entry, rights } of access) await giveAccess(service, entry, { accountId, name, mail, isPersonal: false, rights, ownerId });
  for (const entry of removed) await endAccess(service, entry, accountId);
  return `${mail} is open to ${(await service.directory.holdersOf(accountId)).length}.`;
};

export const movePerson = async (service: Service, given: Given): Promise<string> => {
  const person = await entryOf(service, address(required(given, "mail")));
  if (person.kind !== "person") throw new Refusal(`${person.mail} is no person.`);
  const to = (option(given, "organisation") as EntryId | undefined) ?? null;
  const { accountIds, entryIds, listIds } = await move(service, person, to, "system:cli");
  return [
    `${person.mail} belongs to ${to ?? "no organisation"} now. Ended: access to ${accountIds.length} accounts,`,
    `that of ${entryIds.length} people to theirs, membership of ${listIds.length} lists.`,
  ].join(" ");
};
