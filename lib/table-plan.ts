/** What the tables are called, and which indexes the traces table has (aws/ writes their keys). */
export type TableName = "accounts" | "directory" | "traces" | "connections";

export interface TableReference {
  readonly tableName: string;
  readonly tableArn: string;
}

/** Name of each index of the traces table and the prefix of its key attributes. */
export const traceIndexes = { byMessageId: "gm", bySender: "gs", byRecipient: "gr", held: "gh" } as const;
