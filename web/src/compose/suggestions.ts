/** People this person has written with, as seen on this tab; most recent first. A directory can stand behind the same function. */
import type { Address, EmailSummary } from "../jmap/types.ts";

const most = 6;

export function suggestPeople(emails: Iterable<EmailSummary>, text: string, except: ReadonlySet<string>): readonly Address[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<string, { address: Address; when: string }>();
  for (const email of emails) {
    for (const address of [...(email.from ?? []), ...(email.to ?? [])]) {
      const key = address.email.toLowerCase();
      if (except.has(key)) continue;
      const haystack = `${address.name ?? ""} ${key}`.toLowerCase();
      if (
        !words.every(
          (word) => haystack.split(/[\s@.'-]+/).some((part) => part.startsWith(word)) || haystack.startsWith(word) || key.startsWith(word),
        )
      )
        continue;
      const known = found.get(key);
      if (!known || known.when < email.receivedAt) {
        found.set(key, { address: address.name || !known ? address : known.address, when: email.receivedAt });
      }
    }
  }
  return [...found.values()]
    .sort((left, right) => right.when.localeCompare(left.when))
    .slice(0, most)
    .map(({ address }) => address);
}
