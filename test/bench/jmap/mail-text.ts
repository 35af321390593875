/**
 * Text that behaves like mail in an index: 25,000 words of which the n-th is 1/n as common as the first (Zipf), in several forms each,
 * lengths from a line to some pages, a reference of its own in every message. Into it come the words that the bench searches.
 * Seeded: message n is the same in every run and in every mailbox.
 */
import { Random } from "../../../tools/seed/random.ts";

const VOCABULARY = 25_000;
const LEAST_WORDS = 30;
const MEAN_MORE_WORDS = 235;
const MOST_WORDS = 2_000;

const SYLLABLES =
  "ba be bi bo ca co da de di do en er fa fi ga ha in ka la le li lo ma me mi mo na ne no on or pa pe po ra re ri ro sa se si so ta te ti to un va ve vi".split(
    " ",
  );
const FORMS = ["", "", "s", "ed", "ing", "er"];
const COMMONEST =
  "the to and of a in is for on you we that it be this with have please as are will at not from by if can your our all has was they so but or an been there would which one any their do".split(
    " ",
  );

const syllables = (random: Random, least: number, most: number): string =>
  Array.from({ length: random.between(least, most) }, () => random.pick(SYLLABLES)).join("");

const makeVocabulary = (): string[] => {
  const random = new Random("vocabulary");
  const words = new Set(COMMONEST);
  while (words.size < VOCABULARY) words.add(syllables(random, 2, 4) + random.pick(FORMS));
  return [...words];
};

const TERMS = 10;
const termsOf = (beginning: string): string[] => Array.from({ length: TERMS }, (_, index) => `${beginning}${SYLLABLES[index * 5]}dle`);

/** What is searched; ten of each, so that ten clients ask different questions. */
export const searched = {
  /** Each in ten messages of the newest ten thousand, and in no other. */
  rare: termsOf("xyl"),
  /** Each in five of a hundred messages. */
  common: termsOf("qua"),
  /** Each pair stands together in one of a hundred messages, either word alone in two more. */
  phrases: termsOf("wha").map((word, index) => [word, termsOf("jux")[index]!] as const),
};

export const BLOCK_MESSAGES = 10_000;
const RARE_EVERY = BLOCK_MESSAGES / 10;

export const referenceOf = (uid: number): string => `rx${String(uid).padStart(7, "0")}`;

export interface MailWords {
  readonly subject: string;
  /** Paragraphs. */
  readonly body: readonly string[];
}

export class MailText {
  private readonly vocabulary = makeVocabulary();

  /** Words of message `number` (from 0) of the block, which as its `uid` says bears a reference of its own. */
  of(number: number, uid: number): MailWords {
    const random = new Random(`mail ${number}`);
    const count = Math.min(MOST_WORDS, Math.round(LEAST_WORDS - Math.log(1 - random.next()) * MEAN_MORE_WORDS));
    const words = Array.from({ length: count }, () => this.word(random));
    const insert = (...inserted: string[]): void => void words.splice(random.between(1, words.length), 0, ...inserted);
    const rare = (number * 7) % RARE_EVERY;
    if (rare < TERMS) insert(searched.rare[rare]!);
    for (const word of searched.common) if (random.chance(0.05)) insert(word);
    for (const [first, second] of searched.phrases) {
      if (random.chance(0.01)) insert(first, second);
      if (random.chance(0.02)) insert(first);
      if (random.chance(0.02)) insert(second);
    }
    insert(referenceOf(uid));
    const body: string[] = [];
    for (let at = 0; at < words.length; ) {
      const length = random.between(20, 90);
      body.push(sentences(random, words.slice(at, at + length)));
      at += length;
    }
    const subject = Array.from({ length: random.between(3, 8) }, () => this.word(random)).join(" ");
    return { subject, body };
  }

  private word(random: Random): string {
    return this.vocabulary[Math.floor(Math.exp(random.next() * Math.log(VOCABULARY + 1))) - 1]!;
  }
}

const sentences = (random: Random, words: readonly string[]): string => {
  let text = "";
  let begins = true;
  for (const word of words) {
    text += `${text === "" ? "" : " "}${begins ? word[0]!.toUpperCase() + word.slice(1) : word}`;
    begins = random.chance(0.08);
    if (begins) text += ".";
    else if (random.chance(0.05)) text += ",";
  }
  return `${text}.`;
};
