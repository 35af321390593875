/**
 * The EventSource of a browser, as far as a JMAP client needs it, for a Node that has none: named events, and a new connection with
 * Last-Event-ID whenever one ends. Unlike a browser's it can carry a token, which jmap-jam leaves to its surroundings.
 */
export const eventSourceWith = (authorization: string) =>
  class extends EventTarget {
    readonly #stopped = new AbortController();
    #lastEventId = "";

    constructor(url: string | URL) {
      super();
      void this.#listen(String(url));
    }

    close(): void {
      this.#stopped.abort();
    }

    async #listen(url: string): Promise<void> {
      const { signal } = this.#stopped;
      while (!signal.aborted) {
        const headers = { authorization, ...(this.#lastEventId && { "last-event-id": this.#lastEventId }) };
        const response = await fetch(url, { headers, signal }).catch(() => null);
        if (response?.ok) for (const block of (await response.text()).split("\n\n")) this.#take(block);
        else await new Promise((wake) => setTimeout(wake, 500));
      }
    }

    #take(block: string): void {
      const fields = new Map(block.split("\n").map((line) => line.split(": ", 2) as [string, string]));
      this.#lastEventId = fields.get("id") ?? this.#lastEventId;
      const data = fields.get("data");
      if (data !== undefined) this.dispatchEvent(new MessageEvent(fields.get("event") ?? "message", { data }));
    }
  };
