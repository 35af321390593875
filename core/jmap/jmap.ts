/** JMAP out of its ports: what lambdas/jmap.ts and lambdas/socket.ts call. */
import type { Jmap, JmapPorts } from "./api.ts";
import { download, upload } from "./files.ts";
import { checkRequest, processRequest, readBody } from "./request.ts";
import { sessionOf } from "./session.ts";
import { answerSocket } from "./socket.ts";
import { methods } from "./types/types.ts";

export const createJmap = (ports: JmapPorts): Jmap => ({
  session: (principal) => sessionOf(principal, ports),
  api: async (principal, text, contentType, ahead) => {
    const body = readBody(text, contentType);
    if (body.outcome === "refused") return body;
    const request = checkRequest(ports, body.value);
    return request.outcome === "refused" ? request : processRequest({ ...ports, ...ahead }, methods, principal, request.value);
  },
  socket: (principal, text) => answerSocket(ports, methods, principal, text),
  upload: (principal, accountId, octets, contentType) => upload(ports, principal, accountId, octets, contentType),
  download: (principal, accountId, blobId) => download(ports, principal, accountId, blobId),
});
