import type { AccountState } from "../log/api.ts";

/** A condition of RFC 8621 §4.4.1 that needs the words of a message. */
export type TextCondition =
  | { readonly field: "text" | "from" | "to" | "cc" | "bcc" | "subject" | "body"; readonly value: string }
  /** Header field name in lower case; null value: it only has to be there. */
  | { readonly field: "header"; readonly name: string; readonly value: string | null };

export type TextMatches =
  /** For each condition, uids that satisfy it: all that do among the candidates, perhaps others. */
  | { readonly outcome: "matched"; readonly found: readonly ReadonlySet<number>[] }
  /** So many messages would have to be read one by one that no answer is given. */
  | { readonly outcome: "tooMany"; readonly limit: number };

export interface TextSearch {
  /** Never older than the state. `candidates` are uids of living Emails. */
  match(state: AccountState, conditions: readonly TextCondition[], candidates: readonly number[]): Promise<TextMatches>;
}
