import type { AccountId, EmailId } from "../ids.ts";

/** A condition of RFC 8621 §4.4.1 that needs the words of a message. */
export type TextCondition =
  | { readonly field: "text" | "from" | "to" | "cc" | "bcc" | "subject" | "body"; readonly value: string }
  /** Header field name in lower case; null value: it only has to be there. */
  | { readonly field: "header"; readonly name: string; readonly value: string | null };

export interface TextSearch {
  /** For each condition, those of the candidates that satisfy it. Never older than the account's log. */
  match(
    accountId: AccountId,
    conditions: readonly TextCondition[],
    candidates: readonly EmailId[],
  ): Promise<readonly ReadonlySet<EmailId>[]>;
}
