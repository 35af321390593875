import { type IamCheck, ServiceError } from "../service.ts";

/** What the IAM question needs to know of a table. */
export interface TableFacts {
  readonly arn: string;
  readonly partitionKey: string;
  /** Customer key of the table, if it has one. */
  readonly keyArn: string | null;
}

type Input = Record<string, unknown>;
type Value = Record<string, unknown>;

const singleItem = new Set(["GetItem", "PutItem", "UpdateItem", "DeleteItem"]);
const wholeTable = new Set([
  "DescribeTable",
  "DescribeTimeToLive",
  "UpdateTimeToLive",
  "DeleteTable",
  "UpdateTable",
  "CreateTable",
  "DescribeContinuousBackups",
]);
const streamOperations = new Set(["DescribeStream", "GetShardIterator", "GetRecords"]);
const transactActions = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
  Get: "GetItem",
} as const;

/** The IAM questions of a DynamoDB call: one per table (or index), with the partition keys that it touches as dynamodb:LeadingKeys. */
export function checksOf(operation: string, input: Input, facts: (table: string) => TableFacts, viaService: string): IamCheck[] {
  const checks = questionsOf(operation, input, facts);
  const keys = new Set<string>();
  for (const { table } of checks) if (table?.keyArn) keys.add(table.keyArn);
  return [
    ...checks.map(({ table: _table, ...check }) => check),
    ...[...keys].map((keyArn) => ({ action: "kms:Decrypt", resource: keyArn, context: { "kms:ViaService": viaService } })),
  ];
}

type TableCheck = IamCheck & { table?: TableFacts };

function questionsOf(operation: string, input: Input, facts: (table: string) => TableFacts): TableCheck[] {
  if (singleItem.has(operation)) return [itemCheck(operation, facts(nameOf(input.TableName)), [itemKeySource(input)], input)];
  if (operation === "Query" || operation === "Scan") return [readCheck(operation, input, facts(nameOf(input.TableName)))];
  if (operation === "BatchGetItem") {
    return entriesOf(input.RequestItems).map(([name, request]) =>
      itemCheck(operation, facts(name), (request as { Keys?: Value[] }).Keys ?? [], {}),
    );
  }
  if (operation === "BatchWriteItem") {
    return entriesOf(input.RequestItems).map(([name, requests]) =>
      itemCheck(operation, facts(name), (requests as Value[]).map(writeKeySource), {}),
    );
  }
  if (operation === "TransactWriteItems" || operation === "TransactGetItems") return transactChecks(input, facts);
  if (wholeTable.has(operation)) return [{ action: `dynamodb:${operation}`, resource: facts(nameOf(input.TableName)).arn }];
  if (streamOperations.has(operation)) return [{ action: `dynamodb:${operation}`, resource: streamArnOf(input) }];
  return [{ action: `dynamodb:${operation}`, resource: "*" }];
}

function itemCheck(operation: string, table: TableFacts, sources: readonly Value[], input: Input): TableCheck {
  const leadingKeys = sources.map((source) => scalar(source[table.partitionKey])).filter((key) => key !== undefined);
  const attributes = new Set(sources.flatMap((source) => Object.keys(source)));
  return {
    action: `dynamodb:${operation}`,
    resource: table.arn,
    table,
    context: {
      "dynamodb:LeadingKeys": [...new Set(leadingKeys)],
      "dynamodb:Attributes": [...attributes],
      ...(input.ReturnValues ? { "dynamodb:ReturnValues": String(input.ReturnValues) } : {}),
    },
  };
}

function readCheck(operation: "Query" | "Scan", input: Input, table: TableFacts): TableCheck {
  const resource = input.IndexName ? `${table.arn}/index/${String(input.IndexName)}` : table.arn;
  const leading = operation === "Query" && !input.IndexName ? queriedPartition(input, table.partitionKey) : undefined;
  return {
    action: `dynamodb:${operation}`,
    resource,
    table,
    context: {
      "dynamodb:LeadingKeys": leading === undefined ? [] : [leading],
      ...(input.Select ? { "dynamodb:Select": String(input.Select) } : {}),
    },
  };
}

function transactChecks(input: Input, facts: (table: string) => TableFacts): TableCheck[] {
  return ((input.TransactItems ?? []) as Value[]).flatMap((item) =>
    Object.entries(transactActions)
      .filter(([kind]) => item[kind])
      .map(([kind, action]) => {
        const part = item[kind] as Input;
        return itemCheck(action, facts(nameOf(part.TableName)), [itemKeySource(part)], {});
      }),
  );
}

/** Key of a get, update or delete; the whole item of a put. */
function itemKeySource(input: Input): Value {
  return (input.Key ?? input.Item ?? {}) as Value;
}

function writeKeySource(request: Value): Value {
  const { PutRequest, DeleteRequest } = request as { PutRequest?: { Item: Value }; DeleteRequest?: { Key: Value } };
  return PutRequest?.Item ?? DeleteRequest?.Key ?? {};
}

/** The partition key value that a KeyConditionExpression fixes (`#pk = :pk`, either way round). */
function queriedPartition(input: Input, partitionKey: string): string | undefined {
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>;
  const values = (input.ExpressionAttributeValues ?? {}) as Record<string, unknown>;
  const expression = String(input.KeyConditionExpression ?? "");
  for (const [, left, right] of expression.matchAll(/([#\w.-]+|:\w+)\s*=\s*(:\w+|[#\w.-]+)/g)) {
    const [name, value] = left!.startsWith(":") ? [right!, left!] : [left!, right!];
    if ((names[name] ?? name) === partitionKey) return scalar(values[value]);
  }
  const conditions = input.KeyConditions as Record<string, { AttributeValueList?: unknown[] }> | undefined;
  return scalar(conditions?.[partitionKey]?.AttributeValueList?.[0]);
}

function scalar(value: unknown): string | undefined {
  const { S, N, B } = (value ?? {}) as { S?: string; N?: string; B?: string };
  return S ?? N ?? B;
}

/** A shard iterator begins with the stream's ARN, as DynamoDB's own do. */
function streamArnOf(input: Input): string {
  return String(input.StreamArn ?? String(input.ShardIterator ?? "").split("|")[0]);
}

/** TableName may be a name or an ARN. */
function nameOf(table: unknown): string {
  if (typeof table !== "string" || table === "") throw new ServiceError(400, "ValidationException", "TableName is missing");
  return table.startsWith("arn:") ? table.slice(table.indexOf("table/") + 6).split("/")[0]! : table;
}

function entriesOf(items: unknown): [string, unknown][] {
  return Object.entries((items ?? {}) as Record<string, unknown>).map(([name, request]) => [nameOf(name), request]);
}
