import type { Ports } from "./ports.ts";

/** Which service offers which port to the others. */
export class PortRegistry {
  readonly #ports: Partial<Ports> = {};

  provide<N extends keyof Ports>(name: N, port: Ports[N]): void {
    if (this.#ports[name]) throw new Error(`Two services offer the port "${name}"`);
    this.#ports[name] = port;
  }

  get<N extends keyof Ports>(name: N): Ports[N] {
    const port = this.#ports[name];
    if (!port) throw new Error(`No service of the laptop cloud offers the port "${name}"`);
    return port;
  }
}
