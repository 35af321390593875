import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, StreamViewType, TableEncryptionV2, type TablePropsV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { MailStores } from "../constructs/mail-stores.ts";
import { OtherRegionReplication } from "../constructs/other-region-replication.ts";
import { pinLogicalId } from "../constructs/pin-logical-id.ts";
import { replicaStreamArn } from "../constructs/replica-stream.ts";
import { ServiceKeys } from "../constructs/service-keys.ts";
import { type TableName, type TableReference, traceIndexes } from "../table-plan.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

/** What holds mail and people: keys, tables and buckets. In two regions the primary owns the tables and replicates them. */
export class DataStack extends PenfoldStack {
  readonly keys: ServiceKeys;
  readonly stores: MailStores;
  /** Present in the primary region only; the other reads the replicas by name. */
  readonly tables: Readonly<Record<TableName, TableV2>> | undefined;

  constructor(scope: Construct, props: PenfoldStackProps) {
    super(scope, "Data", "tables, buckets and keys", props);
    this.keys = new ServiceKeys(this, "Keys");
    this.stores = new MailStores(this, "Stores", { keys: this.keys });
    if (!this.isPrimary) return;
    this.tables = this.createTables(this.keys.data);
    if (this.otherRegion) new OtherRegionReplication(this, "Replication", { stores: this.stores, otherRegion: this.otherRegion });
  }

  /** Names and ARNs of the tables in this region, for a stack of this region. */
  tableReferences(user: PenfoldStack): Record<TableName, TableReference> {
    const { tables } = this;
    const reference = (name: TableName): TableReference =>
      tables?.[name] ?? { tableName: this.names.table(name), tableArn: user.arn("dynamodb", `table/${this.names.table(name)}`) };
    return {
      accounts: reference("accounts"),
      directory: reference("directory"),
      traces: reference("traces"),
      connections: reference("connections"),
    };
  }

  /** The account log's stream in this region. A replica's stream has a name that only DynamoDB knows: it is asked for. */
  accountsStreamArn(user: PenfoldStack): string {
    return this.tables?.accounts.tableStreamArn ?? replicaStreamArn(user, this.names.table("accounts"));
  }

  private createTables(key: Key): Record<TableName, TableV2> {
    const accounts = this.createTable("accounts", "AccountsTable", key, {
      timeToLiveAttribute: "ttl",
      // Replicated tables always stream both images.
      dynamoStream: this.otherRegion ? StreamViewType.NEW_AND_OLD_IMAGES : StreamViewType.NEW_IMAGE,
    });
    const directory = this.createTable("directory", "DirectoryTable", key, {});
    const traces = this.createTable("traces", "TracesTable", key, {
      timeToLiveAttribute: "ttl",
      globalSecondaryIndexes: Object.entries(traceIndexes).map(([indexName, prefix]) => ({
        indexName,
        partitionKey: { name: `${prefix}Pk`, type: AttributeType.STRING },
        sortKey: { name: `${prefix}Sk`, type: AttributeType.STRING },
      })),
    });
    const connections = this.createTable("connections", "ConnectionsTable", key, { timeToLiveAttribute: "ttl" });
    return { accounts, directory, traces, connections };
  }

  private createTable(name: TableName, logicalId: string, key: Key, extra: Partial<TablePropsV2>): TableV2 {
    const { removalProtection } = this.settings;
    const other = this.otherRegion;
    const replicaKeys = other ? { [other]: this.arn("kms", this.names.keyAlias("data"), other) } : undefined;
    const table = new TableV2(this, logicalId, {
      tableName: this.names.table(name),
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(key, replicaKeys),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalProtection,
      removalPolicy: removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(other ? { replicas: [{ region: other }] } : {}),
      ...extra,
    });
    pinLogicalId(table, logicalId);
    return table;
  }
}
