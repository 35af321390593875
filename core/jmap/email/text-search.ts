/** Searches messages by reading them: exact and never out of date, but one read a message. An index takes its place by the same port. */
import type { AccountId, EmailId } from "../../ids.ts";
import type { EmailAddress, EmailItem } from "../../mail/email-item.ts";
import { leafParts } from "../../mime/body-structure.ts";
import { readIndexText } from "../../mime/body-value.ts";
import { fieldsNamed, rawValue, readHeaderBlock } from "../../mime/header-fields.ts";
import { parseText } from "../../mime/header-forms.ts";
import type { TextCondition, TextSearch } from "../../ports/text-search.ts";
import type { JmapPorts } from "../api.ts";
import { eachBounded } from "../engine/bounded.ts";
import { casemap } from "../engine/collation.ts";
import { itemReaderOf } from "./item-reader.ts";
import { type Octets, type Range, readRanges } from "./octet-ranges.ts";

const READS_AT_ONCE = 16;
const BODY_CHARACTERS = 1_000_000;

/** RFC 8621 §4.4.1: words that must all be there; in quotes, one phrase. */
export const searchTerms = (text: string): string[] => {
  const terms: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    const term = casemap(match[1] ?? match[2] ?? match[3]!)
      .replaceAll(/\s+/g, " ")
      .trim();
    if (term) terms.push(term);
  }
  return terms;
};

const addresses = (list: readonly EmailAddress[] | null): string =>
  (list ?? []).map(({ name, email }) => `${name ?? ""} ${email}`).join("\n");

/** Text parts of a message as words. */
export const bodyText = (item: EmailItem, octets: Octets): string =>
  textParts(item)
    .map((part) => readIndexText(octets.slice(part.body), part, BODY_CHARACTERS))
    .join("\n");

export const textParts = (item: EmailItem) =>
  leafParts(item.message.bodyStructure).filter(({ type }) => type === "text/plain" || type === "text/html");

class ScanningTextSearch implements TextSearch {
  readonly #ports: JmapPorts;

  constructor(ports: JmapPorts) {
    this.#ports = ports;
  }

  async match(accountId: AccountId, conditions: readonly TextCondition[], candidates: readonly EmailId[]): Promise<ReadonlySet<EmailId>[]> {
    const found = conditions.map(() => new Set<EmailId>());
    const items = await itemReaderOf(this.#ports.store).get(accountId, candidates);
    await eachBounded([...items.values()], READS_AT_ONCE, async (item) => {
      const message = new SearchedMessage(this.#ports, item);
      for (const [index, condition] of conditions.entries()) if (await message.satisfies(condition)) found[index]!.add(item.id);
    });
    return found;
  }
}

/** One message, its body read once and only if a condition needs it. */
class SearchedMessage {
  readonly #ports: JmapPorts;
  readonly #item: EmailItem;
  #body: string | null = null;

  constructor(ports: JmapPorts, item: EmailItem) {
    this.#ports = ports;
    this.#item = item;
  }

  async satisfies(condition: TextCondition): Promise<boolean> {
    if (condition.field === "header") return this.#hasHeader(condition.name, condition.value);
    const terms = searchTerms(condition.value);
    if (terms.length === 0) return true;
    const headers = casemap(this.#headerText(condition.field));
    const missing = terms.filter((term) => !headers.includes(term));
    if (missing.length === 0) return true;
    if (condition.field !== "text" && condition.field !== "body") return false;
    const body = await this.#bodyText();
    return missing.every((term) => body.includes(term));
  }

  #headerText(field: string): string {
    const { from, to, cc, bcc, subject } = this.#item.message;
    switch (field) {
      case "from":
        return addresses(from);
      case "to":
        return addresses(to);
      case "cc":
        return addresses(cc);
      case "bcc":
        return addresses(bcc);
      case "subject":
        return subject ?? "";
      case "text":
        return [addresses(from), addresses(to), addresses(cc), addresses(bcc), subject ?? ""].join("\n");
      default:
        return "";
    }
  }

  async #bodyText(): Promise<string> {
    if (this.#body === null) {
      const octets = await this.#read(textParts(this.#item).map((part) => part.body));
      this.#body = octets ? casemap(bodyText(this.#item, octets).replaceAll(/\s+/g, " ")) : "";
    }
    return this.#body;
  }

  async #hasHeader(name: string, value: string | null): Promise<boolean> {
    const range = this.#item.message.bodyStructure.header;
    const octets = await this.#read([range]);
    if (!octets) return false;
    const block = octets.slice(range);
    const fields = fieldsNamed(readHeaderBlock(block, 0, block.length).fields, name);
    if (value === null) return fields.length > 0;
    const wanted = casemap(value);
    return fields.some((field) => casemap(parseText(rawValue(block, field))).includes(wanted));
  }

  #read(ranges: readonly Range[]): Promise<Octets | null> {
    return readRanges(this.#ports.blobs, this.#item.rawKey, this.#item.message.sizeOctets, ranges);
  }
}

export const textSearchOf = (ports: JmapPorts): TextSearch => ports.search ?? new ScanningTextSearch(ports);
