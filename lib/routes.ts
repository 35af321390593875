/** Which requests reach which stage. The token authoriser stands in front of all but those marked open. */
export const httpRoutes = [
  {
    routeKey: "GET /.well-known/jmap",
    stage: "jmap",
    open: "Autodiscovery (RFC 8620 §2.2) only redirects to the session resource, which asks for a token.",
  },
  { routeKey: "GET /jmap/session", stage: "jmap" },
  { routeKey: "POST /jmap/api", stage: "jmap" },
  { routeKey: "POST /jmap/upload/{accountId}", stage: "jmap" },
  { routeKey: "GET /jmap/download/{accountId}/{blobId}", stage: "jmap" },
  { routeKey: "GET /jmap/eventsource", stage: "jmap" },
  { routeKey: "POST /jmap/ticket", stage: "jmap" },
] as const satisfies readonly { routeKey: string; stage: string; open?: string }[];

/** WebSocket routes: whoever got past $connect was admitted by the socket authoriser. */
export const socketRoutes = ["$connect", "$disconnect", "$default"] as const;
