/**
 * The host names of APIs do not resolve on a laptop: `https://<api>.execute-api.<region>.amazonaws.com/<stage>`, the callback URL that a function
 * is given to post to WebSockets, becomes an address of the gateway; an address without a stage, as HTTP APIs have it, the web address.
 */
export function onLoopback(text: string, place: { gatewayUrl: string; webUrl: string }): string {
  return text.replace(
    /^(https|wss):\/\/([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\/[\w-]+)?$/,
    (_, scheme: string, apiId: string, stage?: string) => {
      if (scheme === "wss") return `${place.webUrl.replace(/^http/, "ws")}${stage ?? ""}`;
      return stage === undefined ? place.webUrl : `${place.gatewayUrl}/${apiId}${stage}`;
    },
  );
}
