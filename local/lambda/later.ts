import { randomUUID } from "node:crypto";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { sendAsRole } from "../deliver.ts";
import type { ServiceContext } from "../service.ts";
import type { FunctionDefinition, InvocationResult } from "./function.ts";

interface Row {
  id: string;
  function_arn: string;
  payload: string;
  accepted_at: number;
  attempts: number;
  due_at: number;
}

export interface LaterHost {
  readonly context: ServiceContext;
  definition(functionArn: string): FunctionDefinition | undefined;
  invoke(functionArn: string, payload: string): Promise<InvocationResult>;
}

/** Lambda waits one minute before the first and two before the second retry. */
const retryDelaysMilliseconds = [60_000, 120_000];

/**
 * Asynchronous invocations: on disk once accepted, tried again as the function is configured, then handed to the on-failure
 * destination or dead-letter queue. What a killed run left behind is taken up at the next start.
 */
export class LaterInvocations {
  readonly #host: LaterHost;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #open = false;

  constructor(file: string, host: LaterHost) {
    this.#host = host;
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS later (
        id TEXT PRIMARY KEY,
        function_arn TEXT NOT NULL,
        payload TEXT NOT NULL,
        accepted_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        due_at INTEGER NOT NULL
      );
    `);
    this.#insert = this.#database.prepare("INSERT INTO later VALUES (?, ?, ?, ?, 0, ?)");
  }

  accept(functionArn: string, payload: string): void {
    const copies = this.#host.context.faults.duplicateEvents ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const now = this.#host.context.clock.now();
      const id = randomUUID();
      this.#insert.run(id, functionArn, payload, now, now);
      this.#schedule({ id, function_arn: functionArn, payload, accepted_at: now, attempts: 0, due_at: now });
    }
  }

  /** All functions exist: begin with what is on disk. */
  open(): void {
    this.#open = true;
    for (const row of this.#database.prepare("SELECT * FROM later").all() as unknown as Row[]) this.#schedule(row);
  }

  stop(): void {
    this.#open = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#database.close();
  }

  #schedule(row: Row): void {
    if (!this.#open) return;
    const delay = Math.max(0, row.due_at - this.#host.context.clock.now());
    this.#timers.set(
      row.id,
      setTimeout(() => void this.#attempt(row), delay),
    );
  }

  async #attempt(row: Row): Promise<void> {
    this.#timers.delete(row.id);
    const definition = this.#host.definition(row.function_arn);
    if (!definition) return this.#forget(row.id);
    const result = await this.#host.invoke(row.function_arn, row.payload);
    if (!this.#open) return;
    if (result.ok) {
      await this.#report(definition, row, result, definition.later.onSuccessArn, "Success");
      return this.#forget(row.id);
    }
    const attempts = row.attempts + 1;
    const dueAt = this.#host.context.clock.now() + (retryDelaysMilliseconds[attempts - 1] ?? 120_000);
    const tooOld = dueAt - row.accepted_at > definition.later.maximumAgeSeconds * 1000;
    if (attempts <= definition.later.maximumRetries && !tooOld) {
      this.#database.prepare("UPDATE later SET attempts = ?, due_at = ? WHERE id = ?").run(attempts, dueAt, row.id);
      return this.#schedule({ ...row, attempts, due_at: dueAt });
    }
    const condition = tooOld ? "EventAgeExceeded" : "RetriesExhausted";
    await this.#report(definition, { ...row, attempts }, result, definition.later.onFailureArn, condition);
    if (definition.deadLetterArn) await this.#send(definition, definition.deadLetterArn, row.payload);
    this.#host.context.log.error("an asynchronous invocation has failed for good", { function: definition.name, condition });
    this.#forget(row.id);
  }

  #forget(id: string): void {
    if (this.#open) this.#database.prepare("DELETE FROM later WHERE id = ?").run(id);
  }

  /** The invocation record of "Configuring destinations" in the Lambda developer guide. */
  async #report(
    definition: FunctionDefinition,
    row: Row,
    result: InvocationResult,
    destination: string | null,
    condition: string,
  ): Promise<void> {
    if (!destination) return;
    const record = {
      version: "1.0",
      timestamp: new Date(this.#host.context.clock.now()).toISOString(),
      requestContext: {
        requestId: row.id,
        functionArn: `${definition.arn}:$LATEST`,
        condition,
        approximateInvokeCount: Math.max(1, row.attempts),
      },
      requestPayload: JSON.parse(row.payload) as unknown,
      responseContext: { statusCode: 200, executedVersion: "$LATEST", ...(result.ok ? {} : { functionError: "Unhandled" }) },
      responsePayload: JSON.parse(result.payload || "null") as unknown,
    };
    await this.#send(definition, destination, JSON.stringify(record));
  }

  async #send(definition: FunctionDefinition, destination: string, body: string): Promise<void> {
    try {
      await sendAsRole(this.#host.context, definition.roleArn, destination, body);
    } catch (error) {
      this.#host.context.log.error("a destination could not be reached", { function: definition.name, destination, reason: String(error) });
    }
  }
}
