/**
 * Searches messages by reading them: exact and never out of date, one read a message. The index (indexed-text-search.ts) answers for
 * what it holds and leaves the newest mail, and conditions on arbitrary header fields, to this one.
 */

import { limits } from "../../limits.ts";
import type { AccountState } from "../../log/api.ts";
import type { BodyPart, EmailItem } from "../../mail/email-item.ts";
import { fieldsNamed, rawValue, readHeaderBlock } from "../../mime/header-fields.ts";
import { parseText } from "../../mime/header-forms.ts";
import type { Candidates, TextCondition, TextMatches, TextSearch } from "../../ports/text-search.ts";
import { MessageWords } from "../../search/direct-match.ts";
import { fieldsOfCondition } from "../../search/fields.ts";
import { messageTexts, textParts } from "../../search/message-texts.ts";
import type { FieldQuery } from "../../search/segment-query.ts";
import { parseTextQuery } from "../../search/text-query.ts";
import type { JmapPorts } from "../api.ts";
import { eachBounded } from "../engine/bounded.ts";
import { casemap } from "../engine/collation.ts";
import { itemReaderOf } from "./item-reader.ts";
import { type Octets, type Range, readRanges } from "./octet-ranges.ts";

type Ports = Pick<JmapPorts, "store" | "blobs">;

const READS_AT_ONCE = 16;
/** Words of the latest messages that were searched, for a person who types on. */
const REMEMBERED_MESSAGES = 500;

const ADDRESS_FIELDS: ReadonlySet<string> = new Set(["from", "to", "cc", "bcc"]);

/** A condition on words as a query; in addresses the beginning of a word is enough, since people type the beginning of a name. */
export const fieldQueryOf = (condition: Exclude<TextCondition, { field: "header" }>): FieldQuery => ({
  query: parseTextQuery(condition.value, { asPrefixes: ADDRESS_FIELDS.has(condition.field) }),
  fields: fieldsOfCondition(condition.field),
});

export class DirectTextSearch implements TextSearch {
  readonly #ports: Ports;
  readonly #remembered = new Map<string, MessageWords>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async match(state: AccountState, conditions: readonly TextCondition[], listed: Candidates): Promise<TextMatches> {
    const candidates = listed(0);
    if (candidates.length > limits.jmap.messagesInScan) return { outcome: "tooMany", limit: limits.jmap.messagesInScan };
    const found = conditions.map(() => new Set<number>());
    const queries = conditions.map((condition) => (condition.field === "header" ? null : fieldQueryOf(condition)));
    const { emails, accountId } = state;
    const uids = new Map(candidates.map((uid) => [emails.id(emails.rowOfUid(uid)), uid] as const));
    const items = await itemReaderOf(this.#ports.store).get(accountId, [...uids.keys()]);
    await eachBounded([...items.values()], READS_AT_ONCE, async (item) => {
      const uid = uids.get(item.id)!;
      const words = queries.some(Boolean) ? await this.#wordsOf(item) : null;
      for (const [index, condition] of conditions.entries()) {
        const query = queries[index];
        const holds = condition.field === "header" ? await this.#hasHeader(item, condition) : words!.satisfies(query!.query, query!.fields);
        if (holds) found[index]!.add(uid);
      }
    });
    return { outcome: "matched", found };
  }

  async #wordsOf(item: EmailItem): Promise<MessageWords> {
    const key = `${item.accountId}/${item.id}`;
    const known = this.#remembered.get(key);
    if (known) return known;
    const octets = await this.#read(
      item,
      textParts(item).map((part) => part.body),
    );
    const words = new MessageWords(messageTexts(item, (part: BodyPart) => octets?.slice(part.body) ?? new Uint8Array()));
    this.#remembered.set(key, words);
    if (this.#remembered.size > REMEMBERED_MESSAGES) this.#remembered.delete(this.#remembered.keys().next().value!);
    return words;
  }

  async #hasHeader(item: EmailItem, { name, value }: { name: string; value: string | null }): Promise<boolean> {
    const range = item.message.bodyStructure.header;
    const octets = await this.#read(item, [range]);
    if (!octets) return false;
    const block = octets.slice(range);
    const fields = fieldsNamed(readHeaderBlock(block, 0, block.length).fields, name);
    if (value === null) return fields.length > 0;
    const wanted = casemap(value);
    return fields.some((field) => casemap(parseText(rawValue(block, field))).includes(wanted));
  }

  #read(item: EmailItem, ranges: readonly Range[]): Promise<Octets | null> {
    return readRanges(this.#ports.blobs, item.rawKey, item.message.sizeOctets, ranges);
  }
}

const searches = new WeakMap<object, TextSearch>();

/** The search of a process: the index when there is one, else every message is read. */
export const textSearchOf = (ports: JmapPorts): TextSearch => {
  if (ports.search) return ports.search;
  let search = searches.get(ports.store);
  if (!search) searches.set(ports.store, (search = new DirectTextSearch(ports)));
  return search;
};
