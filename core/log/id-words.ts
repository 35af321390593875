/**
 * Minted ids: a letter and 96 bits in RFC 4648 base32, lower case, so that ids never differ by case alone (RFC 8620 §1.2 advice).
 * In columns an id is three 32-bit words.
 */
import { createHash } from "node:crypto";
import { InvariantError } from "../errors.ts";
import type { AccountId, EmailId, ReceiptId, ThreadId } from "../ids.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const CHARACTERS = 20;
const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < 32; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** 12 octets as an id with the given first letter. */
export const idFromOctets = (letter: string, octets: Uint8Array): string => {
  let text = letter;
  let bits = 0;
  let held = 0;
  for (let index = 0; index < 12; index++) {
    held = (held << 8) | octets[index]!;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text + ALPHABET[(held << (5 - bits)) & 31];
};

/** Fills `into` with the three words of an id; false when the text is not a minted id. */
export const wordsOfId = (id: string, into: Uint32Array): boolean => {
  if (id.length !== CHARACTERS + 1) return false;
  let word = 0;
  let bits = 0;
  let held = 0;
  let octets = 0;
  for (let index = 1; index <= CHARACTERS; index++) {
    const code = id.charCodeAt(index);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) return false;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8 && octets < 12) {
      bits -= 8;
      word = ((word << 8) | ((held >>> bits) & 255)) >>> 0;
      held &= (1 << bits) - 1;
      octets++;
      if (octets % 4 === 0) {
        into[octets / 4 - 1] = word;
        word = 0;
      }
    }
  }
  return held === 0;
};

/** The id of three words. */
export const idOfWords = (letter: string, first: number, second: number, third: number): string => {
  const octets = new Uint8Array(12);
  const view = new DataView(octets.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  view.setUint32(8, third);
  return idFromOctets(letter, octets);
};

const digest = (...parts: string[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest();
};

/** The Email id of one receipt in one account: the same on every replay. */
export const emailIdOf = (accountId: AccountId, receiptId: ReceiptId): EmailId =>
  idFromOctets("E", digest("email", accountId, receiptId)) as EmailId;

/** The id of the thread that an Email begins. */
export const threadIdOf = (emailId: EmailId): ThreadId => {
  if (!emailId.startsWith("E")) throw new InvariantError("a thread id is made of an Email id");
  return `T${emailId.slice(1)}` as ThreadId;
};

/** The account of a directory entry. */
export const accountIdOf = (entryId: string): AccountId => idFromOctets("A", digest("account", entryId)) as AccountId;
