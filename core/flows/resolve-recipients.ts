/**
 * From envelope recipients to accounts: aliases, plus-addressing, static lists in lists. Breadth first, one directory read a level.
 * Each address is expanded once, so a loop of lists or aliases ends by itself; depth and members are bounded (limits.resolve).
 */
import { domainOf, normaliseAddress, splitPlusAddress } from "../directory/address.ts";
import { PoisonError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { AddressTarget, DirectoryStore } from "../ports/directory-store.ts";
import type { ReceiptRecord, RecipientRefusal } from "../ports/receipt-store.ts";

export interface Resolution {
  readonly targets: ReceiptRecord["targets"];
  readonly refused: ReceiptRecord["refused"];
  readonly covered: ReceiptRecord["covered"];
}

/** An address on its way; `recipient` is the envelope's, `steps` the aliases and lists passed. */
interface Pending {
  readonly address: string;
  readonly recipient: string;
  readonly steps: number;
  readonly throughList: boolean;
}

export const resolveRecipients = async (
  directory: Pick<DirectoryStore, "resolve" | "listMembers">,
  recipients: readonly string[],
  ownDomains: readonly string[],
): Promise<Resolution> => {
  const progress = new Progress(new Set(ownDomains));
  let level: Pending[] = recipients.map((recipient) => ({ address: recipient, recipient, steps: 0, throughList: false }));
  for (let depth = 0; level.length > 0; depth++) {
    const wanted = progress.admit(level);
    const found = await directory.resolve([...new Set(wanted.flatMap(({ address }) => lookupsOf(address)))]);
    const next: Pending[] = [];
    for (const pending of wanted) {
      const target = lookupsOf(pending.address)
        .map((address) => found.get(address))
        .find((known) => known !== undefined);
      next.push(...(await followed(directory, progress, pending, target, depth)));
    }
    level = next;
  }
  return progress.result(recipients);
};

/** The address itself and, behind it, the one without its +detail. */
const lookupsOf = (address: string): string[] => {
  const base = splitPlusAddress(address)?.base;
  return base === undefined ? [address] : [address, base];
};

const followed = async (
  directory: Pick<DirectoryStore, "listMembers">,
  progress: Progress,
  pending: Pending,
  target: AddressTarget | undefined,
  depth: number,
): Promise<Pending[]> => {
  if (!target) return progress.refuse(pending, progress.isOwn(pending.address) ? "unknownRecipient" : "outsideMember");
  if (target.kind === "account") return progress.reach(pending, target.accountId);
  if (target.kind === "alias") {
    if (pending.steps >= limits.resolve.aliasHops + limits.resolve.listDepth) return progress.refuse(pending, "loop");
    return [{ ...pending, address: target.address, steps: pending.steps + 1 }];
  }
  if (depth >= limits.resolve.listDepth) return progress.refuse(pending, "loop");
  const members = await membersWithin(directory, target.entryId, limits.resolve.listMembers - progress.expanded);
  if (!members) return progress.refuse(pending, "listTooLarge");
  if (members.length === 0) return progress.refuse(pending, "emptyList");
  progress.expanded += members.length;
  return members.map((address) => ({ address, recipient: pending.recipient, steps: pending.steps + 1, throughList: true }));
};

/** Null when the list has more members than `limit`. */
const membersWithin = async (
  directory: Pick<DirectoryStore, "listMembers">,
  list: Parameters<DirectoryStore["listMembers"]>[0],
  limit: number,
) => {
  try {
    return await directory.listMembers(list, limit);
  } catch (error) {
    if (error instanceof PoisonError) return null;
    throw error;
  }
};

class Progress {
  /** Members expanded so far, over all lists. */
  expanded = 0;
  private readonly ownDomains: ReadonlySet<string>;
  private readonly seen = new Set<string>();
  private readonly targets: ReceiptRecord["targets"][number][] = [];
  private readonly refused: ReceiptRecord["refused"][number][] = [];
  private readonly settled = new Set<string>();

  constructor(ownDomains: ReadonlySet<string>) {
    this.ownDomains = ownDomains;
  }

  isOwn(address: string): boolean {
    return this.ownDomains.has(domainOf(address));
  }

  /** Those in normal form and not met before; what is no address at all is refused. */
  admit(level: readonly Pending[]): Pending[] {
    const admitted: Pending[] = [];
    for (const pending of level) {
      const address = normaliseAddress(pending.address);
      if (address === null) this.refuse(pending, "unknownRecipient");
      else if (!this.seen.has(address)) {
        this.seen.add(address);
        admitted.push({ ...pending, address });
      }
    }
    return admitted;
  }

  reach(pending: Pending, accountId: ReceiptRecord["targets"][number]["accountId"]): Pending[] {
    const { recipient, address } = pending;
    this.settled.add(recipient);
    this.targets.push(pending.throughList ? { accountId, recipient, address } : { accountId, recipient });
    return [];
  }

  refuse({ recipient, address, throughList }: Pending, reason: RecipientRefusal): Pending[] {
    this.settled.add(recipient);
    this.refused.push(throughList ? { recipient, address, reason } : { recipient, reason });
    return [];
  }

  result(recipients: readonly string[]): Resolution {
    // Whoever is left met only addresses that another recipient had led to before.
    const covered = [...new Set(recipients)].filter((recipient) => !this.settled.has(recipient));
    return { targets: this.targets, refused: this.refused, covered };
  }
}
