import type { AccountState } from "../log/api.ts";

/** A condition of RFC 8621 §4.4.1 that needs the words of a message. */
export type TextCondition =
  | { readonly field: "text" | "from" | "to" | "cc" | "bcc" | "subject" | "body"; readonly value: string }
  /** Header field name in lower case; null value: it only has to be there. */
  | { readonly field: "header"; readonly name: string; readonly value: string | null };

/** A set of uids. */
export interface Uids extends Iterable<number> {
  readonly size: number;
  has(uid: number): boolean;
}

/** Uids of the living Emails above a uid of which a text condition has to be told; listing all of a large account is work. */
export type Candidates = (above: number) => readonly number[];

export type TextMatches =
  /** For each condition, uids that satisfy it: all that do among the candidates, perhaps others. */
  | { readonly outcome: "matched"; readonly found: readonly Uids[] }
  /** So many messages would have to be read one by one that no answer is given. */
  | { readonly outcome: "tooMany"; readonly limit: number };

export interface TextSearch {
  /** Never older than the state. */
  match(state: AccountState, conditions: readonly TextCondition[], candidates: Candidates): Promise<TextMatches>;
}
