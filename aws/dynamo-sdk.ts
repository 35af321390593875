/** The Dynamo calls on the AWS SDK's client. */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ConditionFailed, type Dynamo, type DynamoOperation } from "./dynamo.ts";
import { countUnits } from "./dynamo-units.ts";
import type { Meter } from "./meter.ts";
import { sorted } from "./sdk-errors.ts";

const commands = {
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  DeleteItem: DeleteItemCommand,
  Query: QueryCommand,
  BatchGetItem: BatchGetItemCommand,
  BatchWriteItem: BatchWriteItemCommand,
} as const satisfies Record<DynamoOperation, unknown>;

export const createSdkDynamo = (options: { client?: DynamoDBClient; meter?: Meter } = {}): Dynamo => {
  const client = options.client ?? new DynamoDBClient({ maxAttempts: 4 });
  // The table of commands is typed by operation; one call site cannot express that pairing.
  type AnyCommand = new (input: object) => GetItemCommand;
  return {
    call: async (operation, input) => {
      const Command = commands[operation] as unknown as AnyCommand;
      try {
        const output = await client.send(new Command({ ...input, ReturnConsumedCapacity: "TOTAL" }));
        if (options.meter) countUnits(options.meter, operation, output);
        return output as never;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) throw new ConditionFailed(error.Item);
        throw sorted(error);
      }
    },
  };
};
