/** People, shared mailboxes and lists. The account is made before the directory leads mail to it. */
import { randomInt } from "node:crypto";
import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminUserGlobalSignOutCommand,
  UsernameExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import { giveAccess } from "../../core/flows/whole-access.ts";
import type { EntryId } from "../../core/ids.ts";
import { planNewAccount } from "../../core/jmap/new-account.ts";
import { limits } from "../../core/limits.ts";
import { accountIdOf, idFromOctets } from "../../core/log/id-words.ts";
import type { DirectoryEntry } from "../../core/ports/directory-store.ts";
import { accessIn } from "./access.ts";
import { address, type Given, octets, option, repeated, required } from "./arguments.ts";
import { entryOf } from "./entries.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

const newEntryId = (service: Service) => idFromOctets("N", service.randomOctets(12)) as EntryId;

/** Twenty characters of each kind that a pool's policy asks for, without those that are read wrongly. */
const newPassword = (): string => {
  const kinds = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#%+-=?"];
  const all = kinds.join("");
  const characters = Array.from({ length: 20 }, (_, index) => {
    const from = kinds[index] ?? all;
    return from[randomInt(from.length)]!;
  });
  for (let at = characters.length - 1; at > 0; at--) {
    const other = randomInt(at + 1);
    [characters[at], characters[other]] = [characters[other]!, characters[at]!];
  }
  return characters.join("");
};

const refuseTaken = async (service: Service, addresses: readonly string[]): Promise<void> => {
  const [taken] = (await service.directory.resolve(addresses)).keys();
  if (taken !== undefined) throw new Refusal(`${taken} belongs to someone already.`);
};

const store = async (service: Service, entry: DirectoryEntry, options: { aliases?: string[]; members?: string[] }): Promise<void> => {
  const outcome = await service.directory.putEntry(entry, options);
  if (outcome.outcome === "addressTaken") throw new Refusal(`${outcome.address} belongs to someone already.`);
};

const createAccount = async (service: Service, given: Given, entryId: EntryId, name: string, mail: string) => {
  const accountId = accountIdOf(entryId);
  const quota = option(given, "quota");
  const quotaOctets = quota ? octets(quota) : limits.quota.defaultOctets;
  await service.log.create(accountId, planNewAccount({ name, mail, quotaOctets, actor: "system:cli", randomOctets: service.randomOctets }));
  return accountId;
};

export const addPerson = async (service: Service, given: Given): Promise<string> => {
  const mail = address(required(given, "mail"));
  const name = required(given, "name");
  const aliases = repeated(given, "alias").map(address);
  await refuseTaken(service, [mail, ...aliases]);
  const entryId = newEntryId(service);
  const accountId = await createAccount(service, given, entryId, name, mail);
  const password = newPassword();
  const subject = await createSignIn(service, mail, password);
  const organisationId = option(given, "organisation") as EntryId | undefined;
  const jobTitle = option(given, "job-title");
  const entry: DirectoryEntry = {
    entryId,
    kind: "person",
    displayName: name,
    mail,
    accountId,
    subject,
    status: "active",
    ...(organisationId && { organisationId }),
    ...(jobTitle && { jobTitle }),
  };
  await store(service, entry, { aliases });
  return `${mail} is added (entry ${entryId}, account ${accountId}).\nFirst password, to be changed at the first sign-in: ${password}`;
};

const createSignIn = async (service: Service, mail: string, password: string): Promise<string> => {
  const UserPoolId = await service.userPoolId();
  const UserAttributes = [
    { Name: "email", Value: mail },
    { Name: "email_verified", Value: "true" },
  ];
  const create = { UserPoolId, Username: mail, UserAttributes, TemporaryPassword: password, MessageAction: "SUPPRESS" as const };
  try {
    const { User } = await service.cognito.send(new AdminCreateUserCommand(create));
    return User!.Attributes!.find(({ Name }) => Name === "sub")!.Value!;
  } catch (error) {
    if (error instanceof UsernameExistsException) throw new Refusal(`Someone signs in as ${mail} already.`);
    throw error;
  }
};

/** Signed out everywhere at once; mail still arrives, as for someone on long leave. */
export const disablePerson = async (service: Service, given: Given): Promise<string> => {
  const entry = await entryOf(service, address(required(given, "mail")));
  await store(service, { ...entry, status: "disabled" }, {});
  const user = { UserPoolId: await service.userPoolId(), Username: await userNameOf(service, entry) };
  await service.cognito.send(new AdminDisableUserCommand(user));
  await service.cognito.send(new AdminUserGlobalSignOutCommand(user));
  return `${entry.mail} is disabled and signed out.`;
};

export const enablePerson = async (service: Service, given: Given): Promise<string> => {
  const entry = await entryOf(service, address(required(given, "mail")));
  await service.cognito.send(
    new AdminEnableUserCommand({ UserPoolId: await service.userPoolId(), Username: await userNameOf(service, entry) }),
  );
  await store(service, { ...entry, status: "active" }, {});
  return `${entry.mail} is enabled.`;
};

const userNameOf = async (service: Service, entry: DirectoryEntry): Promise<string> => {
  const { Username } = await service.cognito.send(
    new AdminGetUserCommand({ UserPoolId: await service.userPoolId(), Username: entry.mail ?? "" }),
  );
  return Username!;
};

/** `--access jo@trust.example:readWrite`, as often as needed. */
export const addMailbox = async (service: Service, given: Given): Promise<string> => {
  const mail = address(required(given, "mail"));
  const name = required(given, "name");
  const access = await accessIn(service, given);
  await refuseTaken(service, [mail]);
  const entryId = newEntryId(service);
  const accountId = await createAccount(service, given, entryId, name, mail);
  const organisationId = option(given, "organisation") as EntryId | undefined;
  await store(
    service,
    { entryId, kind: "sharedMailbox", displayName: name, mail, accountId, status: "active", ...(organisationId && { organisationId }) },
    {},
  );
  for (const { entry, rights } of access) {
    await giveAccess(service, entry, { accountId, name, mail, isPersonal: false, rights, ownerId: entryId });
  }
  return `${mail} is added (entry ${entryId}, account ${accountId}), open to ${access.length}.`;
};

/** A list that exists gets these members instead of those it had. */
export const putList = async (service: Service, given: Given): Promise<string> => {
  const mail = address(required(given, "mail"));
  const members = [...new Set(repeated(given, "member").map(address))];
  if (members.length > limits.resolve.listMembers) throw new Refusal(`A list has at most ${limits.resolve.listMembers} members.`);
  const target = (await service.directory.resolve([mail])).get(mail);
  if (target && target.kind !== "list") throw new Refusal(`${mail} belongs to someone already.`);
  const entryId = target?.entryId ?? newEntryId(service);
  const before = target ? await service.directory.getEntry(target.entryId) : null;
  const displayName = option(given, "name") ?? before?.displayName ?? mail;
  await store(service, { ...before, entryId, kind: "list", displayName, mail, status: "active" }, { members });
  return `${mail} has ${members.length} ${members.length === 1 ? "member" : "members"}.`;
};

export const setQuota = async (service: Service, given: Given): Promise<string> => {
  const { entry, accountId } = await accountOf(service, given);
  const quotaOctets = octets(required(given, "quota"));
  await service.log.commit(accountId, (state) => ({
    plan: state.totals.quotaOctets === quotaOctets ? null : { actor: "system:cli", quotaOctets },
    result: null,
  }));
  return `${entry.mail} may hold ${quotaOctets} octets.`;
};

export const showQuota = async (service: Service, given: Given): Promise<string> => {
  const { entry, accountId } = await accountOf(service, given);
  const newest = await service.store.newest(accountId, { consistent: true });
  if (!newest) throw new Refusal(`${entry.mail} has no mail account.`);
  const { octets: used, messages, quotaOctets } = newest.totals;
  return `${entry.mail} holds ${used} of ${quotaOctets} octets in ${messages} messages.`;
};

/** The index stage empties the list of segments first: until it is done, mail is read to be searched. */
export const rebuildSearch = async (service: Service, given: Given): Promise<string> => {
  const { entry, accountId } = await accountOf(service, given);
  await service.indexQueue.send([{ accountId, rebuildAsOf: service.now() }]);
  return `The search index of ${entry.mail} is being made anew.`;
};

const accountOf = async (service: Service, given: Given) => {
  const entry = await entryOf(service, address(required(given, "mail")));
  if (!entry.accountId) throw new Refusal(`${entry.mail} has no mail account.`);
  return { entry, accountId: entry.accountId };
};
