import { routeJmap } from "./edge/jmap-routes.ts";
import { observed } from "./edge/observe.ts";

export const handler = observed("jmap", routeJmap);
