/** Members of lists, and the way back from a member's address to its lists, both in the directory table. */
import { PoisonError } from "../core/errors.ts";
import type { EntryId } from "../core/ids.ts";
import type { DirectoryRows } from "./directory-rows.ts";
import { directoryKeys as keys } from "./keys.ts";

export class DirectoryLists {
  private readonly rows: DirectoryRows;

  constructor(rows: DirectoryRows) {
    this.rows = rows;
  }

  async members(listId: EntryId, limit?: number): Promise<string[]> {
    const items = await this.rows.under(keys.entryPartition(listId), "M#", limit === undefined ? undefined : limit + 1);
    if (limit !== undefined && items.length > limit) throw new PoisonError("a list has more members than may be expanded");
    return items.map((item) => item.sk!.S!.slice("M#".length));
  }

  async setMembers(listId: EntryId, members: readonly string[]): Promise<void> {
    const wanted = new Set(members);
    const before = new Set(await this.members(listId));
    const added = [...wanted].filter((address) => !before.has(address));
    const gone = [...before].filter((address) => !wanted.has(address));
    // A list never reaches someone of whom it cannot be found: what leads back is there first and goes last.
    await this.rows.put(...added.map((address) => keys.membership(address, listId)));
    await this.rows.put(...added.map((address) => keys.member(listId, address)));
    await this.remove(gone.map((address) => ({ address, listId })));
  }

  /** Takes the addresses out of every list; gives the lists. */
  async leave(addresses: readonly string[]): Promise<EntryId[]> {
    const found = await Promise.all(
      addresses.map(async (address) => {
        const items = await this.rows.under(keys.addressPartition(address), "M#");
        return items.map(({ sk }) => ({ address, listId: sk!.S!.slice("M#".length) as EntryId }));
      }),
    );
    const memberships = found.flat();
    await this.remove(memberships);
    return [...new Set(memberships.map(({ listId }) => listId))];
  }

  private async remove(memberships: readonly { address: string; listId: EntryId }[]): Promise<void> {
    await this.rows.delete(...memberships.map(({ address, listId }) => keys.member(listId, address)));
    await this.rows.delete(...memberships.map(({ address, listId }) => keys.membership(address, listId)));
  }
}
