/** Answers a query on the words of one message: for mail that no segment holds yet. The same answer as a segment's. */
import { FIELDS, type Field, type MessageTexts } from "./fields.ts";
import type { Phrase, TextQuery } from "./text-query.ts";
import { wordsOf } from "./tokens.ts";

/** The words of a message, made once for all conditions. */
export class MessageWords {
  private readonly words: ReadonlyMap<Field, readonly (readonly string[])[]>;

  constructor(texts: MessageTexts) {
    this.words = new Map(FIELDS.map((field) => [field, (texts[field] ?? []).map(wordsOf)]));
  }

  satisfies(query: TextQuery, fields: readonly Field[]): boolean {
    return query.phrases.every((phrase) => fields.some((field) => this.words.get(field)!.some((words) => holdsPhrase(words, phrase))));
  }
}

const holdsPhrase = (words: readonly string[], phrase: Phrase): boolean =>
  words.some((_, start) => start + phrase.length <= words.length && phrase.every((pattern, at) => pattern.accepts(words[start + at]!)));
