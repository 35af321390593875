/**
 * A browser on a laptop cannot reach amazonaws.com: in what it is given (response headers, deployed JSON) the addresses of Cognito, of buckets and of the APIs
 * become those of the laptop. A token's issuer, which goes on after the host name, stays as it is.
 */
export function forBrowsers(text: string, place: { gatewayUrl: string; webUrl: string }): string {
  return text
    .replace(/https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?![\w./-])/g, place.gatewayUrl)
    .replace(/https:\/\/[a-z0-9][a-z0-9.-]*\.s3\.[a-z0-9-]+\.amazonaws\.com(?![\w./-])/g, place.gatewayUrl)
    .replace(/https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g, place.webUrl)
    .replace(/wss:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g, place.webUrl.replace(/^http/, "ws"));
}
