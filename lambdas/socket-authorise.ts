import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from "aws-lambda";
import { functionDynamo } from "../aws/clients.ts";
import { DynamoConnectionStore } from "../aws/connection-store.ts";
import { DynamoDirectoryStore } from "../aws/directory-store.ts";
import { readEnvironment } from "../aws/environment.ts";
import { createTokenVerifier } from "../aws/token-verifier.ts";
import { observed } from "./edge/observe.ts";
import { admitSocket } from "./edge/socket-admission.ts";

const environment = readEnvironment(["CONNECTIONS_TABLE", "DIRECTORY_TABLE", "USER_POOL_ISSUER", "USER_POOL_CLIENT_IDS"]);
const dynamo = functionDynamo();
const ports = {
  tickets: new DynamoConnectionStore(dynamo, environment.CONNECTIONS_TABLE),
  directory: new DynamoDirectoryStore(dynamo, environment.DIRECTORY_TABLE),
  tokens: createTokenVerifier({
    issuer: environment.USER_POOL_ISSUER,
    clientIds: environment.USER_POOL_CLIENT_IDS,
    endpoint: process.env.AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER ?? process.env.AWS_ENDPOINT_URL,
  }),
  now: Date.now,
};

export const handler = observed(
  "socket-authorise",
  (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => admitSocket(ports, event),
);
