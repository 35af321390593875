import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { type ApiCall, type IamCheck, type LocalService, type ResourceProvider, type ServiceContext, ServiceError } from "../service.ts";
import { type Operation, operations, queryErrorCodes } from "./operations.ts";
import { type Queue, Queues } from "./queues.ts";

/** Right that each operation needs, where its name is not the operation's. */
const actionOf: Readonly<Record<string, string>> = {
  SendMessageBatch: "SendMessage",
  DeleteMessageBatch: "DeleteMessage",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
};

/** SQS (standard queues) with messages on disk. */
export class SqsService implements LocalService {
  readonly name = "sqs";
  readonly signingNames = ["sqs"];
  readonly protocol = "json";
  readonly body = "buffered";
  #queues: Queues | null = null;
  #context: ServiceContext | null = null;

  get queues(): Queues {
    if (!this.#queues) throw new Error("SQS is asked before its start");
    return this.#queues;
  }

  get resources(): Readonly<Record<string, ResourceProvider>> {
    return this.queues.resources;
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    this.#queues = new Queues(join(context.dataDir, "messages.sqlite"), context, context.clock);
    context.provide("queues", {
      send: async (queueArn, message, caller) =>
        this.queues.sendAs(queueArn, message, caller, (principal, check) => context.allowsService(principal, check)),
    });
  }

  iamOf(call: ApiCall): IamCheck[] {
    const { name, input } = readCall(call);
    const action = `sqs:${actionOf[name] ?? name}`;
    if (name === "ListQueues") return [{ action, resource: "*" }];
    const queue = this.#queueOf(name, input);
    const checks: IamCheck[] = [{ action, resource: queue.arn, resourcePolicy: queue.policy }];
    if (!queue.keyArn) return checks;
    const context = { "kms:ViaService": `sqs.${this.#context!.region}.amazonaws.com` };
    if (action === "sqs:SendMessage") checks.push({ action: "kms:GenerateDataKey", resource: queue.keyArn, context });
    if (action === "sqs:SendMessage" || action === "sqs:ReceiveMessage")
      checks.push({ action: "kms:Decrypt", resource: queue.keyArn, context });
    return checks;
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    try {
      const { name, input, operation } = readCall(call);
      const answer = await operation({
        queues: this.queues,
        queue: name === "ListQueues" ? null : this.#queueOf(name, input),
        input,
        call,
        response,
      });
      const body = JSON.stringify(answer ?? {});
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": Buffer.byteLength(body) });
      response.end(body);
    } catch (error) {
      if (error instanceof ServiceError) response.setHeader("x-amzn-query-error", `${queryErrorCodes[error.code] ?? error.code};Sender`);
      throw error;
    }
  }

  #queueOf(name: string, input: Record<string, unknown>): Queue {
    const queueName =
      name === "GetQueueUrl"
        ? String(input.QueueName ?? "")
        : String(input.QueueUrl ?? input.SourceArn ?? "")
            .split(/[/:]/)
            .at(-1)!;
    const queue = this.queues.byName(queueName);
    if (!queue) throw new ServiceError(400, "QueueDoesNotExist", "The specified queue does not exist.");
    return queue;
  }

  async stop(): Promise<void> {
    this.#queues?.close();
  }
}

function readCall(call: ApiCall): { name: string; operation: Operation; input: Record<string, unknown> } {
  const name = String(call.headers["x-amz-target"] ?? "").replace(/^AmazonSQS\./, "");
  const operation = operations[name];
  if (!operation) throw new ServiceError(400, "UnknownOperationException", `SQS of the laptop cloud does not know the operation "${name}"`);
  try {
    return { name, operation, input: JSON.parse(call.body.toString("utf8") || "{}") as Record<string, unknown> };
  } catch {
    throw new ServiceError(400, "SerializationException", "The body is not JSON");
  }
}
