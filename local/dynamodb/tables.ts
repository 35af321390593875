import { type CreatedResource, type ResourceProvider, ServiceError, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { EngineClient } from "./engine-client.ts";
import type { TableFacts } from "./iam.ts";

export interface Table extends TableFacts {
  readonly name: string;
  readonly streamArn: string | null;
  readonly ttlAttribute: string | null;
  readonly keyAttributes: readonly string[];
}

interface KeySchema {
  AttributeName: string;
  KeyType: "HASH" | "RANGE";
}

interface Description {
  KeySchema: KeySchema[];
  TableArn: string;
  LatestStreamArn?: string;
  GlobalSecondaryIndexes?: { IndexName: string }[];
  StreamSpecification?: { StreamEnabled: boolean; StreamViewType: string };
}

const inert = (reason: string) => ({ inert: reason });

const shared = {
  KeySchema: "used",
  AttributeDefinitions: "used",
  BillingMode: "used",
  TableName: "used",
  GlobalSecondaryIndexes: "used",
  LocalSecondaryIndexes: "used",
  StreamSpecification: "used",
  TimeToLiveSpecification: "used",
  SSESpecification: "used",
} as const;

const overall = {
  PointInTimeRecoverySpecification: inert("no backups on a laptop"),
  DeletionProtectionEnabled: inert("a laptop's tables go only with the data folder"),
  ContributorInsightsSpecification: inert("metrics are not collected"),
  TableClass: inert("a price"),
  Tags: inert("describes"),
  ResourcePolicy: inert("no other account"),
  WarmThroughput: inert("capacity is not metered"),
  OnDemandThroughput: inert("capacity is not metered"),
} as const;

/** Makes the template's tables in the engine and remembers what the gateway must know of each. */
export class Tables {
  readonly #client: () => EngineClient;
  readonly #place: { region: string; accountId: string };
  readonly #byName = new Map<string, Table>();
  /** ARN prefix that the engine writes, e.g. "arn:aws:dynamodb:dynoxide:000000000000:". */
  enginePrefix = "";

  constructor(client: () => EngineClient, place: { region: string; accountId: string }) {
    this.#client = client;
    this.#place = place;
  }

  get prefix(): string {
    return `arn:aws:dynamodb:${this.#place.region}:${this.#place.accountId}:`;
  }

  all(): readonly Table[] {
    return [...this.#byName.values()];
  }

  facts(name: string): TableFacts {
    return this.#byName.get(name) ?? { arn: `${this.prefix}table/${name}`, partitionKey: "pk", keyArn: null };
  }

  toEngine(text: string): string {
    return text.replaceAll(this.prefix, this.enginePrefix);
  }

  fromEngine(text: string): string {
    return text.replaceAll(this.enginePrefix, this.prefix);
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::DynamoDB::Table": {
      properties: {
        ...shared,
        ...overall,
        ProvisionedThroughput: inert("capacity is not metered"),
        KinesisStreamSpecification: inert("no Kinesis on a laptop"),
      },
      create: (resource) => this.#create(resource, sseKey(resource.properties.SSESpecification, "KMSMasterKeyId")),
    },
    "AWS::DynamoDB::GlobalTable": {
      properties: {
        ...shared,
        Replicas: "used",
        MultiRegionConsistency: inert("one region"),
        GlobalTableWitnesses: inert("one region"),
        WriteProvisionedThroughputSettings: inert("capacity is not metered"),
        WriteOnDemandThroughputSettings: inert("capacity is not metered"),
        ReadOnDemandThroughputSettings: inert("capacity is not metered"),
        WarmThroughput: inert("capacity is not metered"),
      },
      create: (resource) => this.#create(resource, this.#ownReplicaKey(resource)),
    },
  };

  /** A global table states its key per replica; ours is the replica of this region. */
  #ownReplicaKey(resource: TemplateResource): string | null {
    const replicas = (resource.properties.Replicas ?? []) as { Region: string; SSESpecification?: unknown }[];
    const own = replicas.find((replica) => replica.Region === this.#place.region);
    if (!own) throw new UnknownInTemplate(resource, `it has no replica in ${this.#place.region}, the region of this laptop cloud`);
    return sseKey(own.SSESpecification, "KMSMasterKeyId");
  }

  async #create(resource: TemplateResource, keyArn: string | null): Promise<CreatedResource> {
    const name = String(resource.properties.TableName ?? resource.physicalName({ maxLength: 255 }));
    const description = (await this.#describe(name)) ?? (await this.#make(resource, name));
    this.#checkUnchanged(resource, description);
    await this.#addIndexes(resource, name, description);
    this.enginePrefix = description.TableArn.slice(0, description.TableArn.indexOf("table/"));
    const ttl = resource.properties.TimeToLiveSpecification as { AttributeName?: string; Enabled?: boolean } | undefined;
    const table: Table = {
      name,
      arn: `${this.prefix}table/${name}`,
      partitionKey: description.KeySchema.find((key) => key.KeyType === "HASH")!.AttributeName,
      keyArn,
      streamArn: description.LatestStreamArn && streamOf(resource) ? this.fromEngine(description.LatestStreamArn) : null,
      keyAttributes: description.KeySchema.map((key) => key.AttributeName),
      ttlAttribute: ttl?.Enabled ? (ttl.AttributeName ?? null) : null,
    };
    this.#byName.set(name, table);
    return {
      ref: name,
      attributes: { Arn: table.arn, TableId: resource.stableId(36), ...(table.streamArn ? { StreamArn: table.streamArn } : {}) },
    };
  }

  async #describe(name: string): Promise<Description | null> {
    try {
      return (await this.#client().call<{ Table: Description }>("DynamoDB_20120810.DescribeTable", { TableName: name })).Table;
    } catch (error) {
      if (error instanceof ServiceError && error.code.endsWith("ResourceNotFoundException")) return null;
      throw error;
    }
  }

  async #make(resource: TemplateResource, name: string): Promise<Description> {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes } = resource.properties;
    const stream = streamOf(resource);
    await this.#client().call("DynamoDB_20120810.CreateTable", {
      TableName: name,
      KeySchema,
      AttributeDefinitions,
      BillingMode: "PAY_PER_REQUEST",
      ...(GlobalSecondaryIndexes ? { GlobalSecondaryIndexes: (GlobalSecondaryIndexes as object[]).map(indexShape) } : {}),
      ...(LocalSecondaryIndexes ? { LocalSecondaryIndexes } : {}),
      ...(stream ? { StreamSpecification: stream } : {}),
    });
    const description = await this.#describe(name);
    if (!description) throw new UnknownInTemplate(resource, `the DynamoDB engine did not make the table ${name}`);
    return description;
  }

  #checkUnchanged(resource: TemplateResource, description: Description): void {
    const wanted = JSON.stringify((resource.properties.KeySchema as KeySchema[]).map((key) => [key.AttributeName, key.KeyType]));
    const stored = JSON.stringify(description.KeySchema.map((key) => [key.AttributeName, key.KeyType]));
    const view = streamOf(resource)?.StreamViewType;
    const storedView = description.StreamSpecification?.StreamEnabled ? description.StreamSpecification.StreamViewType : undefined;
    if (wanted === stored && (view === undefined || view === storedView)) return;
    throw new UnknownInTemplate(
      resource,
      "the table in the data folder has another key or stream than the template; begin again with --fresh",
    );
  }

  async #addIndexes(resource: TemplateResource, name: string, description: Description): Promise<void> {
    const known = new Set((description.GlobalSecondaryIndexes ?? []).map((index) => index.IndexName));
    for (const index of (resource.properties.GlobalSecondaryIndexes ?? []) as { IndexName: string }[]) {
      if (known.has(index.IndexName)) continue;
      await this.#client().call("DynamoDB_20120810.UpdateTable", {
        TableName: name,
        AttributeDefinitions: resource.properties.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: indexShape(index) }],
      });
    }
  }
}

function indexShape(index: object): object {
  const { IndexName, KeySchema, Projection } = index as { IndexName: string; KeySchema: object; Projection: object };
  return { IndexName, KeySchema, Projection };
}

function streamOf(resource: TemplateResource): { StreamEnabled: true; StreamViewType: string } | null {
  const stream = resource.properties.StreamSpecification as { StreamViewType?: string } | undefined;
  return stream?.StreamViewType ? { StreamEnabled: true, StreamViewType: stream.StreamViewType } : null;
}

/** The customer key named in an SSE specification; null for AWS's own key. */
function sseKey(specification: unknown, member: string): string | null {
  const key = (specification as Record<string, unknown> | undefined)?.[member];
  return typeof key === "string" && key.startsWith("arn:") ? key : null;
}
