import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { DynamoDbService } from "../dynamodb/service.ts";
import { streamReader } from "../dynamodb/stream-reader.ts";
import { type IamCheck, type ResourceProvider, type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { SqsService } from "../sqs/service.ts";
import type { FunctionDefinition } from "./function.ts";
import type { Functions } from "./functions.ts";
import { type Mapping, type MappingDefinition, mappingProperties, readMapping } from "./mapping.ts";
import type { FunctionPool } from "./pool.ts";
import { QueueMapping } from "./queue-mapping.ts";
import { StreamMapping } from "./stream-mapping.ts";

export interface MappingsHost {
  readonly context: ServiceContext;
  readonly functions: Functions;
  readonly sqs: SqsService;
  readonly dynamodb: DynamoDbService;
  readonly retryAfterSeconds: number | null;
  readonly checkpointDir: string;
  pool(definition: FunctionDefinition): FunctionPool;
}

/** The template's event source mappings: checked against the function's role as AWS does on creation, then started. */
export class Mappings {
  readonly #host: MappingsHost;
  readonly #stated: { resource: TemplateResource; definition: MappingDefinition }[] = [];
  readonly #running: Mapping[] = [];

  constructor(host: MappingsHost) {
    this.#host = host;
    mkdirSync(host.checkpointDir, { recursive: true });
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::Lambda::EventSourceMapping": {
      properties: mappingProperties,
      create: async (resource) => {
        const definition = readMapping(resource);
        this.#stated.push({ resource, definition });
        const arn = `arn:aws:lambda:${this.#host.context.region}:${this.#host.context.accountId}:event-source-mapping:${definition.id}`;
        return { ref: definition.id, attributes: { Id: definition.id, EventSourceMappingArn: arn } };
      },
    },
  };

  async open(): Promise<void> {
    for (const { resource, definition } of this.#stated) {
      if (!definition.enabled) continue;
      const mapping = await this.#mapping(resource, definition);
      this.#running.push(mapping);
    }
    for (const mapping of this.#running) mapping.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((mapping) => mapping.stop()));
  }

  async #mapping(resource: TemplateResource, definition: MappingDefinition): Promise<Mapping> {
    const target = this.#host.functions.find(definition.functionArn);
    if (!target) throw new UnknownInTemplate(resource, `it names the function ${definition.functionArn}, which the template does not make`);
    const service = definition.sourceArn.split(":")[2];
    if (service === "sqs") return this.#queueMapping(resource, definition, target);
    if (service === "dynamodb") return this.#streamMapping(resource, definition, target);
    throw new UnknownInTemplate(resource, `event sources such as ${definition.sourceArn} are not known to the laptop cloud`);
  }

  #queueMapping(resource: TemplateResource, definition: MappingDefinition, target: FunctionDefinition): Mapping {
    const queue = this.#host.sqs.queues.byArn(definition.sourceArn);
    if (!queue) throw new UnknownInTemplate(resource, `it reads the queue ${definition.sourceArn}, which the template does not make`);
    if (queue.visibilitySeconds < target.timeoutSeconds) {
      throw new UnknownInTemplate(
        resource,
        `the queue's visibility timeout (${queue.visibilitySeconds} s) is shorter than the function's timeout (${target.timeoutSeconds} s), which AWS refuses`,
      );
    }
    const needed = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    const viaService = `sqs.${this.#host.context.region}.amazonaws.com`;
    this.#requireRights(resource, target, [
      ...needed.map((action) => ({ action, resource: queue.arn, resourcePolicy: queue.policy })),
      ...keyCheck(queue.keyArn, viaService),
    ]);
    const pool = this.#host.pool(target);
    const { context, retryAfterSeconds, sqs } = this.#host;
    return new QueueMapping(definition, queue, {
      context,
      queues: sqs.queues,
      concurrency: Math.min(pool.concurrency, availableParallelism()),
      retryAfterSeconds,
      invoke: (payload) => pool.invoke(payload),
    });
  }

  async #streamMapping(resource: TemplateResource, definition: MappingDefinition, target: FunctionDefinition): Promise<Mapping> {
    const table = this.#host.dynamodb.tableOfStream(definition.sourceArn);
    if (!table) throw new UnknownInTemplate(resource, `it reads the stream ${definition.sourceArn}, which the template does not make`);
    const needed = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
    const viaService = `dynamodb.${this.#host.context.region}.amazonaws.com`;
    this.#requireRights(resource, target, [
      ...needed.map((action) => ({ action, resource: definition.sourceArn })),
      ...keyCheck(table.keyArn, viaService),
    ]);
    const pool = this.#host.pool(target);
    const mapping = new StreamMapping(definition, {
      context: this.#host.context,
      reader: streamReader(this.#host.dynamodb, definition.sourceArn),
      roleArn: target.roleArn,
      checkpointDir: this.#host.checkpointDir,
      invoke: (payload) => pool.invoke(payload),
    });
    await mapping.prepare();
    return mapping;
  }

  /** AWS refuses to create a mapping whose function may not read the source. */
  #requireRights(resource: TemplateResource, target: FunctionDefinition, checks: readonly IamCheck[]): void {
    for (const check of checks) {
      if (this.#host.context.allowsRole(target.roleArn, check)) continue;
      throw new UnknownInTemplate(
        resource,
        `the function execution role of ${target.name} does not have permissions to call ${check.action} on ${check.resource}`,
      );
    }
  }
}

function keyCheck(keyArn: string | null, viaService: string): IamCheck[] {
  return keyArn ? [{ action: "kms:Decrypt", resource: keyArn, context: { "kms:ViaService": viaService } }] : [];
}
