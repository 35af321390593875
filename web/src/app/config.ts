/** Where this copy of the webmail finds its service: `/config.json`, written by the deployment. */
export interface WebConfig {
  readonly region: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** The Cognito user pools endpoint; AWS's own for the region when absent. */
  readonly cognitoEndpoint: string;
  /** Origin of the JMAP API; same origin as the page when absent. */
  readonly apiUrl: string;
  /** WebSocket for JMAP push (RFC 8887); without it the webmail polls. */
  readonly socketUrl: string | null;
  /** Signed out after this long without a key, click or touch: ward computers are shared. */
  readonly idleMinutes: number;
}

const text = (source: Record<string, unknown>, name: string): string | null => {
  const value = source[name];
  return typeof value === "string" && value !== "" ? value : null;
};

export function readConfig(value: unknown, pageOrigin: string): WebConfig {
  const source = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const region = text(source, "region");
  const userPoolId = text(source, "userPoolId");
  const userPoolClientId = text(source, "userPoolClientId");
  if (!region || !userPoolId || !userPoolClientId) {
    throw new Error("config.json must name region, userPoolId and userPoolClientId");
  }
  const idle = source.idleMinutes;
  return {
    region,
    userPoolId,
    userPoolClientId,
    cognitoEndpoint: text(source, "cognitoEndpoint") ?? `https://cognito-idp.${region}.amazonaws.com/`,
    apiUrl: text(source, "apiUrl") ?? pageOrigin,
    socketUrl: text(source, "socketUrl"),
    idleMinutes: typeof idle === "number" && idle >= 2 ? idle : 30,
  };
}

export async function loadConfig(): Promise<WebConfig> {
  const response = await fetch("/config.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  return readConfig(await response.json(), location.origin);
}
