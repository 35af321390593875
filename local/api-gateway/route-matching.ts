import type { Route } from "./api.ts";

export interface MatchedRoute {
  route: Route;
  pathParameters: Record<string, string>;
}

/**
 * HTTP API routing (developer guide, "Routing API requests"): a full match beats a greedy one (`{proxy+}`), which beats `$default`;
 * among equals the one with more literal segments, and a method beats ANY.
 */
export function matchHttpRoute(routes: readonly Route[], method: string, path: string): MatchedRoute | null {
  const segments = splitPath(path);
  let best: (MatchedRoute & { score: number }) | null = null;
  for (const route of routes) {
    if (route.key === "$default") continue;
    const [routeMethod, pattern = ""] = route.key.split(" ");
    if (routeMethod !== "ANY" && routeMethod !== method) continue;
    const match = matchSegments(splitPath(pattern), segments);
    if (!match) continue;
    const score = match.score * 2 + (routeMethod === "ANY" ? 0 : 1);
    if (!best || score > best.score) best = { route, pathParameters: match.parameters, score };
  }
  if (best) return { route: best.route, pathParameters: best.pathParameters };
  const fallback = routes.find((route) => route.key === "$default");
  return fallback ? { route: fallback, pathParameters: {} } : null;
}

const splitPath = (path: string): string[] => path.replace(/^\//, "").split("/");

function matchSegments(pattern: string[], segments: string[]): { parameters: Record<string, string>; score: number } | null {
  const parameters: Record<string, string> = {};
  let literals = 0;
  for (const [index, part] of pattern.entries()) {
    const variable = /^\{([\w.-]+)(\+?)\}$/.exec(part);
    const segment = segments[index];
    if (variable?.[2]) {
      if (segment === undefined) return null;
      parameters[variable[1]!] = decodePath(segments.slice(index).join("/"));
      return { parameters, score: literals };
    }
    if (segment === undefined || (variable && segment === "")) return null;
    if (variable) parameters[variable[1]!] = decodePath(segment);
    else if (decodePath(segment) === part) literals += 1;
    else return null;
  }
  return pattern.length === segments.length ? { parameters, score: literals + 1_000 } : null;
}

/** HTTP APIs hand on the decoded path; what cannot be decoded stays. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
