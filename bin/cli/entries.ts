import type { DirectoryEntry } from "../../core/ports/directory-store.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

/** Whom or what an address belongs to; refuses one that is nobody's. */
export const entryOf = async (service: Service, mail: string): Promise<DirectoryEntry> => {
  const target = (await service.directory.resolve([mail])).get(mail);
  const entry = target && target.kind !== "alias" ? await service.directory.getEntry(target.entryId) : null;
  if (!entry) throw new Refusal(`Nobody has the address ${mail}.`);
  return entry;
};
