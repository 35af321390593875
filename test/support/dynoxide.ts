/** A DynamoDB engine of its own for one test file, in memory, with the service's tables. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type AttributeDefinition, CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface TestTables {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** The one table that plays all four: their keys do not overlap. */
  readonly table: string;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export const testCredentials = { accessKeyId: "AKIDTEST", secretAccessKey: "secret", sessionToken: "token" };

export const startTables = async (): Promise<TestTables> => {
  const port = await freePort();
  const binary = join(dirname(createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json")), "dynoxide");
  const child = spawn(binary, ["--host", "127.0.0.1", "--port", String(port)], { stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint, region: "eu-west-2", credentials: testCredentials, maxAttempts: 10 });
  await createTable(client);
  return {
    endpoint,
    client,
    table: "penfold",
    stop: async () => {
      client.destroy();
      await ended(child);
    },
  };
};

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });

const indexes = { byMessageId: "gm", bySender: "gs", byRecipient: "gr", held: "gh" };

const createTable = async (client: DynamoDBClient): Promise<void> => {
  const names = ["pk", "sk", ...Object.values(indexes).flatMap((prefix) => [`${prefix}Pk`, `${prefix}Sk`])];
  const AttributeDefinitions: AttributeDefinition[] = names.map((AttributeName) => ({ AttributeName, AttributeType: "S" }));
  const keys = (pk: string, sk: string) => [
    { AttributeName: pk, KeyType: "HASH" as const },
    { AttributeName: sk, KeyType: "RANGE" as const },
  ];
  const command = new CreateTableCommand({
    TableName: "penfold",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions,
    KeySchema: keys("pk", "sk"),
    GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, prefix]) => ({
      IndexName,
      KeySchema: keys(`${prefix}Pk`, `${prefix}Sk`),
      Projection: { ProjectionType: "ALL" as const },
    })),
  });
  for (let attempt = 0; ; attempt++) {
    try {
      await client.send(command);
      return;
    } catch (error) {
      if (attempt === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
