import { functionPushChannel } from "../aws/clients.ts";
import { readEnvironment } from "../aws/environment.ts";
import { admissions, connections, directory, jmap, knowServerKey, log } from "./edge/jmap-service.ts";
import { observed } from "./edge/observe.ts";
import { admit } from "./edge/request-limits.ts";
import { type SocketEvent, socketRoutes } from "./edge/socket-routes.ts";

const { SOCKET_ENDPOINT } = readEnvironment(["SOCKET_ENDPOINT"]);
const route = socketRoutes({
  connections,
  directory,
  jmap,
  log,
  push: functionPushChannel(SOCKET_ENDPOINT),
  admit: (asking) => admit(admissions, asking, "request"),
  now: Date.now,
});

export const handler = observed("socket", async (event: SocketEvent) => {
  await knowServerKey();
  return route(event);
});
